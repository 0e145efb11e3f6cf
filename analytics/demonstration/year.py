"""The invented year, day by day: residents report, reports are grouped, crews work. Each day is one transaction.

A load that was interrupted goes on with the next day; a finished one is not begun again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from analytics.demonstration.invented_reports import Invented, invented_reports, write_lines
from analytics.demonstration.invented_work import LONGEST_STEP, next_step, take
from analytics.demonstration.simulated_clock import clock_at
from analytics.synthetic import Source
from citylab import demonstration
from citylab.jobs import once_a_period
from citylab.models import JobRun
from reports.grouping.steps import group_pending
from reports.imports.bulk import Wish, import_file
from reports.imports.lines import Mapping
from reports.models import Case, CaseEvent, Report
from reports.models.case import OPEN, Status

DAYS = 364
CASES_A_WEEK = 100
SOURCE = "demonstration"
DESK_HOUR = 18  # what was sent in the 24 hours before reaches the desk then, and the next day's work follows from it

MAPPING = Mapping(
    time="time", lon="lon", lat="lat", problem="problem", amount="amount", waste_types="waste", reporter="device",
    description="text", id="id",
)  # fmt: skip


class RealReports(Exception):
    """There are reports already that were not invented; the two are never mixed."""


@dataclass(frozen=True)
class Story:
    """What is to be told: its first day, the reports of each day, and where the litter comes from."""

    first_day: date
    days: dict[date, list[Invented]]
    sources: list[Source]


def is_finished() -> bool:
    return JobRun.objects.filter(job=demonstration.JOB, period=demonstration.FINISHED).exists()


def begin(days: int = DAYS, cases_a_week: int = CASES_A_WEEK) -> Story:
    """The story that was begun, or a new one that ends today. Raises RealReports."""
    begun = JobRun.objects.filter(job=demonstration.JOB, period__startswith=demonstration.BEGUN).first()
    if begun is not None:
        first = date.fromisoformat(begun.period.removeprefix(demonstration.BEGUN))
    else:
        if Report.objects.exists():
            raise RealReports
        first = timezone.localdate() - timedelta(days=days - 1)
        JobRun.objects.create(job=demonstration.JOB, period=f"{demonstration.BEGUN}{first.isoformat()}")
        demonstration.forget()
    reports, sources = invented_reports(first, days, cases_a_week)
    now = timezone.now()
    zone = settings.CITY.tz
    told = {day: list(sent) for day, sent in groupby((one for one in reports if one.at < now), lambda one: one.at.astimezone(zone).date())}
    every_day = (first + timedelta(days=number) for number in range(days))
    return Story(first, {day: told.get(day, []) for day in every_day if day <= timezone.localdate()}, sources)


def tell(story: Story, progress: Callable[[], None] = lambda: None) -> None:
    """Live through every day that was not lived through yet."""
    days = list(story.days)
    for day, following in zip(days, [*days[1:], None], strict=True):
        with once_a_period(f"{demonstration.JOB}-day", day.isoformat()) as mine:
            if mine:
                _live(day, story.days, last=following is None)
        progress()


def finish() -> None:
    JobRun.objects.get_or_create(job=demonstration.JOB, period=demonstration.FINISHED)


def _live(day: date, days: dict[date, list[Invented]], last: bool) -> None:
    """One day: the work on cases, then what was sent since the evening before is taken and grouped."""
    desk = settings.CITY.calendar.first_moment(day) + timedelta(hours=DESK_HOUR)
    until = timezone.now() if last else min(desk, timezone.now())
    before = desk - timedelta(days=1)
    sent = [*days.get(day - timedelta(days=1), []), *days[day]]
    _work(until)
    _receive([one for one in sent if before <= one.at < until], until)


def _receive(arrived: list[Invented], at: datetime) -> None:
    if not arrived:
        return
    with tempfile.TemporaryDirectory() as folder, clock_at(at):
        path = Path(folder) / "demonstration.csv"
        write_lines(path, arrived)
        outcome = import_file(Wish(path=path, mapping=MAPPING, source=SOURCE))
        if outcome.bad:
            raise ValueError(f"invented reports were refused: {outcome.first_problems[0].reason}")
        group_pending()


def _work(until: datetime) -> None:
    """Everything that is to happen to cases before a moment; a case may go several steps."""
    lately = until - LONGEST_STEP
    waiting = Q(status__in=OPEN) & (Q(opened_at__gte=lately) | Q(cleaned_at__gte=lately)) | Q(status=Status.CLEANED, cleaned_at__gte=lately)
    events = CaseEvent.objects.filter(case=OuterRef("pk"))
    told = (
        Case.objects.only("code", "status", "opened_at", "cleaned_at")
        .annotate(reopened=Exists(events.filter(kind=CaseEvent.Kind.REOPENED)))
        .annotate(last_at=Subquery(events.order_by("-at").values("at")[:1]))
        .order_by("id")
    )
    again: list[int] | None = None
    while again is None or again:
        cases = told.filter(waiting) if again is None else told.filter(waiting, pk__in=again)
        found = [(case, next_step(case, case.reopened, case.last_at)) for case in cases]
        steps = [(case, step) for case, step in found if step is not None and step.at < until]
        if steps:
            take(steps)
        again = [case.pk for case, _step in steps]
