"""GET /api/v1/where/: a point in words, whether a report from there is taken, and what the city says about the place."""

from __future__ import annotations

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from citylab.cities.pack import city_pack
from reports.api import place_schemas
from reports.api.asked_point import asked_point
from reports.api.views import ApiView
from reports.chosen_place import ChosenPlace, coarse_words, error_words, refusals_of
from reports.geography.area_index import areas_index
from reports.geography.place_names import area_label, first_capital
from reports.geography.places import place_in_words
from reports.models.report import LocationSource
from reports.pages.report_page import notices_at


class WhereView(ApiView):
    """Names a point. Nothing about the question is kept."""

    @extend_schema(**place_schemas.WHERE)
    def get(self, request: Request) -> Response:
        asked = asked_point(request)
        source = LocationSource.GPS.value if asked.accuracy_m is not None else LocationSource.MAP.value
        place = ChosenPlace("", location=asked.point, accuracy_m=asked.accuracy_m, source=source)
        refused = [sentence for sentences in refusals_of(place).values() for sentence in sentences]
        if refused:
            sentence = " ".join(dict.fromkeys(refused))
        else:
            sentence = coarse_words(asked.accuracy_m or 0) if place.is_coarse else error_words(asked.accuracy_m)
        body = {
            "words": place_in_words(asked.point), "area": _area(asked.point), "accepted": not refused, "sentence": sentence,
            "notices": notices_at(asked.point),
        }  # fmt: skip
        return Response(body, headers={"Cache-Control": "no-store"})


def _area(point: tuple[float, float]) -> dict[str, str] | None:
    row = areas_index().rows.get(int(areas_index().locate(*point).area_id[0]))
    city = city_pack()
    return {"code": row.code, "name": first_capital(area_label(row, get_language() or city.language, city))} if row else None
