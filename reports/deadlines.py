"""Until when a case should be done: working days by kind and amount, from the city's table or else from its one figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.conf import settings

from reports.models import Deadline


def deadlines() -> Callable[[datetime, str, str], datetime]:
    """The table as it is now: a function of the moment of receipt, the problem and the amount, which gives the moment
    at which the deadline has passed. The line for both wins over one for the problem, and that over one for the amount."""
    lines = {(line.problem, line.amount): line.working_days for line in Deadline.objects.all()}
    calendar, else_days = settings.CITY.calendar, settings.CITY.deadline_working_days
    known: dict[tuple[date, int], datetime] = {}

    def due_at(received_at: datetime, problem: str, amount: str) -> datetime:
        fitting = (lines[key] for key in ((problem, amount), (problem, ""), ("", amount), ("", "")) if key in lines)
        days = next(fitting, else_days)
        key = (calendar.local_day(received_at), days)
        if key not in known:
            known[key] = calendar.due_at(received_at, days)
        return known[key]

    return due_at
