"""Where photo files lie: named by what they contain, in two private stores, durable before anything refers to them.

A file is written first and its row committed second. Between the two it is an orphan, which `upkeep.reap_photos`
removes after a day. The locks below keep the reaper away from a file that a row is just about to name.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import connection

ORIGINALS = "originals"  # as it came: never shown to anybody, only read by the gate
RENDITIONS = "renditions"  # re-encoded: private until published
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "HEIF": ".heic"}
PART = ".part"  # ends the name of a file that is still being written


class DurableFileStorage(FileSystemStorage):
    """A folder in which a file is either absent or whole, even after a power cut. Saving a name again replaces it.

    Written to a temporary name, fsync, renamed, then fsync of the folder. Only the owner of the process can read it.
    """

    def __init__(self, location: str | None = None, **options: object) -> None:
        super().__init__(location, **{"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700, **options})

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Keep the name: what has it already is replaced in one step."""
        return name

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))  # refuses a name that leads out of the folder
        make_durable_folder(path.parent, self.directory_permissions_mode)
        part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{PART}")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, self.file_permissions_mode)
            with open(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        fsync_folder(path.parent)
        return name


def make_durable_folder(folder: Path, mode: int) -> None:
    """Create `folder` and its missing parents so that their names survive a power cut."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode, exist_ok=True)
        fsync_folder(new.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(body: bytes) -> str:
    """Return the lower-case hexadecimal SHA-256 of `body`."""
    return hashlib.sha256(body).hexdigest()


def name_of(digest: str, suffix: str) -> str:
    """Return the name of a content, for example `ab/cd/abcd….jpg`: 65,536 folders, none with many files."""
    return f"{digest[:2]}/{digest[2:4]}/{digest}{suffix}"


def put(alias: str, body: bytes, suffix: str) -> tuple[str, str]:
    """Store `body` in the store `alias`; return (SHA-256, name). The file is durable when this returns.

    Writing again what is there already renews its age and mends a damaged copy.
    """
    digest = sha256(body)
    name = name_of(digest, suffix)
    saved = storages[alias].save(name, ContentFile(body))
    if saved != name:  # a store that never replaces: the copy with the right name holds the same bytes
        storages[alias].delete(saved)
    return digest, name


def get(alias: str, name: str) -> bytes:
    """Return the bytes of a stored file. Raises FileNotFoundError (or the store's own error) when it is not there."""
    with storages[alias].open(name, "rb") as file:
        return file.read()


def digest_of(storage: Storage, name: str) -> str:
    """Return the SHA-256 of a stored file, read piece by piece."""
    hasher = hashlib.sha256()
    with storage.open(name, "rb") as file:
        for chunk in file.chunks(1 << 20):
            hasher.update(chunk)
    return hasher.hexdigest()


def hold(digests: Iterable[str]) -> None:
    """Keep the reaper away from these contents until the running transaction ends.

    Call it inside the transaction that names the files, and look once more with `ensure` afterwards.
    """
    with connection.cursor() as cursor:
        for digest in sorted(set(digests)):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [lock_name(digest)])


def ensure(alias: str, name: str, body: bytes, suffix: str) -> None:
    """Store `body` again if the reaper took it between `put` and `hold`."""
    if not storages[alias].exists(name):
        put(alias, body, suffix)


def lock_name(digest: str) -> str:
    """Return what the advisory lock of a content is called."""
    return f"photo-file:{digest}"
