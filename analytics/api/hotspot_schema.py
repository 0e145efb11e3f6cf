"""What the OpenAPI document says about the list of hotspots."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from analytics.tile_layers import FEW
from reports.api import examples
from reports.api.filters import LIMIT, MAX_SPAN_DEGREES, MOST_ROWS
from reports.api.schemas import DAY, MAYBE_NUMBER, MAYBE_TEXT, PROBLEM, TEXT

Schema = dict[str, Any]

CLASSES = ("hot", "reported")
CERTAINTIES = ("certain", "fairly_certain", "little_data")
CELL: Schema = {"type": "string", "pattern": "^[0-9a-f]{15}$", "description": "H3 cell."}
WEEK: Schema = {"type": "string", "example": "2026-W47", "description": "ISO week, Monday first, by the city's clocks."}
COUNT: Schema = {
    "oneOf": [{"type": "integer", "minimum": FEW}, {"type": "string", "enum": [f"<{FEW}"]}],
    "description": f"A number below {FEW} is told as “<{FEW}”.",
}


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), **more}


PROPERTIES = _object(
    {
        "cell": CELL,
        "class": {"type": "string", "enum": list(CLASSES), "description": "hot: more cases than chance explains. reported: there are cases."},
        "certainty": {"type": "string", "enum": list(CERTAINTIES), "nullable": True, "description": "Of a hot cell."},
        "place": {"type": "string", "description": "A hot cell's place in words."},
        "area": {**MAYBE_TEXT, "description": "Code of a hot cell's unit, where borders are known."},
        "first_week": WEEK,
        "last_week": WEEK,
        "cases": {**COUNT, "description": f"Cases in the cell in these weeks; “<{FEW}” below {FEW}."},
        "observed": {"type": "integer", "nullable": True, "description": "Cases in a hot cell and its six neighbours."},
        "expected": {**MAYBE_NUMBER, "description": "What a hot cell and its neighbours would have if all tested cells were alike."},
        "ratio": MAYBE_NUMBER,
        "p": {**MAYBE_NUMBER, "description": "Probability of so many or more by chance alone."},
        "q": {**MAYBE_NUMBER, "description": "Smallest false-discovery rate at which the cell would be hot."},
    }
)
_FEATURE = _object(
    {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": CELL,
        "geometry": _object({"type": {"type": "string", "enum": ["Polygon"]}, "coordinates": {"type": "array", "items": {}}}),
        "properties": PROPERTIES,
    }
)
ANALYSIS = _object(
    {
        "run": {"type": "integer"},
        "last_week": WEEK,
        "window_weeks": {"type": "integer"},
        "resolution": {"type": "integer", "description": "H3 resolution of the cells."},
        "cells": {"type": "integer", "description": "How many cells were tested."},
        "alpha": {"type": "number", "description": "False-discovery rate."},
        "dispersion": {"type": "number", "description": "Variance / mean of weekly counts within cells."},
        "data_until": DAY,
    },
    nullable=True,
    description="The analysis that the rows are from; null while there is none.",
)
COLLECTION = _object(
    {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "analysis": ANALYSIS,
        "features": {"type": "array", "items": _FEATURE},
        "next": {"type": "string", "format": "uri", "nullable": True, "description": "The next page, null on the last. The header Link says the same."},
    }
)


def _query(name: str, schema: Schema, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


LIST_HOTSPOTS: dict[str, Any] = {
    "operation_id": "list_hotspots",
    "summary": "Hotspots of an analysis",
    "description": (
        "The cells with more cases than chance explains, after false-discovery control. Cells that are not listed were not "
        "reported from: that does not make them clean. All pages of a list are of one analysis."
    ),
    "tags": ["hotspots"],
    "auth": [],
    "parameters": [
        _query("bbox", {"type": "string", "example": examples.BBOX}, f"West, south, east, north in degrees, at most {MAX_SPAN_DEGREES:g} apart."),
        _query("week", {"type": "string", "example": "2026-W47"}, "Last week of the analysis, or a day in it; by default the newest with cases."),
        _query("class", {"type": "string", "enum": list(CLASSES)}, "hot, reported, or both separated by a comma; by default hot."),
        _query("area", TEXT, "Codes of areas, separated by commas; finds hot cells only."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": LIMIT}, "Rows of a page."),
        _query("after", TEXT, "Analysis and last cell of the page before; `next` has it."),
    ],
    "responses": {
        **{(200, kind): OpenApiResponse(COLLECTION, "A page of hotspots.") for kind in ("application/geo+json", "application/json")},
        (200, "text/csv"): OpenApiResponse(TEXT, "The same without outlines; longitude and latitude are the cell's centre."),
        304: OpenApiResponse(None, "Nothing changed since the ETag that was sent."),
        (400, "application/problem+json"): OpenApiResponse(PROBLEM, "A filter is unknown, misspelt or too wide."),
        (406, "application/problem+json"): OpenApiResponse(PROBLEM, "No such format."),
    },
    "examples": [
        OpenApiExample(
            "None yet",
            response_only=True,
            status_codes=["200"],
            media_type="application/geo+json",
            value={"type": "FeatureCollection", "analysis": None, "features": [], "next": None},
        )
    ],
}  # fmt: skip
