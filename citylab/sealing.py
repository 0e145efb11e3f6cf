"""Encrypted files that notice every change: cut, reordered, altered, or opened with another key.

AES-256-GCM over blocks of 1 MiB in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce is
the block's number and a mark on the last one, the key is derived for each file from the master key and a random salt.
Without a key a file is written and read as it is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"CITYLAB1"
BLOCK = 1 << 20
TAG = 16


class Unsealable(Exception):
    """Another key, or the file was changed."""


@contextmanager
def sealed(path: Path, key: bytes | None) -> Iterator[BinaryIO]:
    """A file to write to; durable when the block ends."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        if key is None:
            yield file
        else:
            writer = _Writer(file, key)
            yield writer  # type: ignore[misc]
            writer.finish()
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def opened(path: Path, key: bytes | None) -> Iterator[BinaryIO]:
    """A file to read from. Raises `Unsealable` as soon as a block does not prove itself."""
    with path.open("rb") as file:
        yield file if key is None else io.BufferedReader(_Reader(file, key))


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=MAGIC).derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class _Writer:
    def __init__(self, file: BinaryIO, key: bytes) -> None:
        salt = os.urandom(16)
        file.write(MAGIC + salt)
        self._file, self._cipher, self._pending, self._number = file, _cipher(key, salt), bytearray(), 0

    def write(self, data: bytes) -> int:
        self._pending += data
        while len(self._pending) > BLOCK:  # one block is always kept back: it may be the last
            self._block(bytes(self._pending[:BLOCK]), last=False)
            del self._pending[:BLOCK]
        return len(data)

    def finish(self) -> None:
        self._block(bytes(self._pending), last=True)

    def _block(self, data: bytes, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), data, None))
        self._number += 1


class _Reader(io.RawIOBase):
    def __init__(self, file: BinaryIO, key: bytes) -> None:
        head = file.read(len(MAGIC) + 16)
        if not head.startswith(MAGIC):
            raise Unsealable("This file was not sealed by this product.")
        self._file, self._cipher, self._number = file, _cipher(key, head[len(MAGIC) :]), 0
        self._ahead, self._ready = file.read(BLOCK + TAG), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._ready and self._ahead:
            block, self._ahead = self._ahead, self._file.read(BLOCK + TAG)
            try:
                self._ready = self._cipher.decrypt(_nonce(self._number, last=not self._ahead), block, None)
            except InvalidTag:
                raise Unsealable("The key is another one, or the file was changed.") from None
            self._number += 1
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size
