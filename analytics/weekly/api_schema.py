"""What the OpenAPI document says about the list of weekly reports."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from analytics.weekly.counts import CASE_COUNTS, REPORT_COUNTS
from analytics.weekly.public import FEW
from reports.api.filters import LIMIT, MOST_ROWS
from reports.api.schemas import DAY, MAYBE_NUMBER, MAYBE_TEXT, PROBLEM, TEXT

Schema = dict[str, Any]

WHOLE: Schema = {"type": "integer", "minimum": 0}
MAYBE_WHOLE: Schema = {**WHOLE, "nullable": True}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
WEEK: Schema = {"type": "string", "pattern": "^[0-9]{4}-W[0-9]{2}$", "example": "2026-W47"}
REPORTS_SAID: Schema = {
    "oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "enum": [f"<{FEW}"]}],
    "nullable": True,
    "description": f"A number from 1 to {FEW - 1} is told as “<{FEW}”.",
}


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), **more}


def _figure(value: Schema) -> Schema:
    return _object({"value": value, "last_week": {**value, "nullable": True}, "four_week_mean": MAYBE_NUMBER})


FIGURES = _object(
    {
        **{name: _figure(REPORTS_SAID) for name in REPORT_COUNTS},
        **{name: _figure(WHOLE) for name in CASE_COUNTS},
        "on_time_share": _figure(MAYBE_NUMBER),
        "hotspots": _figure(WHOLE),
        "new_hotspots": _figure(MAYBE_WHOLE),
        "black_spots": _figure(WHOLE),
    },
    description="By name; `docs/weekly.md` says what each means. Others may be added.",
)
UNIT = _object(
    {"code": TEXT, "name": TEXT, **{name: WHOLE for name in CASE_COUNTS}, "on_time_share": MAYBE_NUMBER, "opened_last_week": MAYBE_WHOLE}
)
PLACE = _object(
    {
        "cell": {"type": "string", "description": "H3 cell."}, "place": TEXT, "area_code": MAYBE_TEXT, "area": MAYBE_TEXT,
        "observed": REPORTS_SAID, "expected": MAYBE_NUMBER, "ratio": MAYBE_NUMBER, "q": MAYBE_NUMBER,
        "certainty": {"type": "string", "enum": ["certain", "fairly_certain", "little_data"]},
    }
)  # fmt: skip
ITEM = _object(
    {"group": TEXT, "name": TEXT, "name_en": TEXT, "value": REPORTS_SAID, "last_week": REPORTS_SAID, "four_week_mean": MAYBE_NUMBER}
)
ANALYSIS = _object(
    {
        "first_week": WEEK, "last_week": WEEK, "window_weeks": WHOLE, "resolution": WHOLE, "domain": TEXT, "cells": WHOLE,
        "dispersion": {"type": "number"}, "alpha": {"type": "number"},
    },
    nullable=True,
)  # fmt: skip
FILE = _object({"filename": TEXT, "kind": {"type": "string", "enum": ["csv", "gpkg", "xlsx"]}, "size": WHOLE, "sha256": SHA256})
EDITION = _object(
    {
        "week": WEEK, "first_day": DAY, "last_day": DAY, "edition": {"type": "integer", "minimum": 1},
        "frozen_at": {"type": "string", "format": "date-time"}, "figures_sha256": SHA256, "figures": FIGURES,
        "units": {"type": "array", "items": UNIT, "description": "Units with activity whose border is certain."},
        "places": {"type": "array", "items": PLACE, "description": "At most five places to act on."},
        "items": {"type": "array", "items": ITEM, "description": "At most five groups of waste that reports name."},
        "analysis": ANALYSIS, "files": {"type": "array", "items": FILE},
    }
)  # fmt: skip


def _query(name: str, schema: Schema, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(PROBLEM, description)


LIST_WEEKLY_REPORTS: dict[str, Any] = {
    "operation_id": "list_weekly_reports",
    "summary": "Weekly reports, newest week first",
    "description": "Of each week the newest final edition; drafts are not public. The hash is that of all figures as frozen.",
    "tags": ["weekly reports"],
    "auth": [],
    "parameters": [
        _query("from", WEEK, "First week."),
        _query("to", WEEK, "Last week."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": LIMIT}, "Rows of a page."),
        _query("after", WEEK, "The last week of the page before; `next` has it."),
    ],
    "responses": {
        (200, "application/json"): OpenApiResponse(
            _object(
                {
                    "results": {"type": "array", "items": EDITION},
                    "next": {"type": "string", "format": "uri", "nullable": True, "description": "The next page, null on the last. The header Link says the same."},
                }
            ),
            "A page of weekly reports.",
        ),
        (200, "text/csv"): OpenApiResponse(TEXT, "A line for each week, with the figures of the city."),
        (400, "application/problem+json"): _problem("A filter is unknown or misspelt."),
        (406, "application/problem+json"): _problem("No such format."),
    },
    "examples": [
        OpenApiExample("None yet", response_only=True, status_codes=["200"], media_type="application/json", value={"results": [], "next": None})
    ],
}
