"""The cases behind a figure of some weeks: new, cleaned, due, done in time, open at the end. What a page counts, it lists.

Only cases that anybody may see today. The frozen editions of the weekly report count what was known when they were made;
here a case that was merged or refused since is gone from both the figure and its list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.models import Case, CaseEvent
from reports.models.case import NOT_WASTE, OPEN, Status
from reports.public_cases import CLEAN
from reports.state_at import week_moments, with_state_at

MOST_WEEKS = 53

# What the address calls each figure, and what its list is called.
FIGURES: dict[str, Promise] = {
    "opened": _("New waste sites"),
    "cleaned": _("Cleaned, with photo"),
    "nothing_found": _("Looked at, nothing found"),
    "open": _("Open at the end"),
    "overdue": _("Overdue at the end"),
    "due": _("Due"),
    "on_time": _("Cleaned in time"),
}


@dataclass(frozen=True)
class Weeks:
    """Whole weeks by the city's clocks: `count` of them, ending with the one of the Monday `last`."""

    last: date
    count: int = 1

    @property
    def first(self) -> date:
        """Monday of the first week."""
        return self.last - timedelta(weeks=self.count - 1)

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.last + timedelta(days=6)

    @property
    def start(self) -> datetime:
        """The first moment that belongs to them."""
        return week_moments(self.first)[0]

    @property
    def end(self) -> datetime:
        """The first moment after them."""
        return week_moments(self.last)[1]


def behind(figure: str, cases: QuerySet[Case], weeks: Weeks) -> QuerySet[Case]:
    """Of these cases, the ones that `figure` (a key of FIGURES) counts in these weeks. Raises KeyError for another name."""
    return _BEHIND[figure](cases, weeks)


def _opened(cases: QuerySet[Case], weeks: Weeks) -> QuerySet[Case]:
    return cases.filter(counts=True, observed_at__gte=weeks.start, observed_at__lt=weeks.end)


def _done(cases: QuerySet[Case], weeks: Weeks, nothing_found: bool) -> QuerySet[Case]:
    visits = CaseEvent.objects.filter(case=OuterRef("pk"), kind=CaseEvent.Kind.CLEANED, at__gte=weeks.start, at__lt=weeks.end)
    empty = Q(details__contains={"nothing_found": True})  # unlike a comparison, false where nothing is said of it
    return cases.filter(Exists(visits.filter(empty) if nothing_found else visits.exclude(empty)))


def _open_at_end(cases: QuerySet[Case], weeks: Weeks, overdue: bool) -> QuerySet[Case]:
    # Clean since before the end: not open then. Said first, because the index on cleaned_at answers it.
    maybe = cases.filter(observed_at__lt=weeks.end).filter(Q(status__in=OPEN) | Q(status__in=CLEAN, cleaned_at__gte=weeks.end))
    found = with_state_at(maybe, weeks.end).filter(state_then__in=OPEN)
    return found.filter(due_at__lte=weeks.end).exclude(state_then=Status.ON_HOLD) if overdue else found


def _due(cases: QuerySet[Case], weeks: Weeks, on_time: bool) -> QuerySet[Case]:
    fell = Q(due_at__gt=weeks.start, due_at__lte=weeks.end)
    # Each half has an index of its own: deadlines of open cases, and those of clean ones.
    due = cases.filter((Q(status__in=OPEN) & fell) | (Q(status__in=CLEAN) & fell), observed_at__lt=weeks.end)
    found = with_state_at(due, F("due_at"))
    if on_time:
        return found.filter(state_then__in=[Status.CLEANED, Status.VERIFIED])
    return found.exclude(state_then__in=NOT_WASTE)


_BEHIND: dict[str, Callable[[QuerySet[Case], Weeks], QuerySet[Case]]] = {
    "opened": _opened,
    "cleaned": lambda cases, weeks: _done(cases, weeks, nothing_found=False),
    "nothing_found": lambda cases, weeks: _done(cases, weeks, nothing_found=True),
    "open": lambda cases, weeks: _open_at_end(cases, weeks, overdue=False),
    "overdue": lambda cases, weeks: _open_at_end(cases, weeks, overdue=True),
    "due": lambda cases, weeks: _due(cases, weeks, on_time=False),
    "on_time": lambda cases, weeks: _due(cases, weeks, on_time=True),
}
