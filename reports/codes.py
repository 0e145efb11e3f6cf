"""Codes that people read aloud, and the secret that only the reporter holds.

The code of a report is a function of the phone's UUID alone, so that the phone can show it before it has a network:
the first 50 bits of SHA-256 over the UUID's 16 bytes, written as 10 letters of Crockford's base32, most significant
bits first. `tests/reports/code_vectors.json` holds the vectors that every twin of this file must meet.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

import numpy as np
from django.conf import settings

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
LENGTH = 10  # 50 bits: a million reports meet by chance with probability 1 in 2,250
TOKEN_BYTES = 16  # 128 bits

_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_SHIFTS = np.arange(59, 9, -5, dtype=np.uint64)  # the top 50 of 64 bits, five at a time
_READ_ALIKE = str.maketrans("OIL", "011", " \t\r\n\u00a0-–_.·/")


def code_of(uuid: UUID) -> str:
    """The ten letters of the report that this UUID names."""
    return codes_of([uuid.bytes])[0]


def codes_of(uuids: Iterable[bytes]) -> list[str]:
    """The codes of many UUIDs, each given as its 16 bytes, in the same order."""
    return _written(b"".join(hashlib.sha256(uuid).digest()[:8] for uuid in uuids))


def random_codes(count: int) -> list[str]:
    """That many different codes that say nothing about anybody, for cases. A clash with an older one is left to the caller."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        codes.update(dict.fromkeys(_written(secrets.token_bytes(8 * (count - len(codes))))))
    return list(codes)


def _written(heads: bytes) -> list[str]:
    """Ten letters for the first 50 bits of each 8 bytes."""
    numbers = np.frombuffer(heads, dtype=">u8").astype(np.uint64)
    letters = _LETTERS[((numbers[:, None] >> _SHIFTS) & np.uint64(31)).astype(np.uint8)]
    return [str(row, "ascii") for row in letters.view(f"S{LENGTH}").ravel().tolist()]


def grouped(code: str, prefix: str | None = None) -> str:
    """The code as it is printed and read aloud: “DN 7K4QX 29MWB”. The prefix is the city's unless one is given."""
    prefix = settings.CITY.receipt_prefix if prefix is None else prefix
    return f"{prefix} {code[:5]} {code[5:]}".strip()


def parse_code(text: str, prefix: str | None = None) -> str | None:
    """The ten letters in what somebody typed, or None when it cannot be a code.

    Forgives lower case, spaces and dashes, O for 0, I and L for 1, and the city's prefix or none.
    """
    if len(text) > 60:
        return None
    prefix = (settings.CITY.receipt_prefix if prefix is None else prefix).upper().translate(_READ_ALIKE)
    letters = text.upper().translate(_READ_ALIKE)
    if len(letters) == LENGTH + len(prefix):
        letters = letters.removeprefix(prefix)
    return letters if len(letters) == LENGTH and all(letter in ALPHABET for letter in letters) else None


def secret_token(uuid: UUID) -> str:
    """The bearer for a report's photos and its private page: base64url of HMAC-SHA256(server key, UUID), 128 bits."""
    digest = hmac.digest(settings.TOKEN_KEY.encode(), uuid.bytes, "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode("ascii")


def token_opens(token: str, uuid: UUID) -> bool:
    """Whether this token is the secret of that report, in a time that does not tell how much of it was right."""
    return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), secret_token(uuid).encode("ascii"))
