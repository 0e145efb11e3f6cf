"""A report that is still being written on plain pages: kept on the server under the phone's UUID, for 20 hours.

The answers lie in the draft's row as they were typed. Photos and a voice note go into the private store under the name of
their content, without a row of their own: what is never sent is an orphan, which the reaper removes after a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from reports.clean_text import clean_text
from reports.contacts import seal_text, unseal_text
from reports.forms import Answers
from reports.models import Draft
from reports.photos import disk, limits, store
from reports.photos.receiving import BadPosition, DiskFull, inspect

HOURS = 20  # the reaper takes files after 24: a draft never outlives its photos
SEALED = ("email", "phone")  # contact details lie nowhere in the clear, not for an hour
LONGEST_NAME = 60  # of a file, only to be shown in the same form


class TooManyPhotos(BadPosition):
    """The draft holds three photos already. Facts: most."""


@dataclass(frozen=True)
class KeptFile:
    """A photo or a voice note that waits for its report. `name` is what the phone called it, `stored` its name in the store."""

    name: str
    size: int
    sha256: str
    stored: str


def find(uuid: UUID, now: datetime | None = None) -> Draft | None:
    """The draft of a report, or None when there is none, or none any more."""
    return _alive(now).filter(uuid=uuid).first()


@contextmanager
def writing(uuid: UUID) -> Iterator[tuple[Draft, bool]]:
    """The draft, locked and saved when the block ends, and whether it had to be begun: two forms sent at once both count."""
    with transaction.atomic():
        Draft.objects.filter(uuid=uuid).exclude(pk__in=_alive(None)).delete()
        _row, begun = Draft.objects.get_or_create(uuid=uuid)
        draft = Draft.objects.select_for_update().get(uuid=uuid)
        yield draft, begun
        draft.save()


def write(draft: Draft, typed: Mapping[str, str | list[str]]) -> None:
    """Keep answers: composed and without what no database or page can hold, otherwise as they were typed."""
    for name, value in typed.items():
        kept = clean_text(value) if isinstance(value, str) else [clean_text(one) for one in value]
        draft.answers[name] = seal_text(kept) if name in SEALED and isinstance(kept, str) and kept else kept


def answers_of(draft: Draft | None) -> Answers:
    """The answers of a draft as they can be read again; empty without one."""
    values = dict(draft.answers) if draft else {}
    for name in SEALED:
        if sealed := values.get(name):
            values[name] = unseal_text(sealed)
    return Answers(values)


def photos_of(draft: Draft | None) -> list[KeptFile]:
    """The photos that wait in a draft, in the order in which they came."""
    return [KeptFile(**photo) for photo in draft.photos] if draft else []


def voice_of(draft: Draft | None) -> KeptFile | None:
    """The voice note that waits in a draft."""
    return KeptFile(**draft.voice) if draft and draft.voice else None


def keep_photo(draft: Draft, body: bytes, name: str) -> None:
    """Add a photo; the same bytes again change nothing. Raises a PhotoRefused like the door for photos does."""
    suffix = store.SUFFIXES[inspect(body).format]
    if any(photo["sha256"] == store.sha256(body) for photo in draft.photos):
        return
    if len(draft.photos) >= limits.MAX_POSITIONS:
        raise TooManyPhotos(most=limits.MAX_POSITIONS)
    draft.photos.append(asdict(_stored(body, name, suffix)))


def drop_photo(draft: Draft, sha256: str) -> None:
    """Take a photo out again. Its bytes go with the reaper."""
    draft.photos = [photo for photo in draft.photos if photo["sha256"] != sha256]


def move_photos(uuid: UUID, to: UUID) -> None:
    """Let another draft have the photos of this one."""
    kept = photos_of(find(uuid))
    if kept:
        with writing(to) as (draft, _begun):
            draft.photos = [asdict(photo) for photo in kept]


def keep_voice(draft: Draft, body: bytes, name: str) -> None:
    """Keep a voice note instead of the one before. Whoever calls has looked at what it is."""
    draft.voice = asdict(_stored(body, name, ".voice"))


def drop_voice(draft: Draft) -> None:
    """Take the voice note out again."""
    draft.voice = {}


def bytes_of(kept: KeptFile) -> bytes | None:
    """What a kept file holds; None when it is gone."""
    try:
        return store.get(store.ORIGINALS, kept.stored)
    except OSError:
        return None


def discard(uuid: UUID) -> None:
    """Forget a draft: it was sent."""
    Draft.objects.filter(uuid=uuid).delete()


def forgotten_at(draft: Draft) -> datetime:
    """The moment, in UTC, from which a draft that was not sent is gone."""
    return draft.created_at.astimezone(UTC) + timedelta(hours=HOURS)


def forget_old(now: datetime) -> int:
    """Delete the drafts that were never sent; returns how many."""
    deleted, _rows = Draft.objects.filter(created_at__lt=now - timedelta(hours=HOURS)).delete()
    return deleted


def _alive(now: datetime | None) -> Any:
    return Draft.objects.filter(created_at__gte=(now or timezone.now()) - timedelta(hours=HOURS))


def _stored(body: bytes, name: str, suffix: str) -> KeptFile:
    space = disk.room()
    if space is not None and not space.takes(len(body)):
        raise DiskFull(free=space.free, reserve=space.reserve)
    digest, stored = store.put(store.ORIGINALS, body, suffix)
    return KeptFile(clean_text(name)[-LONGEST_NAME:], len(body), digest, stored)
