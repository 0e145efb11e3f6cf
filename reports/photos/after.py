"""The photo that proves a clean-up: taken at the same door as a resident's, and kept with the case."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from reports.models import Case, Photo
from reports.photos import disk, store
from reports.photos.receiving import DiskFull, inspect


def receive_after_photo(case: Case, body: bytes, position: int = 1) -> Photo:
    """Store an after-photo of `case`, number `position` (1 to 3) of its visit; the file is durable when this returns.

    Raises a PhotoRefused. `reports.casework.clean` then makes it part of a clean-up.
    """
    sniffed = inspect(body)
    space = disk.room()
    if space is not None and not space.takes(len(body)):
        raise DiskFull(free=space.free, reserve=space.reserve)
    suffix = store.SUFFIXES[sniffed.format]
    digest, name = store.put(store.ORIGINALS, body, suffix)
    now = timezone.now()
    with transaction.atomic():
        store.hold([digest])
        store.ensure(store.ORIGINALS, name, body, suffix)
        return Photo.objects.create(
            case=case, kind=Photo.Kind.AFTER, position=position, state=Photo.State.QUARANTINED,
            original_sha256=digest, original_name=name, original_size=len(body), original_format=sniffed.format,
            received_at=now, next_try=now,
        )  # fmt: skip
