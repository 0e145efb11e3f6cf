"""The few figures of a unit's page, each with what its list needs. Never for a unit whose border is a guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from reports.models import Case
from reports.models.case import OPEN
from reports.public_list.period import Weeks, behind

ON_TIME_WEEKS = 13  # a quarter: a single week of one ward is a handful of cases
ENOUGH = 10  # a share of fewer cases than this says little, and is not told in per cent


@dataclass(frozen=True)
class UnitFigures:
    """Counts of cases. `open` is today; the others are of the last 13 whole weeks."""

    open: int
    opened: int
    cleaned: int
    due: int
    on_time: int

    @property
    def share(self) -> int | None:
        """Per cent done in time, None where too few were due."""
        return round(100 * self.on_time / self.due) if self.due >= ENOUGH else None


def last_weeks(now: datetime, count: int = ON_TIME_WEEKS) -> Weeks:
    """The last whole weeks before a moment, by the city's clocks."""
    today = settings.CITY.calendar.local_day(now)
    return Weeks(today - timedelta(days=today.weekday() + 7), count)


def figures_of(cases: QuerySet[Case], now: datetime) -> UnitFigures:
    """Counts of these public cases. Every count is what the list behind it shows."""
    weeks = last_weeks(now)
    counts = {name: behind(name, cases, weeks).count() for name in ("opened", "cleaned", "due", "on_time")}
    return UnitFigures(open=cases.filter(status__in=OPEN).count(), **counts)
