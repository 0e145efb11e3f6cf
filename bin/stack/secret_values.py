"""The secrets of one installation: made once, kept in a file that only its user can read, never printed."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def _text() -> str:
    return secrets.token_urlsafe(50)


def _fernet() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


# The names that citylab/settings.py asks for, and how each is made.
MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": _text,
    "CITYLAB_TOKEN_KEY": _text,
    "CITYLAB_REPORTER_KEY": _text,
    "CITYLAB_CONTACT_KEY": _fernet,
}


def secret_values(file: Path) -> dict[str, str]:
    """The secrets in `file`, one NAME=VALUE a line; those that are missing are made and written, mode 0600."""
    values: dict[str, str] = {}
    if file.exists():
        lines = (
            line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and not line.startswith("#")
        )
        values = {name.strip(): value.strip() for name, value in lines}
    missing = [name for name in MAKERS if not values.get(name)]
    if missing:
        values |= {name: MAKERS[name]() for name in missing}
        half = file.with_suffix(".new")
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in values.items())
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    return values
