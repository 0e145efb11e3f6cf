"""A log file that is moved aside when it has grown too big, so that logs never fill the disk."""

from __future__ import annotations

import os
from pathlib import Path

LIMIT = 10 * 1024 * 1024  # bytes; with three old files about 40 MB per service
KEPT = 3


class RotatingLog:
    """Appends bytes to `path`; at `limit` bytes it becomes `path.1`, the older ones move up, the oldest goes."""

    def __init__(self, path: Path, limit: int = LIMIT, kept: int = KEPT) -> None:
        self.path, self.limit, self.kept = path, limit, kept
        self._open()

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._size = os.fstat(self._file).st_size

    def write(self, chunk: bytes) -> None:
        """A full disk costs log lines, never the service."""
        try:
            if self._size + len(chunk) > self.limit:
                self._rotate()
            os.write(self._file, chunk)
            self._size += len(chunk)
        except OSError:
            pass

    def _rotate(self) -> None:
        os.close(self._file)
        for number in range(self.kept, 0, -1):
            older = self.path if number == 1 else self.path.with_name(f"{self.path.name}.{number - 1}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number}"))
        self._open()

    def tail(self, lines: int = 15) -> str:
        """The last lines, for a message."""
        text = self.path.read_text(errors="replace").splitlines()
        return "\n".join(text[-lines:])
