"""Which cases anybody may see, and in which order: one question for the pages, their files and the open interface.

Public is: the centre of the case's cell of resolution 11, days instead of times, and no exact count of reports below
five. Cases that were refused, merged or withdrawn are not shown. Lists are by day and, within a day, by code, which is
random: neither the order nor where a page ends tells the hour.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate

from reports.models import Case, Cleanup, Report
from reports.models.case import NOT_WASTE, Status

SHOWN = [status.value for status in Status if status not in NOT_WASTE]
CLEAN = (Status.CLEANED, Status.VERIFIED)
FEW = 5  # fewer reports than this are not told exactly, lest they tell who sent them

Key = tuple[date, str]  # of a row in a list: the local day of the case and its code


def public_cases() -> QuerySet[Case]:
    """All cases that anybody may see, in no order. One that only held reports tell of waits until a person has looked."""
    return Case.objects.filter(status__in=SHOWN).not_only_held()


def is_few(count: int | None) -> bool:
    """Whether a count of reports is too small to be told exactly."""
    return count is None or count < FEW


def few(count: int | None) -> int | str:
    """A count of reports as files and programs are told it."""
    return f"<{FEW}" if count is None or count < FEW else count


def public_point(case: Case) -> tuple[float, float] | None:
    """Longitude and latitude that may be told, in degrees, to a tenth of a metre; None where only the area is known."""
    point = case.public_location
    return (round(point.x, 6), round(point.y, 6)) if point else None


def local_day(moment: datetime | None) -> date | None:
    """The day of a moment by the city's clocks: all that is told of it."""
    return moment and settings.CITY.calendar.local_day(moment)


def key_of(code: str, moment: str = "observed_at") -> Key | None:
    """The key of the case with this code in a list by the days of `moment`, None when there is none.

    Also of a case that was merged or refused meanwhile: whoever is at its page goes on from there.
    """
    last = Case.objects.filter(code=code).values_list(moment, flat=True).first()
    return last and (settings.CITY.calendar.local_day(last), code)


def in_order(cases: QuerySet[Case], number: int, after: Key | None = None, moment: str = "observed_at") -> list[Any]:
    """The first so many of these cases after a key, by day of `moment` (newest first) and code.

    The index knows the order of times, not that of days and codes. So the row that is `number` rows further on by time tells
    the day at which reading can stop: only the cases of the page, and of the days at its two ends, are read and sorted.
    """
    calendar = settings.CITY.calendar
    if after:
        day, code = after
        begin, end = calendar.first_moment(day), calendar.first_moment(day + timedelta(days=1))
        # The first condition says nothing new, but lets the index begin where the page does.
        cases = cases.filter(**{f"{moment}__lt": end}).filter(Q(**{f"{moment}__lt": begin}) | Q(code__gt=code))
    furthest = cases.order_by(f"-{moment}", "-id").values_list(moment, flat=True)[number - 1 : number].first()
    if furthest is not None:
        cases = cases.filter(**{f"{moment}__gte": calendar.first_moment(calendar.local_day(furthest))})
    return list(by_day(told(cases), moment)[:number])


def by_day(cases: QuerySet[Case], moment: str = "observed_at") -> QuerySet[Case]:
    """The same cases, newest day first, within a day by code."""
    return cases.order_by(TruncDate(moment, tzinfo=settings.CITY.tz).desc(), "code")


def told(cases: QuerySet[Case]) -> QuerySet[Any]:
    """The same with what is told of each beside its own columns, and without its exact point.

    `sent`: how many reports it has. `area_…`: its unit. `nothing_found`: whether the last visit found no waste.
    """
    sent = Report.objects.filter(case=OuterRef("pk")).order_by().values("case").annotate(n=Count("pk")).values("n")
    visit = Cleanup.objects.filter(case=OuterRef("pk")).order_by("-at", "-id").values("nothing_found")
    return (
        cases.annotate(sent=Subquery(sent, output_field=IntegerField()))
        .annotate(nothing_found=Coalesce(Subquery(visit[:1], output_field=BooleanField()), Value(False)))
        .annotate(area_code=F("area__code"), area_name=F("area__name"), area_full_name=F("area__full_name"), area_approximate=F("area__approximate"))
        .defer("location")
    )


