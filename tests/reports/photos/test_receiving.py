"""The door: what is taken once is never taken twice, and every refusal says what it is."""

import inspect
import io
import re
import shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from reports.models import Photo
from reports.photos import disk, limits, receiving, store
from reports.photos.receiving import (
    BadPosition,
    Damaged,
    DiskFull,
    NotAPhoto,
    PhotoRefused,
    PositionTaken,
    TooLarge,
    TooManyPixels,
    TooManyScans,
    read_body,
    receive_photo,
)
from tests.reports.photos.pictures import FORMATS, encoded, photo, scene
from tests.security import hostile_photos as hostile

pytestmark = pytest.mark.django_db

FIRST = photo("JPEG")
OTHER = photo("PNG")


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_photo_is_kept_as_it_came_and_waits_for_the_gate(report, picture_format: str, stored) -> None:
    body = photo(picture_format)
    photo_row, created = receive_photo(report(), 1, body)
    assert created
    assert (photo_row.state, photo_row.processed_at, photo_row.attempts) == ("quarantined", None, 0)
    assert (photo_row.original_format, photo_row.original_size) == (picture_format, len(body))
    assert stored(store.ORIGINALS) == [photo_row.original_name]
    assert store.get(store.ORIGINALS, photo_row.original_name) == body
    assert list(Photo.objects.unprocessed()) == [photo_row]


def test_the_same_photo_again_is_the_same_answer(report, stored) -> None:
    mine = report()
    first, _ = receive_photo(mine, 1, FIRST)
    again, created = receive_photo(mine, 1, FIRST)
    assert (again, created) == (first, False)
    assert Photo.objects.count() == len(stored(store.ORIGINALS)) == 1


def test_the_same_photo_again_after_processing_is_still_the_same_answer(report) -> None:
    mine = report()
    first, _ = receive_photo(mine, 1, FIRST)
    Photo.objects.update(state="rejected", processed_at=first.received_at)
    again, created = receive_photo(mine, 1, FIRST)
    assert (again, created) == (first, False)


def test_another_photo_at_a_taken_position_is_a_conflict_and_changes_nothing(report, stored) -> None:
    mine = report()
    first, _ = receive_photo(mine, 2, FIRST)
    with pytest.raises(PositionTaken) as refused:
        receive_photo(mine, 2, OTHER)
    assert refused.value.facts == {"position": 2}
    assert stored(store.ORIGINALS) == [first.original_name]


def test_the_same_photo_may_take_two_positions_and_two_reports(report, stored) -> None:
    mine, yours = report(), report()
    rows = {receive_photo(*where, FIRST)[0].pk for where in ((mine, 1), (mine, 2), (yours, 1))}
    assert len(rows) == 3
    assert len(stored(store.ORIGINALS)) == 1


@pytest.mark.parametrize("position", [0, 4, -1, 99])
def test_there_are_three_positions(report, position: int) -> None:
    with pytest.raises(BadPosition) as refused:
        receive_photo(report(), position, FIRST)
    assert refused.value.facts == {"position": position, "most": 3}


@pytest.mark.parametrize(
    ("body", "refusal", "facts"),
    [
        (b"", NotAPhoto, {"size": 0}),
        (b"text", NotAPhoto, {"size": 4}),
        (FIRST.ljust(limits.MAX_BYTES + 1, b"\0"), TooLarge, {"size": limits.MAX_BYTES + 1, "most": limits.MAX_BYTES}),
        (hostile.png(60_000, 60_000), TooManyPixels, {"width": 60_000, "height": 60_000, "most": limits.MAX_PIXELS}),
        (hostile.scan_bomb(80, side=400), TooManyScans, {"scans": 80, "most": limits.MAX_SCANS}),
        (b"\xff\xd8\xff" + b"\xff\x01" * 9000, Damaged, {}),
    ],
)
def test_each_refusal_at_the_door_carries_its_facts_and_stores_nothing(
    report, stored, body: bytes, refusal: type, facts: dict
) -> None:
    with pytest.raises(refusal) as refused:
        receive_photo(report(), 1, body)
    assert refused.value.facts == facts
    assert not Photo.objects.exists()
    assert stored(store.ORIGINALS) == []


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in PhotoRefused.__subclasses__()]
    assert len(codes) == len(set(codes)) == 9


def test_nothing_that_the_client_calls_its_file_is_ever_asked(report) -> None:
    assert list(inspect.signature(receive_photo).parameters) == ["report", "position", "body"]
    row, _ = receive_photo(report(), 1, FIRST)
    assert re.fullmatch(r"([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}\.jpg", row.original_name)


def test_the_file_is_there_before_its_row_is_inserted(report, stored) -> None:
    mine = report()
    seen = []

    def watch(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "reports_photo"'):
            seen.extend(stored(store.ORIGINALS))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        row, _ = receive_photo(mine, 1, FIRST)
    assert seen == [row.original_name]


def test_a_file_that_the_reaper_took_just_before_the_row_is_written_again(report, path_of) -> None:
    mine = report()

    def reap(execute, sql, params, many, context):
        if "pg_advisory_xact_lock_shared" in sql:
            path_of(store.ORIGINALS, store.name_of(store.sha256(FIRST), ".jpg")).unlink()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(reap):
        row, _ = receive_photo(mine, 1, FIRST)
    assert store.get(store.ORIGINALS, row.original_name) == FIRST


def test_it_works_inside_the_transaction_of_a_caller_who_gives_up(report, stored) -> None:
    mine = report()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        receive_photo(mine, 1, FIRST)
        raise ZeroDivisionError
    assert not Photo.objects.exists()
    assert len(stored(store.ORIGINALS)) == 1  # the reaper's
    assert receive_photo(mine, 1, FIRST)[1]


# --- a nearly full disk ---------------------------------------------------------------------------


def test_a_photo_is_refused_while_reports_are_taken_when_the_disk_is_nearly_full(report, settings, stored) -> None:
    settings.DISK_RESERVE_MB = shutil.disk_usage("/").total // disk.MIB + 1
    mine = report()
    with pytest.raises(DiskFull) as refused:
        receive_photo(mine, 1, FIRST)
    assert set(refused.value.facts) == {"free", "reserve"}
    assert not disk.takes_photos()
    assert stored(store.ORIGINALS) == []
    assert report().pk


def test_a_photo_that_is_there_already_is_answered_even_on_a_full_disk(report, settings) -> None:
    mine = report()
    first, _ = receive_photo(mine, 1, FIRST)
    settings.DISK_RESERVE_MB = shutil.disk_usage("/").total // disk.MIB + 1
    assert receive_photo(mine, 1, FIRST) == (first, False)


def test_there_is_room_while_the_disk_is_not_nearly_full(settings) -> None:
    settings.DISK_RESERVE_MB = 0
    assert disk.takes_photos()


@pytest.mark.parametrize(
    ("free", "size", "takes"), [(100, 10, True), (100, 20, True), (100, 21, False), (59, 0, False), (60, 0, True)]
)
def test_a_photo_and_its_renditions_must_leave_the_reserve_untouched(free: int, size: int, takes: bool) -> None:
    assert disk.Room(free=free, reserve=60).takes(size) is takes


def test_a_store_that_is_no_folder_of_this_machine_looks_after_its_own_room(settings) -> None:
    settings.STORAGES = {**settings.STORAGES, store.ORIGINALS: {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    settings.DISK_RESERVE_MB = 10**9
    assert disk.room() is None
    assert disk.takes_photos()


# --- reading an upload ----------------------------------------------------------------------------


def test_an_upload_is_read_whole_up_to_the_limit() -> None:
    assert read_body(io.BytesIO(FIRST)) == FIRST
    assert len(read_body(io.BytesIO(b"x" * limits.MAX_BYTES))) == limits.MAX_BYTES


def test_an_upload_beyond_the_limit_is_not_read_to_its_end() -> None:
    stream = io.BytesIO(b"x" * (limits.MAX_BYTES + 5000))
    with pytest.raises(TooLarge):
        read_body(stream)
    assert stream.tell() == limits.MAX_BYTES + 1


# --- many at once ---------------------------------------------------------------------------------

Answer = namedtuple("Answer", "pk created refusal")


def sent_at_once(report_row, bodies: list[bytes]) -> list[Answer]:
    def send(body: bytes) -> Answer:
        try:
            row, created = receive_photo(report_row, 1, body)
            return Answer(row.pk, created, None)
        except PhotoRefused as refusal:
            return Answer(None, False, type(refusal))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, bodies))


@pytest.mark.django_db(transaction=True)
def test_fifty_sends_of_one_photo_at_once_make_one_row(report, stored) -> None:
    answers = sent_at_once(report(), [FIRST] * 50)
    assert len({answer.pk for answer in answers}) == 1
    assert sum(answer.created for answer in answers) == 1
    assert Photo.objects.count() == len(stored(store.ORIGINALS)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_photos_sent_at_once_to_one_position_one_wins(report) -> None:
    bodies = [encoded(scene(64 + number, 64), "JPEG") for number in range(16)]
    answers = sent_at_once(report(), bodies)
    assert sum(answer.created for answer in answers) == 1
    assert sum(answer.refusal is PositionTaken for answer in answers) == 15
    assert Photo.objects.count() == 1


def test_a_refusal_reads_well_in_a_log() -> None:
    assert str(receiving.TooLarge(most=15)) == "too_large, most=15"
