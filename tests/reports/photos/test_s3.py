"""With an S3 bucket named in the settings, photos take the same way through the same calls."""

import pytest

from reports.photos import disk, store
from reports.photos.processing import process_photo
from reports.photos.receiving import receive_photo
from reports.photos.upkeep import check_photos, reap_photos
from tests.reports.photos.pictures import photo
from tests.reports.photos.small_s3 import small_s3

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bucket(settings, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with small_s3() as (endpoint, held):
        options = {"bucket_name": "photos", "endpoint_url": endpoint, "region_name": "local"}
        settings.STORAGES = {
            **settings.STORAGES,
            **{
                alias: {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, "location": alias}}
                for alias in (store.ORIGINALS, store.RENDITIONS)
            },
        }
        yield held


def test_a_photo_goes_in_comes_out_clean_and_is_looked_after(report, bucket) -> None:
    row, created = receive_photo(report(), 1, photo("HEIF"))
    assert created
    assert set(bucket.objects) == {f"originals/{row.original_name}"}
    process_photo(row.pk)
    row.refresh_from_db()
    assert row.state == "clean"
    assert set(bucket.objects) == {
        f"originals/{row.original_name}", f"renditions/{row.large_name}", f"renditions/{row.small_name}",
    }  # fmt: skip
    assert check_photos().is_whole
    store.put(store.ORIGINALS, b"nobody's", ".jpg")
    assert reap_photos().young == 1
    bucket.make_old()
    assert reap_photos().removed.count == 1
    assert len(bucket.objects) == 3
    assert disk.room() is None


def test_what_is_missing_or_damaged_in_the_bucket_is_named(report, bucket) -> None:
    row, _ = receive_photo(report(), 1, photo())
    name = f"originals/{row.original_name}"
    bucket.objects[name] = (b"rotten", bucket.objects[name][1])
    assert check_photos().damaged.names == [name]
    del bucket.objects[name]
    assert check_photos().missing.names == [name]
    with pytest.raises(FileNotFoundError):
        process_photo(row.pk)
