"""The city's figures for everybody: the last whole week, and thirteen weeks as one picture. Each number is a list's length.

The weekly report counts what was known when it was frozen; these count the cases that anybody may see today, so that each
number leads to exactly its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncWeek

from reports.models import CaseEvent
from reports.public_cases import SHOWN, public_cases
from reports.public_list.period import Weeks, behind
from reports.public_list.unit_figures import ENOUGH, last_weeks

PICTURE_WEEKS = 13  # a quarter
WIDTH, HEIGHT, FOOT = 360, 190, 24  # of the picture, and the room for dates below it
NAMES = ("opened", "cleaned", "nothing_found", "open", "overdue", "due", "on_time")


@dataclass(frozen=True)
class Bar:
    """Two bars of the picture: new cases and cleaned ones of a week. Heights and places in units of the drawing."""

    week: date
    opened: int
    cleaned: int
    x: float
    opened_height: float
    cleaned_height: float

    @property
    def x2(self) -> float:
        """Where the second bar begins."""
        return round(self.x + 11, 1)


@dataclass(frozen=True)
class Figures:
    """The figures of one week, the week before, and the weeks of the picture, oldest first."""

    weeks: Weeks
    counts: dict[str, int]
    before: dict[str, int]
    bars: list[Bar]
    highest: int

    @property
    def share(self) -> int | None:
        """Per cent done in time, None where too few were due."""
        return round(100 * self.counts["on_time"] / self.counts["due"]) if self.counts["due"] >= ENOUGH else None

    @property
    def anything(self) -> bool:
        """Whether anything at all happened in the weeks of the picture or is open."""
        return any(self.counts.values()) or any(bar.opened or bar.cleaned for bar in self.bars)


def figures(now: datetime) -> Figures:
    """The figures of the last whole week before a moment, by the city's clocks."""
    weeks = last_weeks(now, 1)
    cases = public_cases()
    counts = {name: behind(name, cases, weeks).count() for name in NAMES}
    before = Weeks(weeks.last - timedelta(weeks=1))
    quarter = Weeks(weeks.last, PICTURE_WEEKS)
    opened, cleaned = _opened(quarter), _cleaned(quarter)
    mondays = [quarter.first + timedelta(weeks=number) for number in range(PICTURE_WEEKS)]
    highest = max(1, *opened.values(), *cleaned.values()) if opened or cleaned else 1
    return Figures(
        weeks, counts, {"opened": opened.get(before.last, 0), "cleaned": cleaned.get(before.last, 0)},
        [_bar(at, monday, opened.get(monday, 0), cleaned.get(monday, 0), highest) for at, monday in enumerate(mondays)], highest,
    )  # fmt: skip


def _opened(weeks: Weeks) -> dict[date, int]:
    return dict(behind("opened", public_cases(), weeks).order_by().values_list("week").annotate(Count("pk")))


def _cleaned(weeks: Weeks) -> dict[date, int]:
    visits = CaseEvent.objects.filter(kind=CaseEvent.Kind.CLEANED, at__gte=weeks.start, at__lt=weeks.end, case__status__in=SHOWN)
    visits = visits.exclude(details__contains={"nothing_found": True}).annotate(week=TruncWeek("at", tzinfo=settings.CITY.tz))
    return {moment.date(): count for moment, count in visits.order_by().values_list("week").annotate(Count("case", distinct=True))}


def _bar(at: int, monday: date, opened: int, cleaned: int, highest: int) -> Bar:
    room = HEIGHT - FOOT - 14
    step = WIDTH / PICTURE_WEEKS
    return Bar(monday, opened, cleaned, round(at * step + 3, 1), round(opened / highest * room, 1), round(cleaned / highest * room, 1))
