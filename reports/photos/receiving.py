"""The door for photos: the one place where a Photo of a report is born.

Cheap checks only; the picture is decoded later, by the task, in `processing.py`. Every refusal is a type of its own
with the facts in it; pages and the API make sentences of them.
"""

from __future__ import annotations

import errno
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils import timezone

from reports import held_reports
from reports.models import Photo, Report
from reports.photos import disk, limits, store
from reports.photos.sniff import PhotoDamaged, Sniffed, sniff


class PhotoRefused(Exception):
    """A photo that is not taken. `code` is stable and names the reason; `facts` are what a sentence needs."""

    code = "photo_refused"

    def __init__(self, **facts: int) -> None:
        super().__init__(", ".join([self.code, *(f"{name}={value}" for name, value in facts.items())]))
        self.facts = facts


class BadPosition(PhotoRefused):
    """Facts: position, most."""

    code = "bad_position"


class PositionTaken(PhotoRefused):
    """Another photo has this position already. Facts: position."""

    code = "position_taken"


class TooLarge(PhotoRefused):
    """Facts: most (bytes), and size where it is known."""

    code = "too_large"


class NotAPhoto(PhotoRefused):
    """Nothing, or not one of the four formats. Facts: size (bytes)."""

    code = "not_a_photo"


class TooManyPixels(PhotoRefused):
    """Facts: width, height (px), most (pixels)."""

    code = "too_many_pixels"


class TooManyScans(PhotoRefused):
    """Facts: scans, most."""

    code = "too_many_scans"


class Damaged(PhotoRefused):
    """It begins as a photo and goes on as noise."""

    code = "broken"


class ReportGone(PhotoRefused):
    """The report was withdrawn or erased: nothing is added to it."""

    code = "report_gone"


class DiskFull(PhotoRefused):
    """No room at the moment; the report itself is safe. Facts: free, reserve (bytes)."""

    code = "disk_full"


class Stream(Protocol):
    """Anything that hands out bytes, such as a Django request."""

    def read(self, size: int, /) -> bytes: ...


def read_body(stream: Stream) -> bytes:
    """Read an upload, never more than one byte beyond the limit. Raises TooLarge."""
    parts = []
    left = limits.MAX_BYTES + 1
    while left and (part := stream.read(min(left, 1 << 18))):
        parts.append(part)
        left -= len(part)
    if not left:
        raise TooLarge(most=limits.MAX_BYTES)
    return b"".join(parts)


def receive_photo(report: Report, position: int, body: bytes) -> tuple[Photo, bool]:
    """Take photo number `position` (1 to 3) of `report`; return it and whether it is new.

    The same bytes at the same position give the same photo again. When this returns, or when the transaction around
    it commits, the file is durable and its row names it; a relay passes it on, no broker is asked here.
    Raises a PhotoRefused.
    """
    if not 1 <= position <= limits.MAX_POSITIONS:
        raise BadPosition(position=position, most=limits.MAX_POSITIONS)
    sniffed = inspect(body)
    digest = store.sha256(body)
    if (photo := _present(report, position, digest)) is not None:
        return photo, False
    space = disk.room()
    if space is not None and not space.takes(len(body)):
        raise DiskFull(free=space.free, reserve=space.reserve)
    suffix = store.SUFFIXES[sniffed.format]
    try:
        _, name = store.put(store.ORIGINALS, body, suffix)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(free=0, reserve=space.reserve if space else 0) from error
    now = timezone.now()
    try:
        with transaction.atomic():
            store.hold([digest])
            store.ensure(store.ORIGINALS, name, body, suffix)
            photo = Photo.objects.create(
                report=report, kind=Photo.Kind.REPORT, position=position, state=Photo.State.QUARANTINED,
                original_sha256=digest, original_name=name, original_size=len(body), original_format=sniffed.format,
                received_at=now, next_try=now,
            )  # fmt: skip
            held_reports.look_at(photo)
            # Withdrawing and erasing take this lock too: what they remove is not added behind their back. Taken last, since
            # holding locks the case first.
            if Report.objects.select_for_update(no_key=True).filter(pk=report.pk, withdrawn_at=None, redacted_at=None).first() is None:
                raise ReportGone()
        return photo, True
    except IntegrityError:
        if (photo := _present(report, position, digest)) is not None:  # the same upload came twice at once
            return photo, False
        raise


def inspect(body: bytes) -> Sniffed:
    """Return what `body` claims to be. Raises TooLarge, NotAPhoto, TooManyPixels, TooManyScans or Damaged."""
    if len(body) > limits.MAX_BYTES:
        raise TooLarge(size=len(body), most=limits.MAX_BYTES)
    try:
        sniffed = sniff(body)
    except PhotoDamaged as error:
        raise Damaged() from error
    if sniffed is None:
        raise NotAPhoto(size=len(body))
    if sniffed.pixels > limits.MAX_PIXELS:
        raise TooManyPixels(width=sniffed.width, height=sniffed.height, most=limits.MAX_PIXELS)
    if sniffed.scans > limits.MAX_SCANS:
        raise TooManyScans(scans=sniffed.scans, most=limits.MAX_SCANS)
    return sniffed


def _present(report: Report, position: int, digest: str) -> Photo | None:
    """Return the photo at this position if it is the same one, None if there is none. Raises PositionTaken."""
    photo = Photo.objects.filter(report=report, kind=Photo.Kind.REPORT, position=position).first()
    if photo is not None and photo.original_sha256 != digest:
        raise PositionTaken(position=position)
    return photo
