"""The task's body: once is enough, and what cannot be done now is done later."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from reports.models import Photo
from reports.photos import store
from reports.photos.gate import GateUnavailable
from reports.photos.processing import OriginalDamaged, process_photo
from reports.photos.receiving import receive_photo
from tests.reports.photos.pictures import FORMATS, is_upright, laid_down, opened, photo

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_photo_becomes_clean_with_two_renditions(report, picture_format: str, stored) -> None:
    row, _ = receive_photo(report(), 1, photo(picture_format, 2000, 1500))
    process_photo(row.pk)
    row.refresh_from_db()
    assert (row.state, row.width, row.height, row.reject_reason) == ("clean", 2000, 1500, "")
    assert row.processed_at is not None
    assert stored(store.RENDITIONS) == sorted([row.large_name, row.small_name])
    for name, digest in ((row.large_name, row.large_sha256), (row.small_name, row.small_sha256)):
        body = store.get(store.RENDITIONS, name)
        assert store.sha256(body) == digest
        assert is_upright(opened(body))


def test_width_and_height_are_those_of_the_upright_picture(report) -> None:
    row, _ = receive_photo(report(), 1, laid_down(6, "JPEG"))
    process_photo(row.pk)
    row.refresh_from_db()
    assert (row.width, row.height) == (400, 300)


def test_a_photo_that_does_not_pass_is_rejected_for_good_with_its_reason(report, stored) -> None:
    row, _ = receive_photo(report(), 1, photo("JPEG")[:3000])
    process_photo(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reject_reason) == ("rejected", "broken")
    assert row.processed_at is not None
    assert (row.width, row.large_name, row.small_name) == (None, "", "")
    assert stored(store.RENDITIONS) == []


def test_a_second_run_changes_nothing(report, path_of) -> None:
    row, _ = receive_photo(report(), 1, photo())
    process_photo(row.pk)
    first = Photo.objects.values().get()
    path_of(store.ORIGINALS, row.original_name).unlink()
    process_photo(row.pk)
    assert Photo.objects.values().get() == first


def test_a_photo_that_is_gone_is_no_error() -> None:
    process_photo(12345)


def test_an_original_that_is_missing_leaves_the_photo_waiting(report, path_of) -> None:
    row, _ = receive_photo(report(), 1, photo())
    path_of(store.ORIGINALS, row.original_name).unlink()
    with pytest.raises(FileNotFoundError):
        process_photo(row.pk)
    row.refresh_from_db()
    assert (row.state, row.processed_at) == ("quarantined", None)


def test_an_original_that_was_changed_is_never_shown(report, path_of, stored) -> None:
    row, _ = receive_photo(report(), 1, photo())
    path_of(store.ORIGINALS, row.original_name).write_bytes(photo("JPEG", 64, 64))
    with pytest.raises(OriginalDamaged):
        process_photo(row.pk)
    row.refresh_from_db()
    assert (row.state, row.processed_at) == ("quarantined", None)
    assert stored(store.RENDITIONS) == []


def test_a_gate_that_cannot_judge_leaves_the_photo_waiting(report, monkeypatch) -> None:
    row, _ = receive_photo(report(), 1, photo())
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(GateUnavailable):
        process_photo(row.pk)
    monkeypatch.undo()
    row.refresh_from_db()
    assert (row.state, row.processed_at) == ("quarantined", None)
    process_photo(row.pk)
    row.refresh_from_db()
    assert row.state == "clean"


def test_a_gate_whose_child_does_not_run_is_a_fault_of_the_gate_and_not_of_the_photo(
    report, monkeypatch, tmp_path
) -> None:
    broken = tmp_path / "child.py"
    broken.write_text("import a_module_that_is_not_installed")
    monkeypatch.setattr("reports.photos.gate.CHILD", broken)
    row, _ = receive_photo(report(), 1, photo())
    with pytest.raises(GateUnavailable, match="a_module_that_is_not_installed"):
        process_photo(row.pk)
    row.refresh_from_db()
    assert row.processed_at is None


@pytest.mark.django_db(transaction=True)
def test_four_runs_at_once_have_one_effect(report, stored) -> None:
    row, _ = receive_photo(report(), 1, photo())

    def run(_: int) -> None:
        try:
            process_photo(row.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    row.refresh_from_db()
    assert row.state == "clean"
    assert len(stored(store.RENDITIONS)) == 2
