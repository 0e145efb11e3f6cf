"""What the OpenAPI document says about the questions on places: where, search, nearby."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from reports.api import examples
from reports.api.schemas import MAYBE_TEXT, TEXT, Schema, _object, _problems, _query

LON = OpenApiParameter("lon", {"type": "number", "minimum": -180, "maximum": 180, "example": examples.POINT[0]}, OpenApiParameter.QUERY, required=True, description="Degrees, WGS 84.")
LAT = OpenApiParameter("lat", {"type": "number", "minimum": -90, "maximum": 90, "example": examples.POINT[1]}, OpenApiParameter.QUERY, required=True, description="Degrees, WGS 84.")


def _answer(found: Schema, description: str) -> dict[Any, Any]:
    return {(200, "application/json"): OpenApiResponse(found, description), **_problems(s400="Not a position on Earth.", s406="JSON only.")}


WHERE: dict[str, Any] = {
    "operation_id": "where",
    "summary": "A point in words",
    "tags": ["places"],
    "auth": [],
    "parameters": [LON, LAT, _query("accuracy_m", {"type": "number", "minimum": 0}, "How far off the device says it may be, metres.")],
    "responses": _answer(
        _object(
            {
                "words": {**TEXT, "description": "Nearest known place and unit; far outside the city the coordinates."},
                "area": {**_object({"code": TEXT, "name": TEXT}), "nullable": True},
                "accepted": {"type": "boolean", "description": "Whether a report from there is taken."},
                "sentence": {**TEXT, "description": "Why it is not taken, or how far off the position may be."},
                "notices": {"type": "array", "items": _object({"title": TEXT, "text": TEXT})},
            }
        ),
        "What is known of the point, in the language of Accept-Language.",
    ),
}

SEARCH: dict[str, Any] = {
    "operation_id": "search_places",
    "summary": "Places, streets and units by name",
    "tags": ["places"],
    "auth": [],
    "parameters": [_query("q", TEXT, "A name or part of it, two letters or more; accents may be left out, former names are known.")],
    "responses": _answer(
        _object(
            {
                "results": {
                    "type": "array",
                    "maxItems": 8,
                    "items": _object(
                        {
                            "pick": {"type": "string", "pattern": "^(place|area):", "description": "`place:CODE` or `area:CODE`."},
                            "label": TEXT,
                            "detail": {**TEXT, "description": "The unit it is in, or the former name that was typed."},
                            "lon": {"type": "number"},
                            "lat": {"type": "number"},
                            "guess": {"type": "boolean", "description": "Nothing is called so; this is a name like it."},
                        }
                    ),
                }
            }
        ),
        "The best first.",
    ),
}

NEARBY: dict[str, Any] = {
    "operation_id": "nearby_cases",
    "summary": "Open cases around a point",
    "description": "At most three. A case is near when the hexagon of its public point lies within 50 m: nothing finer than the public list can be learnt.",
    "tags": ["cases"],
    "auth": [],
    "parameters": [LON, LAT],
    "responses": _answer(
        _object(
            {
                "cases": {
                    "type": "array",
                    "maxItems": 3,
                    "items": _object(
                        {
                            "code": TEXT,
                            "words": TEXT,
                            "status_words": TEXT,
                            "photo": {**MAYBE_TEXT, "description": "Address of its published photo."},
                            "distance_m": {"type": "integer", "description": "To the public point, in tens of metres."},
                            "url": TEXT,
                        }
                    ),
                }
            }
        ),
        "The nearest first.",
    ),
}
