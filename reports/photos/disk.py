"""The disk-full guard: photos stop while there is still room for reports, the database and the logs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from reports.photos import store

MIB = 1024 * 1024


@dataclass(frozen=True)
class Room:
    """Free space of the disk the photos lie on, and what must stay free, in bytes."""

    free: int
    reserve: int

    def takes(self, size: int) -> bool:
        """Whether a photo of `size` bytes, with its renditions, leaves the reserve untouched."""
        return self.free - 2 * size >= self.reserve


def room() -> Room | None:
    """Return the room for photos, or None when the store is not a folder of this machine and looks after itself."""
    storage = storages[store.ORIGINALS]
    if not isinstance(storage, FileSystemStorage):
        return None
    folder = Path(storage.location)
    while not folder.exists():
        folder = folder.parent
    return Room(free=shutil.disk_usage(folder).free, reserve=settings.DISK_RESERVE_MB * MIB)


def takes_photos() -> bool:
    """Whether photos are taken at the moment; pages hide the photo step when not, reports are taken all the same."""
    space = room()
    return space is None or space.takes(0)
