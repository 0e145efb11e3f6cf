"""Forgetting everything personal about a report, when its reporter asks for it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reports.follow_up.locking import lock
from reports.follow_up.redaction import ERASED, redact
from reports.models import Report, Verdict


def erase(report: Report, *, now: datetime | None = None) -> Report:
    """Remove words, photos, voice, notes, contact, device hash and the number of another channel, where the name may stand;
    the row, its code, its case and its counts stay.

    Doing it again changes nothing. The case goes on: that there was waste is not personal. The id, which was made from that
    number, stays: who enters the number again gets this report, not a new one.
    """
    with transaction.atomic():
        locked, _case = lock(report)
        redact(locked, ERASED, now or timezone.now())
        locked.reporter, locked.external_ref = None, ""
        locked.save(update_fields=["reporter", "external_ref"])
        Verdict.objects.filter(report=locked).update(reporter=None)
    return locked
