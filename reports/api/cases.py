"""GET /api/v1/cases/: what is known of each case that anybody may know.

The point is the centre of a resolution-11 cell and so is the filter by box; the time is a day and so is the filter by
time. Nothing finer can be got by asking often.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
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
    """The public list of cases, newest first."""

    renderer_classes = (GeoJSONRenderer, JSONRenderer, CSVRenderer)

    @extend_schema(**schemas.LIST_CASES)
    def get(self, request: Request) -> Response:
        filters = Filters(request.GET, FILTERS)
        cases, limit = _asked(filters), filters.limit()
        filters.raise_any()
        with bounded():
            page, more = page_of(list(cases[: limit + 1]), limit)
        following = next_address(request, page[-1].code) if more else None
        if request.accepted_renderer.format == CSVRenderer.format:
            return link_next(Response(_table(page)), following)
        features = [{"type": "Feature", "id": case.code, "geometry": _geometry(case), "properties": _properties(case)} for case in page]
        return link_next(Response({"type": "FeatureCollection", "features": features, "next": following}), following)


def _asked(filters: Filters) -> QuerySet[Case]:
    """The cases that the filters ask for, newest first."""
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
    if after := filters.text("after", "[0-9A-Z]{10}", _("Give the code of the last case of the page before.")):
        last = Case.objects.filter(code=after).values_list("observed_at", "id").first()
        if last is None:
            filters.errors["after"] = [_("There is no such case.")]
        else:
            # The first condition says nothing new, but lets the index begin where the page does.
            cases = cases.filter(observed_at__lte=last[0]).filter(Q(observed_at__lt=last[0]) | Q(id__lt=last[1]))
    sent = Report.objects.filter(case=OuterRef("pk")).order_by().values("case").annotate(n=Count("pk")).values("n")
    return (
        cases.annotate(sent=Subquery(sent, output_field=IntegerField()))
        .annotate(area_code=F("area__code"), area_name=F("area__name"), area_full_name=F("area__full_name"), area_approximate=F("area__approximate"))
        .defer("location")
        .order_by("-observed_at", "-id")
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
