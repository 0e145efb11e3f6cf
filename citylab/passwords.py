"""How passwords are kept: argon2, as Django sets it, one at a time in each process."""

from __future__ import annotations

from threading import Lock

from django.contrib.auth.hashers import Argon2PasswordHasher

_TURN = Lock()


class TakingTurns(Argon2PasswordHasher):
    """To look at a password takes 100 MiB for a moment. Strangers who send many at once take it once, not once for each thread."""

    def encode(self, password: str, salt: str) -> str:
        with _TURN:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        with _TURN:
            return bool(super().verify(password, encoded))
