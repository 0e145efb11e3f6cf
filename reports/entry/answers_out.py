"""What became of the reports that another channel of the city passed on, in the words of their receipts: to be sent back there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from citylab.models import Member
from citylab.permissions import visible
from reports.entry.on_behalf import clean_ref
from reports.intake import Receipt
from reports.models import Case, CaseEvent, Report
from reports.progress import progress_of, with_progress

COLUMNS = ("external_ref", "code", "status", "state", "answer", "changed_at", "link")


@dataclass(frozen=True)
class Answer:
    """One report's answer. status: a stable word; state: the same in words; answer: whole sentences, with the reason of a refusal."""

    report: Report
    status: str
    state: str
    answer: str
    changed_at: datetime | None
    link: str

    @property
    def row(self) -> tuple[object, ...]:
        return self.report.external_ref, self.report.code, self.status, self.state, self.answer, self.changed_at, self.link


def reports_with_refs(member: Member, *, ref: str = "", since: date | None = None) -> QuerySet[Report]:
    """Reports that have a number of another channel, the newest first; only those of areas that the member may see.

    ref: part of the number. since: only those with which something happened from that day on.
    """
    cases, reports = Case.objects.all(), Report.objects.exclude(external_ref="")
    if (own := visible(member, cases)) is not cases:
        reports = reports.filter(Q(case__in=own) | Q(case=None, pk__in=visible(member, Report.objects.all()).values("pk")))
    if ref:
        reports = reports.filter(external_ref__contains=clean_ref(ref))
    if since:
        moment = settings.CITY.calendar.first_moment(since)
        reports = reports.filter(Q(received_at__gte=moment) | Exists(CaseEvent.objects.filter(case=OuterRef("case"), at__gte=moment)))
    return reports.order_by("-received_at", "-id")


def answers(reports: QuerySet[Report], *, at_once: int = 500) -> Iterator[Answer]:
    """The answers of these reports, some hundred read at a time."""
    for report in with_progress(reports).iterator(chunk_size=at_once):
        yield answer_of(report)


def answer_of(report: Report) -> Answer:
    """The answer for one report; its case, events and clean-ups are read."""
    progress = progress_of(report)
    reason = next((step.more for step in progress.steps if step.now and step.tone == "bad"), "")
    return Answer(report, progress.status, progress.title, f"{progress.title}. {reason or progress.next}".strip(), progress.changed_at, Receipt(report, created=False).url)
