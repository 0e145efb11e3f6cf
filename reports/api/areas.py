"""GET /api/v1/areas/: the units and overlays of the city on a day, with their borders."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from reports.api import schemas
from reports.api.filters import Filters
from reports.api.formats import CSVRenderer, GeoJSONRenderer, Table
from reports.api.freshness import answered_before, fingerprint, marked
from reports.api.paging import bounded, link_next, next_address, page_of
from reports.api.views import ApiView
from reports.models import Area

FIELDS = ("layer", "kind", "code", "name", "full_name", "name_en", "aliases", "area_km2", "approximate", "valid_from", "valid_to")
FILTERS = ("bbox", "on", "layer", "area", "limit", "after")
DIGITS = 6  # of a degree: 11 cm


class AreasView(ApiView):
    """The public list of areas, by layer and code."""

    renderer_classes = (GeoJSONRenderer, JSONRenderer, CSVRenderer)

    @extend_schema(**schemas.LIST_AREAS)
    def get(self, request: Request) -> HttpResponseBase:
        filters = Filters(request.GET, FILTERS)
        day = filters.day("on") or settings.CITY.calendar.today()
        areas, limit = _asked(filters, day), filters.limit(self.most_rows)
        filters.raise_any()
        mark = fingerprint("reports_area", request, day)
        if (unchanged := answered_before(request, mark)) is not None:
            return unchanged
        with bounded():
            page, more = page_of(list(areas[: limit + 1]), limit)
        following = next_address(request, f"{page[-1].layer}:{page[-1].code}") if more else None
        if request.accepted_renderer.format == CSVRenderer.format:
            table = Table((*FIELDS, "seat_lon", "seat_lat"), [_row(area) for area in page])
            return marked(link_next(Response(table), following), mark)
        features = [
            {"type": "Feature", "id": f"{area.layer}:{area.code}", "geometry": json.loads(area.border), "properties": _properties(area)}
            for area in page
        ]
        return marked(link_next(Response({"type": "FeatureCollection", "features": features, "next": following}), following), mark)


def _asked(filters: Filters, day: date) -> QuerySet[Area]:
    areas = Area.objects.current(day)
    if box := filters.bbox():
        areas = areas.filter(polygon__intersects=box)
    if layers := filters.choices("layer", Area.Layer.values):
        areas = areas.filter(layer__in=layers)
    if codes := filters.codes("area"):
        areas = areas.filter(code__in=codes)
    if after := filters.text("after", r"[a-z]{1,10}:[\w-]{1,40}", _("Give the id of the last area of the page before.")):
        layer, code = after.split(":")
        areas = areas.filter(Q(layer__gt=layer) | Q(layer=layer, code__gt=code))
    return areas.annotate(border=AsGeoJSON("polygon", precision=DIGITS)).defer("polygon").order_by("layer", "code")


def _properties(area: Area) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value := getattr(area, name), date) else value for name in FIELDS}


def _row(area: Area) -> list[Any]:
    values = ["; ".join(value) if isinstance(value, list) else value for value in _properties(area).values()]
    return [*values, *((round(area.seat.x, DIGITS), round(area.seat.y, DIGITS)) if area.seat else (None, None))]
