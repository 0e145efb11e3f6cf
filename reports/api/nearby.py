"""GET /api/v1/nearby/: the open cases around a point, so that a resident can say: yes, this one."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from reports.api import place_schemas
from reports.api.asked_point import asked_point
from reports.api.views import ApiView
from reports.nearby import open_cases_near


class NearbyView(ApiView):
    """At most three cards. Places are as coarse as on the public map."""

    @extend_schema(**place_schemas.NEARBY)
    def get(self, request: Request) -> Response:
        cases = [
            {
                "code": near.code, "words": near.words, "status_words": near.status_words, "photo": near.photo or None,
                "distance_m": near.distance_m, "url": near.url,
            }
            for near in open_cases_near(asked_point(request).point)
        ]  # fmt: skip
        return Response({"cases": cases}, headers={"Cache-Control": "no-store"})
