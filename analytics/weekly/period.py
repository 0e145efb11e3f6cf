"""When a week begins and ends by the city's clocks, and which weeks are due to be frozen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings

from analytics.weeks import monday_of
from citylab.working_days import WorkingCalendar

FROZEN_AT = time(6)  # Monday morning by the city's clocks: before the offices open
CATCH_UP_WEEKS = 8  # a machine that was off for longer catches up by hand: export_week
ONE_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Period:
    """One local ISO week as moments: `start` belongs to it, `end` is the first moment of the next one."""

    monday: date
    start: datetime
    end: datetime

    @classmethod
    def of(cls, day: date, calendar: WorkingCalendar | None = None) -> Period:
        """The week that `day` lies in. Its 168 hours are 167 or 169 where the clocks change."""
        calendar = calendar or settings.CITY.calendar
        monday = monday_of(day)
        return cls(monday, calendar.first_moment(monday), calendar.first_moment(monday + ONE_WEEK))

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


def last_due_week(now: datetime, calendar: WorkingCalendar | None = None) -> date:
    """The Monday of the newest week that should be frozen at the moment `now`: from 06:00 of the Monday after it."""
    calendar = calendar or settings.CITY.calendar
    local = now.astimezone(calendar.time_zone)
    this_monday = monday_of(local.date())
    early = local < datetime.combine(this_monday, FROZEN_AT, calendar.time_zone)
    return this_monday - (2 if early else 1) * ONE_WEEK


def due_weeks(now: datetime, first: date | None, frozen: Collection[date], calendar: WorkingCalendar | None = None) -> list[date]:
    """Mondays of the weeks to freeze at the moment `now`, oldest first.

    first: the Monday of the first week with a report, None when there is none yet. frozen: Mondays of weeks that have an
    edition. At most the last 8 due weeks.
    """
    if first is None:
        return []
    last = last_due_week(now, calendar)
    weeks = (last - back * ONE_WEEK for back in reversed(range(CATCH_UP_WEEKS)))
    return [week for week in weeks if week >= first and week not in frozen]
