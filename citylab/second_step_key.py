"""The key that a member's phone makes codes with, as the database and the session keep it: sealed, so that a copy of either makes no codes.

AES-SIV (RFC 5297) under a key derived from CITYLAB_CONTACT_KEY; 72 hexadecimal digits, which fit where the plain key stood.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_USE = b"second step of signing in"


class Unreadable(Exception):
    """It was sealed under another key, or not at all."""


def sealed(key: bytes) -> str:
    """As it is kept."""
    return _cipher(settings.CONTACT_KEY).encrypt(key, [_USE]).hex()


def opened(text: str) -> bytes:
    """The key itself. Raises Unreadable."""
    try:
        return _cipher(settings.CONTACT_KEY).decrypt(bytes.fromhex(text), [_USE])
    except (InvalidTag, ValueError):
        raise Unreadable from None


@lru_cache(maxsize=2)
def _cipher(secret: str) -> AESSIV:
    return AESSIV(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_USE).derive(secret.encode()))
