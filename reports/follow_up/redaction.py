"""Taking the content out of a report; the row, its code and its counts stay."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Coalesce

from reports import voice
from reports.models import Contact, Message, Note, Photo, PhotoCheck, Report

WITHDRAWN = "withdrawn"
ERASED = "erased"
NAMES = (
    "original_name", "large_name", "small_name", "public_large_name", "public_small_name",
    "large_sha256", "small_sha256", "public_large_sha256", "public_small_sha256",
)  # fmt: skip


def redact(report: Report, why: str, now: datetime) -> None:
    """Remove words, photos, voice and contact of a locked report, and stop its messages.

    Files are no longer named by any row: the reaper takes them within a day. A photo that is public disappears at once.
    why: kept with each photo. The caller holds the row's lock and the transaction.
    """
    report.description, report.redacted_at = "", report.redacted_at or now
    report.save(update_fields=["description", "redacted_at"])
    Photo.objects.filter(report=report).update(
        state=Photo.State.REJECTED, reject_reason=why, processed_at=Coalesce(F("processed_at"), now), failed_at=None, last_error="",
        published_at=None, flagged_at=None, **dict.fromkeys(NAMES, ""),
    )  # fmt: skip
    PhotoCheck.objects.filter(photo__report=report).delete()
    voice.forget_voices(report=report, now=now)
    Note.objects.filter(report=report).delete()
    Contact.objects.filter(report=report).delete()
    Message.objects.filter(report=report, sent_at=None, cancelled_at=None).update(cancelled_at=now, processed_at=now, failed_at=None)
