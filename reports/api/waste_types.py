"""GET /api/v1/waste-types/: the taxonomy, with the codes by which other programmes know each row."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from reports.api import schemas
from reports.api.filters import Filters
from reports.api.formats import CSVRenderer, Table
from reports.api.freshness import answered_before, fingerprint, marked
from reports.api.views import ApiView
from reports.models import WasteType

# `resident`: one of the dozen that a resident chooses from. Codes of one list in one column, separated by spaces.
FIELDS = ("code", "group", "name", "name_en", "unep", "g_code", "ospar", "taco", "mean_mass_g", "hazard", "resident", "active")


class WasteTypesView(ApiView):
    """The public list of waste types, in the order of the form."""

    renderer_classes = (JSONRenderer, CSVRenderer)

    @extend_schema(**schemas.LIST_WASTE_TYPES)
    def get(self, request: Request) -> HttpResponseBase:
        Filters(request.GET, ()).raise_any()
        mark = fingerprint("reports_wastetype", request)
        if (unchanged := answered_before(request, mark)) is not None:
            return unchanged
        rows: list[dict[str, Any]] = list(WasteType.objects.values(*FIELDS))
        if request.accepted_renderer.format == CSVRenderer.format:
            return marked(Response(Table(FIELDS, [list(row.values()) for row in rows])), mark)
        return marked(Response({"results": rows, "next": None}), mark)
