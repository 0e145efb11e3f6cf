"""GET /api/v1/cases/: what is known of each case that anybody may know.

The point is the centre of a resolution-11 cell and so is the filter by box; the time is a day and so are the filter by
time and the order: newest day first, and within a day by code, which is random. Nothing finer can be got by asking often.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from reports.api import schemas
from reports.api.filters import Filters
from reports.api.formats import CSVRenderer, GeoJSONRenderer, Table
from reports.api.paging import bounded, link_next, next_address, page_of
from reports.api.views import ApiView
from reports.models import Case, Report
from reports.models.case import NOT_WASTE, Status

SHOWN = [status.value for status in Status if status not in NOT_WASTE]
FEW = 5  # fewer reports than this are not told exactly, lest they tell who sent them
FIELDS = ("code", "status", "problem", "waste_group", "amount", "observed_on", "area", "area_name", "area_approximate", "reports", "recurs")
FILTERS = ("bbox", "from", "to", "status", "area", "limit", "after")


class CasesView(ApiView):
    """The public list of cases, newest day first."""

    renderer_classes = (GeoJSONRenderer, JSONRenderer, CSVRenderer)

    @extend_schema(**schemas.LIST_CASES)
    def get(self, request: Request) -> Response:
        filters = Filters(request.GET, FILTERS)
        (cases, after), limit = _asked(filters), filters.limit()
        filters.raise_any()
        with bounded():
            page, more = page_of(_in_order(cases, limit + 1, after), limit)
        following = next_address(request, page[-1].code) if more else None
        if request.accepted_renderer.format == CSVRenderer.format:
            return link_next(Response(_table(page)), following)
        features = [{"type": "Feature", "id": case.code, "geometry": _geometry(case), "properties": _properties(case)} for case in page]
        return link_next(Response({"type": "FeatureCollection", "features": features, "next": following}), following)


Key = tuple[date, str]  # of a row in the list: the local day of the case and its code


def _asked(filters: Filters) -> tuple[QuerySet[Case], Key | None]:
    """The cases that the filters ask for, in no order, and the key of the row after which the page begins."""
    cases = Case.objects.filter(status__in=filters.choices("status", SHOWN) or SHOWN)
    if box := filters.bbox():
        cases = cases.filter(public_location__within=box)
    begin, end = filters.days(settings.CITY.tz)
    if begin:
        cases = cases.filter(observed_at__gte=begin)
    if end:
        cases = cases.filter(observed_at__lt=end)
    if areas := filters.codes("area"):
        cases = cases.filter(area__code__in=areas)
    key = None
    if after := filters.text("after", "[0-9A-Z]{10}", _("Give the code of the last case of the page before.")):
        last = Case.objects.filter(code=after).values_list("observed_at", flat=True).first()
        if last is None:
            filters.errors["after"] = [_("There is no such case.")]
        else:
            key = settings.CITY.calendar.local_day(last), after
    return cases, key


def _in_order(cases: QuerySet[Case], number: int, after: Key | None) -> list[Any]:
    """The first so many of these cases after a key, by day (newest first) and code.

    The index knows the order of times, not that of days and codes. So the row that is `number` rows further on by time tells
    the day at which reading can stop: only the cases of the page, and of the days at its two ends, are read and sorted.
    """
    calendar = settings.CITY.calendar
    if after:
        day, code = after
        begin, end = calendar.first_moment(day), calendar.first_moment(day + timedelta(days=1))
        # The first condition says nothing new, but lets the index begin where the page does.
        cases = cases.filter(observed_at__lt=end).filter(Q(observed_at__lt=begin) | Q(code__gt=code))
    furthest = cases.order_by("-observed_at", "-id").values_list("observed_at", flat=True)[number - 1 : number].first()
    if furthest is not None:
        cases = cases.filter(observed_at__gte=calendar.first_moment(calendar.local_day(furthest)))
    by_day = TruncDate("observed_at", tzinfo=settings.CITY.tz)
    return list(_told(cases).order_by(by_day.desc(), "code")[:number])


def _told(cases: QuerySet[Case]) -> QuerySet[Any]:
    """The same with what the list says of each beside its own columns."""
    sent = Report.objects.filter(case=OuterRef("pk")).order_by().values("case").annotate(n=Count("pk")).values("n")
    return (
        cases.annotate(sent=Subquery(sent, output_field=IntegerField()))
        .annotate(area_code=F("area__code"), area_name=F("area__name"), area_full_name=F("area__full_name"), area_approximate=F("area__approximate"))
        .defer("location")
    )


def few(count: int | None) -> int | str:
    """A count of reports as the public may know it."""
    return count if count is not None and count >= FEW else f"<{FEW}"


def _properties(case: Any) -> dict[str, Any]:
    observed_on = case.observed_at.astimezone(settings.CITY.tz).date().isoformat()
    values = (
        case.code, case.status, case.problem, case.waste_group or None, case.amount, observed_on, case.area_code,
        case.area_full_name or case.area_name, case.area_approximate, few(case.sent), case.recurs_of_id is not None,
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def _geometry(case: Case) -> dict[str, Any] | None:
    point = case.public_location
    return point and {"type": "Point", "coordinates": [round(point.x, 6), round(point.y, 6)]}


def _table(cases: list[Any]) -> Table:
    def row(case: Any) -> list[Any]:
        point = case.public_location
        return [*_properties(case).values(), *((round(point.x, 6), round(point.y, 6)) if point else (None, None))]

    return Table((*FIELDS, "lon", "lat"), [row(case) for case in cases])
