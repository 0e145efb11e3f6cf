"""What a reporter asks about their own data, and the city's answer within two working days."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from citylab.models import Member
from reports.clean_text import clean_text
from reports.follow_up.erasure import erase
from reports.follow_up.not_taken import NotTaken
from reports.models import DataRequest, Report
from reports.private_reports import reports_in_confidence
from reports.rules import MAX_TEXT

WORKING_DAYS = 2  # law 91/2025/QH15 with decree 356/2025/NĐ-CP: the first answer to a request about personal data
MOST_OPEN = 5  # of one report


def ask(report: Report, kind: str, text: str = "", *, now: datetime | None = None) -> DataRequest:
    """Put a request into the staff's queue; asking the same again while it is open is the same request.

    Raises NotTaken: nothing_said (when only words could say what is wanted), text_too_long, too_many_requests.
    """
    now, text = now or timezone.now(), clean_text(text)
    if kind == DataRequest.Kind.OTHER and not text:
        raise NotTaken("nothing_said")
    if len(text) > MAX_TEXT:
        raise NotTaken("text_too_long", length=len(text), limit=MAX_TEXT)
    with transaction.atomic():
        locked = Report.objects.select_for_update(no_key=True).get(pk=report.pk)
        waiting = DataRequest.objects.filter(report=locked, closed_at=None)
        if (again := waiting.filter(kind=kind, text=text).first()) is not None:
            return again
        if waiting.count() >= MOST_OPEN:
            raise NotTaken("too_many_requests", limit=MOST_OPEN)
        due = settings.CITY.calendar.due_at(now, WORKING_DAYS)
        return DataRequest.objects.create(report=locked, kind=kind, text=text, created_at=now, due_at=due)


def answer(request: DataRequest, member: Member, text: str, *, erasing: bool = False, now: datetime | None = None) -> DataRequest:
    """Answer a request, which the reporter then reads; with `erasing`, everything personal about the report goes as well.

    Raises NotTaken: nothing_said, text_too_long, answered (somebody else was quicker).
    """
    now, text = now or timezone.now(), clean_text(text)
    if not text:
        raise NotTaken("nothing_said")
    if len(text) > MAX_TEXT:
        raise NotTaken("text_too_long", length=len(text), limit=MAX_TEXT)
    with transaction.atomic():
        if erasing:
            erase(request.report, now=now)
        locked = DataRequest.objects.select_for_update().get(pk=request.pk)
        if locked.closed_at is not None:
            raise NotTaken("answered")
        locked.answer, locked.closed_at, locked.closed_by = text, now, member
        locked.save(update_fields=["answer", "closed_at", "closed_by"])
    return locked


def requests_for(member: Member) -> QuerySet[DataRequest]:
    """The requests that this member may see and answer: about reports of their areas, or all."""
    return DataRequest.objects.filter(report__in=reports_in_confidence(member))
