"""What keeps rows and files together: the reaper of orphans, and the check that every row's file is there and whole.

Both go through the stores folder by folder and through the rows page by page, so memory stays flat at any size, and
both take `tick`, called with the number of things done, for a progress bar.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.files.storage import Storage, storages
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from reports.models import Photo, VoiceNote
from reports.photos import limits, store

logger = logging.getLogger(__name__)

Tick = Callable[[int], object]
VOICE = "voice"  # recordings lie in a store of their own and are reaped alike
NAMES = {
    store.ORIGINALS: ("original_name",),
    store.RENDITIONS: ("large_name", "small_name", "public_large_name", "public_small_name"),
    VOICE: ("name",),
}
OWNERS = {store.ORIGINALS: Photo, store.RENDITIONS: Photo, VOICE: VoiceNote}  # whose columns these are
EXPECTED = (
    (store.ORIGINALS, "original_name", "original_sha256"),
    (store.RENDITIONS, "large_name", "large_sha256"),
    (store.RENDITIONS, "small_name", "small_sha256"),
    (store.RENDITIONS, "public_large_name", "public_large_sha256"),
    (store.RENDITIONS, "public_small_name", "public_small_sha256"),
)
PAGE = 500  # rows read at a time


@dataclass
class Found:
    """A count, and the first names of what was counted."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.names) < limits.LIST_LENGTH:
            self.names.append(name)


@dataclass
class Reaped:
    """What the reaper did; names read `store/ab/cd/….jpg`."""

    files: int = 0  # looked at
    removed: Found = field(default_factory=Found)
    young: int = 0  # without a row, but not old enough to tell


@dataclass
class Checked:
    """What the check found; names read `store/ab/cd/….jpg`."""

    files: int = 0
    missing: Found = field(default_factory=Found)
    damaged: Found = field(default_factory=Found)

    @property
    def is_whole(self) -> bool:
        return not self.missing.count and not self.damaged.count


# --- files without a row --------------------------------------------------------------------------


def reap_photos(
    *, older_than: timedelta = timedelta(hours=limits.ORPHAN_HOURS), dry_run: bool = False, tick: Tick = int
) -> Reaped:
    """Remove the files that no row names and that have not been written for `older_than`; `tick` counts files.

    Holds the names of one 256th of the rows at a time.
    """
    reaped = Reaped()
    before = timezone.now() - older_than
    with _own_connection() as database:
        for alias in NAMES:
            storage = storages[alias]
            for top in _listed(storage, "")[0]:
                named = _named(alias, top)
                for name in _files(storage, top):
                    reaped.files += 1
                    if name not in named and not _is_old(storage, name, before):
                        reaped.young += 1
                    elif name not in named and (dry_run or _removed(database, alias, name, before)):
                        reaped.removed.add(f"{alias}/{name}")
                    tick(1)
    if reaped.removed.count:
        logger.info("photos: %s orphaned files %s", reaped.removed.count, "found" if dry_run else "removed")
    return reaped


def _named(alias: str, top: str) -> set[str]:
    """Return the names in the folder `top` that rows hold. '0' follows '/', so the range is the folder."""
    names: set[str] = set()
    for column in NAMES[alias]:
        rows = OWNERS[alias].objects.filter(**{f"{column}__gte": f"{top}/", f"{column}__lt": f"{top}0"})
        names.update(rows.values_list(column, flat=True).iterator(chunk_size=PAGE))
    return names


def _files(storage: Storage, folder: str) -> Iterator[str]:
    folders, files = _listed(storage, folder)
    yield from (f"{folder}/{name}" for name in files)
    for inner in folders:
        yield from _files(storage, f"{folder}/{inner}")


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored
        return [], []
    return sorted(folders), sorted(files)


def _is_old(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except Exception:  # each store has its own error for a file that was renamed or removed meanwhile
        if storage.exists(name):
            raise
        return False


def _removed(database: BaseDatabaseWrapper, alias: str, name: str, before: datetime) -> bool:
    """Remove one file unless a row names it by now, or is about to; whoever holds its lock is about to."""
    digest = name.rpartition("/")[2].partition(".")[0]
    columns = " OR ".join(f"{column} = %s" for column in NAMES[alias])
    with database.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [store.lock_name(digest)])
            if not cursor.fetchone()[0]:
                return False
            cursor.execute(f"SELECT EXISTS (SELECT FROM {OWNERS[alias]._meta.db_table} WHERE {columns})", [name] * len(NAMES[alias]))
            if cursor.fetchone()[0] or not _is_old(storages[alias], name, before):
                return False
            storages[alias].delete(name)
            return True
        finally:
            cursor.execute("COMMIT")


@contextmanager
def _own_connection() -> Iterator[BaseDatabaseWrapper]:
    """A second connection: the lock of each file must go with that file, even when a transaction is running here."""
    database = connection.copy()
    try:
        database.set_autocommit(True)
        yield database
    finally:
        database.close()


# --- rows without a file --------------------------------------------------------------------------


def check_photos(*, tick: Tick = int) -> Checked:
    """Compare each file that a row names with its SHA-256; `tick` counts rows.

    A name that was emptied, because the original was deleted for privacy, is not asked for.
    """
    checked = Checked()
    last = 0
    while rows := list(Photo.objects.filter(pk__gt=last).order_by("pk")[:PAGE]):
        for photo in rows:
            for alias, column, digest in EXPECTED:
                name = getattr(photo, column)
                if not name:
                    continue
                checked.files += 1
                found = _difference(checked, alias, name, getattr(photo, digest))
                if found is not None and _still_names(photo, column):
                    found.add(f"{alias}/{name}")
            tick(1)
        last = rows[-1].pk
    if not checked.is_whole:
        logger.error("photos: %s files missing, %s damaged", checked.missing.count, checked.damaged.count)
    return checked


def _still_names(photo: Photo, column: str) -> bool:
    """Whether the row names the file to this moment: privacy rules may have removed both while we looked."""
    return Photo.objects.filter(pk=photo.pk, **{column: getattr(photo, column)}).exists()


def _difference(checked: Checked, alias: str, name: str, digest: str) -> Found | None:
    """Return the list that this file belongs on, or None when all is well."""
    try:
        return None if store.digest_of(storages[alias], name) == digest else checked.damaged
    except FileNotFoundError:
        return checked.missing
    except OSError:  # there, but the disk cannot read it
        return checked.damaged
