"""Keys of partners to the open interface. A key reads larger pages; it writes nothing and opens no page of the staff.

A key is `clk_` and 32 random letters; only its SHA-256 is kept, so it is shown once. It comes as `Authorization: Bearer clk_…`
or as `X-API-Key: clk_…`. The private links of reporters are bearers too: a bearer without the four letters, or shorter, is not a key.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from citylab.models import ApiKey, Member

PREFIX = "clk_"
LENGTH = len(PREFIX) + 32
START = 12  # letters that are kept, to tell one key from another
NOTED_EVERY = timedelta(minutes=1)  # a partner who asks a hundred times a second does not write a hundred times


class UnknownKey(Exception):
    """Nobody has this key, or it was revoked."""


def make(name: str, actor: Member) -> tuple[ApiKey, str]:
    """A new key and its letters, which nobody can show again."""
    text = PREFIX + secrets.token_urlsafe(24)
    return ApiKey.objects.create(name=name, start=text[:START], key_hash=_hash(text), created_by=actor), text


def revoke(row: int) -> bool:
    """End a key at once; whether it was in use."""
    return bool(ApiKey.objects.filter(pk=row, revoked_at=None).update(revoked_at=timezone.now()))


def key_of(request: HttpRequest) -> ApiKey | None:
    """The key that a request carries, None where it carries none. Raises UnknownKey."""
    text = request.headers.get("X-API-Key", "").strip()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if not text and scheme.lower() == "bearer" and token.startswith(PREFIX) and len(token) >= LENGTH:
        text = token
    if not text:
        return None
    key = ApiKey.objects.filter(key_hash=_hash(text), revoked_at=None).first()
    if key is None:
        raise UnknownKey
    now = timezone.now()
    ApiKey.objects.filter(Q(used_at=None) | Q(used_at__lt=now - NOTED_EVERY), pk=key.pk).update(used_at=now)
    return key


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
