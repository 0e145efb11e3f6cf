"""GET /api/v1/search/: places, streets and units by name, with or without accents, former names too."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from reports.api import place_schemas
from reports.api.views import ApiView
from reports.geography.places import search_places
from reports.pages.report_page import LONGEST_SEARCH

DIGITS = 6  # of a degree: 11 cm


class SearchView(ApiView):
    """The few places that fit best what was typed."""

    @extend_schema(**place_schemas.SEARCH)
    def get(self, request: Request) -> Response:
        found = search_places(request.GET.get("q", "")[:LONGEST_SEARCH])
        results = [
            {"pick": one.pick, "label": one.label, "detail": one.detail, "lon": round(one.lon, DIGITS), "lat": round(one.lat, DIGITS), "guess": one.guess}
            for one in found
        ]
        return Response({"results": results}, headers={"Cache-Control": "private, max-age=300"})
