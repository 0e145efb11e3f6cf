"""In which state cases were at a moment, read backwards from today: what an edition counted can be listed later on.

The state just before a moment is the one that the case's first later event started from, or today's when no event is
later. Cases without history, which another system may have brought, are read from their times.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Case as Choose
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from reports.models import Case, CaseEvent
from reports.models.case import NOT_WASTE, OPEN, RUNNING, Status

Moment = datetime | F


def week_moments(monday: date) -> tuple[datetime, datetime]:
    """The first moment of a week by the city's clocks, and the first one after it."""
    calendar = settings.CITY.calendar
    return calendar.first_moment(monday), calendar.first_moment(monday + timedelta(weeks=1))


def with_state_at(cases: QuerySet[Case], moment: Moment, name: str = "state_then") -> QuerySet[Case]:
    """The same cases, each with its state just before `moment` (a time, or the name of a column of the case)."""
    outer = OuterRef(moment.name) if isinstance(moment, F) else moment
    later = CaseEvent.objects.filter(case=OuterRef("pk"), at__gte=outer).order_by("at", "id")
    return cases.annotate(
        had_later=Exists(later),
        came_from=Subquery(later.values("from_status")[:1]),
        **{
            name: Choose(
                When(had_later=True, then=Coalesce(NullIf(F("came_from"), Value("")), Value(Status.NEW.value))),
                When(closed_at__gte=moment, then=Value(Status.NEW.value)),
                When(verified_at__gte=moment, then=Value(Status.CLEANED.value)),
                default=F("status"),
                output_field=CharField(),
            )
        },
    )


def open_at_end_of(cases: QuerySet[Case], monday: date, *, overdue: bool = False) -> QuerySet[Case]:
    """Cases that were open when a week ended; with `overdue`, those whose deadline had passed by then."""
    _start, end = week_moments(monday)
    found = with_state_at(cases.filter(observed_at__lt=end), end)
    return found.filter(state_then__in=RUNNING, due_at__lte=end) if overdue else found.filter(state_then__in=OPEN)


def due_in(cases: QuerySet[Case], monday: date, *, on_time: bool = False) -> QuerySet[Case]:
    """Cases whose deadline fell into a week; with `on_time`, those that were clean by then."""
    start, end = week_moments(monday)
    found = with_state_at(cases.filter(due_at__gt=start, due_at__lte=end, observed_at__lt=end), F("due_at"))
    if on_time:
        return found.filter(state_then__in=[Status.CLEANED, Status.VERIFIED])
    return found.exclude(state_then__in=NOT_WASTE)


def counted_at_end_of(cases: QuerySet[Case], monday: date) -> QuerySet[Case]:
    """Cases that were neither refused nor merged when a week ended."""
    _start, end = week_moments(monday)
    return with_state_at(cases, end).exclude(state_then__in=NOT_WASTE)


def with_event(cases: QuerySet[Case], event: str, monday: date) -> QuerySet[Case]:
    """Cases to which something happened in a week: a kind of CaseEvent, where `cleaned` and `nothing_found` are apart."""
    start, end = week_moments(monday)
    kind = CaseEvent.Kind.CLEANED if event == "nothing_found" else event
    happened = CaseEvent.objects.filter(case=OuterRef("pk"), kind=kind, at__gte=start, at__lt=end)
    if event == "nothing_found":
        happened = happened.filter(details__nothing_found=True)
    elif event == CaseEvent.Kind.CLEANED:
        happened = happened.exclude(details__contains={"nothing_found": True})  # a comparison would drop lines that say nothing of it
    return cases.filter(Exists(happened))


EVENTS = (*CaseEvent.Kind.values, "nothing_found")
