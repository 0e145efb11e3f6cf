"""The reporter takes the report back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reports import casework
from reports.follow_up.locking import lock
from reports.follow_up.redaction import WITHDRAWN, redact
from reports.models import Case, Report
from reports.models.case import OPEN


def withdraw_report(report: Report, *, now: datetime | None = None) -> Report:
    """Withdraw a report and remove what it said; doing it again changes nothing.

    A case that others reported too goes on; one that nobody else speaks for is withdrawn, while it is open. A report that
    still waits for grouping never opens a case.
    """
    now = now or timezone.now()
    with transaction.atomic():
        locked, case = lock(report)
        if locked.withdrawn_at is not None:
            return locked
        locked.withdrawn_at = now
        locked.processed_at = locked.processed_at or now
        locked.failed_at, locked.last_error = None, ""
        locked.save(update_fields=["withdrawn_at", "processed_at", "failed_at", "last_error"])
        redact(locked, WITHDRAWN, now)
        if case is not None and case.status in OPEN and not spoken_for(case):
            casework.withdraw(case)
    return locked


def spoken_for(case: Case) -> bool:
    """Whether somebody still says that there is waste: a report that was not withdrawn, or the city by a notice."""
    return Report.objects.filter(case=case, withdrawn_at=None).exists() or case.notices.exists()
