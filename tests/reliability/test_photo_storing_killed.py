"""kill -9 between every pair of steps of storing a photo leaves nothing, or an orphan; never a row without its file.

A step is what reaches outside the process: a call that changes the disk, a statement or a commit that reaches the
database, the start of the gate's child. A forked process does the real work and kills itself before its n-th step, for
every n until one run comes through.
"""

from __future__ import annotations

import builtins
import os
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections

from reports.models import Photo
from reports.photos import store
from reports.photos.processing import process_photo
from reports.photos.receiving import receive_photo
from reports.photos.upkeep import check_photos, reap_photos
from tests.reports.photos.pictures import photo
from tests.reports.photos.stores import stored_names

pytestmark = pytest.mark.django_db(transaction=True)

DISK_CALLS = ("mkdir", "open", "write", "fsync", "replace", "unlink", "close")
MORE_STEPS_THAN_ANY_RUN_HAS = 200


def killed_before(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a forked process that kills itself before its step number `step`; False when it came through."""
    connections.close_all()  # a child must not speak on its parent's connection
    child = os.fork()
    if child == 0:
        try:
            _count_steps(step)
            work()
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _count_steps(last: int) -> None:
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        if taken == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(call: Callable) -> Callable:
        def with_step(*arguments: object, **options: object) -> object:
            step()
            return call(*arguments, **options)

        return with_step

    connection.ensure_connection()
    for name in DISK_CALLS:
        setattr(os, name, counted(getattr(os, name)))
    builtins.open = counted(builtins.open)
    subprocess.Popen.__init__ = counted(subprocess.Popen.__init__)
    connection._commit = counted(connection._commit)

    def statement(execute: Callable, *arguments: object) -> object:
        step()
        return execute(*arguments)

    connection.execute_wrappers.append(statement)


def every_step(work: Callable[[], object], after_each: Callable[[int], object]) -> int:
    """Kill `work` before each of its steps in turn; return how many there were."""
    for step in range(1, MORE_STEPS_THAN_ANY_RUN_HAS):
        came_through = not killed_before(step, work)
        after_each(step)
        if came_through:
            return step - 1
    raise AssertionError("the work never came through")


def test_a_photo_that_is_being_received_is_never_a_row_without_a_file(report) -> None:
    mine = report()
    body = photo()
    orphans = 0

    def look(step: int) -> None:
        nonlocal orphans
        rows = set(Photo.objects.values_list("original_name", flat=True))
        orphans += bool(set(stored_names(store.ORIGINALS)) - rows)
        assert check_photos().is_whole, f"killed before step {step}"
        reap_photos(older_than=timedelta(seconds=-1))
        assert set(stored_names(store.ORIGINALS)) == rows, f"killed before step {step}"
        Photo.objects.all().delete()
        reap_photos(older_than=timedelta(seconds=-1))
        assert stored_names(store.ORIGINALS) == []

    steps = every_step(lambda: receive_photo(mine, 1, body), look)
    assert steps >= 10
    assert orphans >= 4  # so the reaper had something to do


def test_a_photo_that_is_sent_again_after_the_kill_is_taken_whatever_the_kill_left(report) -> None:
    mine = report()
    body = photo()

    def again(step: int) -> None:
        row, _ = receive_photo(mine, 1, body)
        assert store.get(store.ORIGINALS, row.original_name) == body, f"killed before step {step}"
        assert Photo.objects.count() == 1
        Photo.objects.all().delete()

    every_step(lambda: receive_photo(mine, 1, body), again)


def test_a_photo_that_is_being_processed_waits_or_is_clean_and_never_shows_what_is_not_there(report) -> None:
    row, _ = receive_photo(report(), 1, photo())
    orphans = 0

    def look(step: int) -> None:
        nonlocal orphans
        row.refresh_from_db()
        named = {row.large_name, row.small_name} - {""}
        orphans += bool(set(stored_names(store.RENDITIONS)) - named)
        assert (row.state, row.processed_at is None) in (("quarantined", True), ("clean", False))
        assert check_photos().is_whole, f"killed before step {step}"
        reap_photos(older_than=timedelta(seconds=-1))
        assert set(stored_names(store.RENDITIONS)) == named, f"killed before step {step}"
        if named:  # the kill came after the commit: put it back for the next step
            Photo.objects.update(state="quarantined", processed_at=None, large_name="", small_name="")
            reap_photos(older_than=timedelta(seconds=-1))

    steps = every_step(lambda: process_photo(row.pk), look)
    assert steps >= 20
    assert orphans >= 4
    process_photo(row.pk)
    row.refresh_from_db()
    assert row.state == "clean"
