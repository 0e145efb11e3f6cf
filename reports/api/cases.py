"""GET /api/v1/cases/: what is known of each case that anybody may know.

The point is the centre of a resolution-11 cell and so is the filter by box; the time is a day and so are the filter by
time and the order: newest day first, and within a day by code, which is random. Nothing finer can be got by asking often.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
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
from reports.models import Case
from reports.public_cases import SHOWN, Key, few, in_order, key_of, public_cases, public_point

FIELDS = ("code", "status", "problem", "waste_group", "amount", "observed_on", "area", "area_name", "area_approximate", "reports", "recurs")
FILTERS = ("bbox", "from", "to", "status", "area", "limit", "after")


class CasesView(ApiView):
    """The public list of cases, newest day first."""

    renderer_classes = (GeoJSONRenderer, JSONRenderer, CSVRenderer)

    @extend_schema(**schemas.LIST_CASES)
    def get(self, request: Request) -> Response:
        filters = Filters(request.GET, FILTERS)
        (cases, after), limit = _asked(filters), filters.limit(self.most_rows)
        filters.raise_any()
        with bounded():
            page, more = page_of(in_order(cases, limit + 1, after), limit)
        following = next_address(request, page[-1].code) if more else None
        if request.accepted_renderer.format == CSVRenderer.format:
            return link_next(Response(_table(page)), following)
        features = [{"type": "Feature", "id": case.code, "geometry": _geometry(case), "properties": _properties(case)} for case in page]
        return link_next(Response({"type": "FeatureCollection", "features": features, "next": following}), following)


def _asked(filters: Filters) -> tuple[QuerySet[Case], Key | None]:
    """The cases that the filters ask for, in no order, and the key of the row after which the page begins."""
    cases = public_cases().filter(status__in=filters.choices("status", SHOWN) or SHOWN)
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
        key = key_of(after)
        if key is None:
            filters.errors["after"] = [_("There is no such case.")]
    return cases, key


def _properties(case: Any) -> dict[str, Any]:
    observed_on = settings.CITY.calendar.local_day(case.observed_at).isoformat()
    values = (
        case.code, case.status, case.problem, case.waste_group or None, case.amount, observed_on, case.area_code,
        case.area_full_name or case.area_name, case.area_approximate, few(case.sent), case.recurs_of_id is not None,
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def _geometry(case: Case) -> dict[str, Any] | None:
    point = public_point(case)
    return point and {"type": "Point", "coordinates": list(point)}


def _table(cases: list[Any]) -> Table:
    def row(case: Any) -> list[Any]:
        return [*_properties(case).values(), *(public_point(case) or (None, None))]

    return Table((*FIELDS, "lon", "lat"), [row(case) for case in cases])
