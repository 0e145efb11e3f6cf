"""Rows and files stay together: orphans go, and what is missing or damaged is named."""

import io
import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from reports.models import Photo
from reports.photos import limits, store
from reports.photos.processing import process_photo
from reports.photos.receiving import receive_photo
from reports.photos.upkeep import check_photos, reap_photos
from tests.reports.photos.pictures import encoded, photo, scene

pytestmark = pytest.mark.django_db(transaction=True)  # the reaper looks through a connection of its own


@pytest.fixture
def kept(report) -> Photo:
    """A clean photo: one original and two renditions."""
    row, _ = receive_photo(report(), 1, photo())
    process_photo(row.pk)
    row.refresh_from_db()
    return row


def orphan(alias: str = store.ORIGINALS, body: bytes = b"nobody's") -> str:
    return store.put(alias, body, ".jpg")[1]


@pytest.mark.parametrize("alias", [store.ORIGINALS, store.RENDITIONS])
def test_an_old_file_without_a_row_is_removed_and_named(kept, stored, make_old, alias: str) -> None:
    name = orphan(alias)
    make_old()
    reaped = reap_photos()
    assert (reaped.files, reaped.removed.count, reaped.removed.names) == (4, 1, [f"{alias}/{name}"])
    assert stored(store.ORIGINALS) == [kept.original_name]
    assert stored(store.RENDITIONS) == sorted([kept.large_name, kept.small_name])


def test_a_young_file_without_a_row_stays(stored) -> None:
    name = orphan()
    reaped = reap_photos()
    assert (reaped.young, reaped.removed.count) == (1, 0)
    assert stored(store.ORIGINALS) == [name]


def test_a_half_written_file_goes_with_the_orphans(stored, make_old) -> None:
    storages[store.ORIGINALS].save(f"ab/cd/abcd.jpg.0123456789abcdef{store.PART}", ContentFile(b"half"))
    make_old()
    assert reap_photos().removed.count == 1
    assert stored(store.ORIGINALS) == []


def test_a_file_that_two_rows_share_stays_until_both_are_gone(report, stored, make_old) -> None:
    mine, yours = report(), report()
    for whose in (mine, yours):
        receive_photo(whose, 1, photo())
    make_old()
    mine.delete()
    assert reap_photos().removed.count == 0
    yours.delete()
    assert reap_photos().removed.count == 1
    assert stored(store.ORIGINALS) == []


def test_the_first_cell_of_the_alphabet_and_the_last_are_both_looked_at(stored, make_old) -> None:
    for name in ("00/00/0.jpg", "ff/ff/f.jpg", "stray.jpg", "a/b/c/d/e.jpg"):
        storages[store.ORIGINALS].save(name, ContentFile(b"x"))
    make_old()
    assert reap_photos().removed.count == 3  # a file beside the folders is none of ours
    assert stored(store.ORIGINALS) == ["stray.jpg"]


def test_a_dry_run_names_and_keeps(stored, make_old) -> None:
    name = orphan()
    make_old()
    assert reap_photos(dry_run=True).removed.names == [f"originals/{name}"]
    assert stored(store.ORIGINALS) == [name]


def test_a_file_that_a_running_transaction_is_about_to_name_stays(stored, make_old) -> None:
    name = orphan(body=photo())
    make_old()
    with transaction.atomic():
        store.hold([store.sha256(photo())])
        assert reap_photos().removed.count == 0
    assert stored(store.ORIGINALS) == [name]
    assert reap_photos().removed.count == 1


def test_a_file_whose_row_appeared_after_the_reaper_read_the_rows_of_its_folder_stays(report, stored, make_old) -> None:
    name = orphan(body=photo())
    storages[store.ORIGINALS].save(f"{name[:2]}/00/looked-at-first.jpg", ContentFile(b"x"))
    mine = report()
    make_old()

    def receive(_: int) -> None:
        if not Photo.objects.exists():
            receive_photo(mine, 1, photo())
            make_old()  # so that only its row speaks for it

    assert reap_photos(tick=receive).removed.count == 1
    assert stored(store.ORIGINALS) == [name]


def test_a_file_whose_row_is_just_being_inserted_stays(report, stored, make_old) -> None:
    mine = report()
    reaped = []

    def reap_meanwhile(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "reports_photo"'):
            make_old()
            reaped.append(reap_photos())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(reap_meanwhile):
        row, _ = receive_photo(mine, 1, photo())
    assert [reaping.removed.count for reaping in reaped] == [0]
    assert stored(store.ORIGINALS) == [row.original_name]


def test_renditions_whose_row_is_just_being_updated_stay(report, stored, make_old) -> None:
    row, _ = receive_photo(report(), 1, photo())

    def reap_meanwhile(execute, sql, params, many, context):
        if sql.startswith('UPDATE "reports_photo"'):
            make_old()
            assert reap_photos().removed.count == 0
        return execute(sql, params, many, context)

    with connection.execute_wrapper(reap_meanwhile):
        process_photo(row.pk)
    row.refresh_from_db()
    assert stored(store.RENDITIONS) == sorted([row.large_name, row.small_name])


class RenewedAfterTheFirstLook(store.DurableFileStorage):
    """A store in which somebody writes a file again right after the reaper has looked at its age."""

    def get_modified_time(self, name: str):
        found = super().get_modified_time(name)
        os.utime(self.path(name))
        return found


def test_a_file_that_was_written_again_after_the_first_look_at_its_age_stays(settings, stored, make_old) -> None:
    originals = settings.STORAGES[store.ORIGINALS]
    settings.STORAGES = {
        **settings.STORAGES,
        store.ORIGINALS: {**originals, "BACKEND": f"{__name__}.RenewedAfterTheFirstLook"},
    }
    name = orphan()
    make_old()
    assert reap_photos().removed.count == 0
    assert stored(store.ORIGINALS) == [name]


def test_the_reaper_works_inside_a_transaction_and_holds_no_lock_afterwards(make_old) -> None:
    orphan()
    make_old()
    with transaction.atomic():
        assert reap_photos().removed.count == 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
                "WHERE locktype = 'advisory' AND datname = current_database()"
            )
            assert cursor.fetchone() == (0,)


def test_stores_that_were_never_used_have_nothing_to_reap() -> None:
    assert reap_photos().files == 0


# --- the nightly check ----------------------------------------------------------------------------


def test_when_every_file_is_there_and_whole_the_check_says_so(kept) -> None:
    checked = check_photos()
    assert checked.is_whole
    assert checked.files == 3


@pytest.mark.parametrize(
    ("alias", "field"), [("originals", "original_name"), ("renditions", "large_name"), ("renditions", "small_name")]
)
def test_a_missing_file_and_a_damaged_one_are_named(kept, path_of, alias: str, field: str) -> None:
    name = getattr(kept, field)
    path_of(alias, name).write_bytes(b"rotten")
    assert check_photos().damaged.names == [f"{alias}/{name}"]
    path_of(alias, name).unlink()
    checked = check_photos()
    assert (checked.missing.names, checked.damaged.count) == ([f"{alias}/{name}"], 0)


def test_an_original_that_was_deleted_for_privacy_is_not_missed(kept, path_of) -> None:
    path_of(store.ORIGINALS, kept.original_name).unlink()
    Photo.objects.update(original_name="")
    assert check_photos().is_whole


def test_lists_are_short_and_counts_are_whole(report, monkeypatch, path_of) -> None:
    monkeypatch.setattr(limits, "LIST_LENGTH", 2)
    for number in range(5):
        row, _ = receive_photo(report(), 1, encoded(scene(64 + number, 64), "JPEG"))
        path_of(store.ORIGINALS, row.original_name).unlink()
    checked = check_photos()
    assert (checked.missing.count, len(checked.missing.names)) == (5, 2)


# --- the commands ---------------------------------------------------------------------------------


def test_the_commands_say_what_they_found_and_the_check_fails_when_something_is_wrong(kept, path_of, make_old) -> None:
    said = io.StringIO()
    call_command("check_photos", stdout=said)
    assert "3 files checked, all are there and whole." in said.getvalue()
    name = orphan()
    make_old()
    call_command("reap_photos", "--dry-run", stdout=said)
    call_command("reap_photos", stdout=said)
    assert f"originals/{name}" in said.getvalue()
    assert "1 orphans found" in said.getvalue()
    assert "1 orphans removed" in said.getvalue()
    path_of(store.RENDITIONS, kept.small_name).unlink()
    with pytest.raises(CommandError, match="1 missing, 0 damaged"):
        call_command("check_photos", stdout=said)
    assert f"missing: renditions/{kept.small_name}" in said.getvalue()


def test_the_age_of_an_orphan_can_be_chosen(stored) -> None:
    orphan()
    assert reap_photos(older_than=timedelta(hours=-1)).removed.count == 1
    assert stored(store.ORIGINALS) == []
