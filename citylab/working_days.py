"""Deadlines in working days, in the city's own time, with its public holidays.

The day on which something is received is not counted (as in most codes of procedure, and in the Vietnamese Civil
Code, article 147): received on any moment of a Thursday, three working days end with the Tuesday.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days a city works.

    weekdays: ISO numbers of ordinary working days, Monday 1.
    holidays: days without work. working: days worked although their weekday is free (exchanged Saturdays).
    known_until: last day for which holidays are listed; later days are reckoned by weekday only.
    """

    time_zone: ZoneInfo
    weekdays: frozenset[int]
    holidays: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    known_until: date | None = None

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(1, 8)):
            raise ValueError("A city needs at least one working weekday, numbered from 1 (Monday) to 7.")

    def is_working(self, day: date) -> bool:
        """Whether the offices work on this day."""
        if day in self.holidays:
            return False
        return day.isoweekday() in self.weekdays or day in self.working

    def add(self, day: date, working_days: int) -> date:
        """The `working_days`-th working day after `day` (0: that day or the next working day)."""
        if working_days < 0:
            raise ValueError("A deadline cannot lie before its beginning.")
        if working_days == 0:
            while not self.is_working(day):
                day += ONE_DAY
            return day
        while working_days:
            day += ONE_DAY
            working_days -= self.is_working(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; negative when `end` is the earlier one."""
        if end < start:
            return -self.between(end, start)
        return sum(self.is_working(start + ONE_DAY * step) for step in range(1, (end - start).days + 1))

    def local_day(self, moment: datetime) -> date:
        """The city's date at an aware moment."""
        if moment.tzinfo is None:
            raise ValueError("A moment without a time zone has no date in the city.")
        return moment.astimezone(self.time_zone).date()

    def today(self) -> date:
        """The city's date now."""
        return datetime.now(self.time_zone).date()

    def due_day(self, received_at: datetime, working_days: int) -> date:
        """Last day of a deadline of so many working days from an aware moment."""
        return self.add(self.local_day(received_at), working_days)

    def due_at(self, received_at: datetime, working_days: int) -> datetime:
        """The moment at which the deadline has passed: local midnight after its last day."""
        return self.first_moment(self.due_day(received_at, working_days) + ONE_DAY)

    def first_moment(self, day: date) -> datetime:
        """The first moment of a day in the city; where the clocks skip midnight, the first one that exists."""
        moment = datetime.combine(day, time(), tzinfo=self.time_zone)
        real = moment.astimezone(ZoneInfo("UTC")).astimezone(self.time_zone)
        return real if real.date() >= day else moment
