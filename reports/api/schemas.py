"""What the OpenAPI document says about each address: JSON Schema and examples, kept beside each other."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from reports.api import examples
from reports.api.filters import LIMIT, MAX_SPAN_DEGREES, MOST_ROWS
from reports.contacts import PURPOSES
from reports.models.case import NOT_WASTE, Status
from reports.models.report import Amount, Channel, LocationSource, Problem
from reports.photos.limits import MAX_POSITIONS
from reports.rules import MAX_PHOTOS, MAX_TEXT

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": "string", "nullable": True}
MAYBE_NUMBER: Schema = {"type": "number", "nullable": True}
DAY: Schema = {"type": "string", "format": "date"}


def _object(properties: dict[str, Schema], required: list[str] | None = None, **more: Any) -> Schema:
    """An object; all of its members are required unless some are named."""
    required = list(properties) if required is None else required
    return {"type": "object", "properties": properties, **({"required": required} if required else {}), **more}


def _may_be_null(schema: Schema) -> Schema:
    """null is “not said”, like a member that is missing."""
    return {**schema, "nullable": True, **({"enum": [*schema["enum"], None]} if "enum" in schema else {})}


PROBLEM = _object(
    {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": TEXT},
            "description": "Sentences by field, in the language of Accept-Language.",
        },
        "codes": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": TEXT},
            "description": "The same reasons as stable codes.",
        },
        "code": {"type": "string", "description": "The reason as a stable code."},
        "receipt": {"type": "string", "format": "uri"},
    },
    ["type", "title", "status"],
    description="RFC 9457 problem details.",
)


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(PROBLEM, description)


def _problems(**descriptions: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Problem documents by status: `_problems(s400="…")`."""
    return {(int(status[1:]), "application/problem+json"): _problem(text) for status, text in descriptions.items()}


POINT = _object(
    {
        "type": {"type": "string", "enum": ["Point"]},
        "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3, "description": "Longitude, latitude (WGS 84); a height is ignored."},
    }
)

_REPORT_MEMBERS: dict[str, Schema] = {
    "location": POINT,
    "area": {**TEXT, "description": "Code of an area (`/areas/`), when the point is not known."},
    "place": {**TEXT, "description": "Code of a named place; its point is used when `location` is missing."},
    "accuracy_m": {"type": "number", "minimum": 0, "description": "Radius in metres, as the device gives it."},
    "location_source": {"type": "string", "enum": LocationSource.values, "description": "By default gps with an accuracy, map without. A point with `area` only stands for its area."},
    "observed_at": {"type": "string", "format": "date-time", "description": "When it was seen; by default the time of receipt. At most 24 hours ahead of it."},
    "problem": {"type": "string", "enum": Problem.values, "description": f"By default {Problem.LITTER.value}."},
    "waste_types": {"type": "array", "items": TEXT, "maxItems": 50, "description": "Codes (`/waste-types/`), the most important first."},
    "amount": {"type": "string", "enum": Amount.values, "description": f"By default {Amount.UNKNOWN.value}."},
    "description": {"type": "string", "maxLength": MAX_TEXT, "description": "Never published."},
    "photos_expected": {"type": "integer", "minimum": 0, "maximum": MAX_PHOTOS, "description": "How many photos will follow."},
    "same_case": {**TEXT, "description": "null: not asked; a case's code: yes, this one; `new`: no, another place."},
    "voice_expected": {"type": "boolean", "description": "A recording will follow; it counts as a description."},
    "sign": {**TEXT, "description": "Code of the QR sign it is sent from. Its point is the place when no other is named. Unknown ones are ignored."},
    "device": {"type": "string", "description": "Anything that stays the same on one device. Kept for 30 days, only as a keyed hash."},
    "channel": {"type": "string", "enum": [name for name in Channel.values if name != Channel.IMPORT], "description": f"By default {Channel.API.value}."},
    "language": {"type": "string", "description": "Of the sender's pages, such as vi or en."},
    "contact": _object(
        {
            "phone": MAYBE_TEXT,
            "email": MAYBE_TEXT,
            "name": MAYBE_TEXT,
            "consent": {"type": "boolean", "nullable": True},
            "purposes": {
                "type": "array", "items": {"type": "string", "enum": list(PURPOSES)}, "nullable": True,
                "description": "What the sender agreed to be reached for, each asked for apart. Without it, consent is for `progress`.",
            },
        },
        [],
        description="How to reach the sender. Kept encrypted, and only with consent.",
    ),
}

REPORT = _object(
    {
        "id": {"type": "string", "format": "uuid", "description": "Made by the sender once for each report, the same each time it is sent again."},
        **{name: _may_be_null(schema) for name, schema in _REPORT_MEMBERS.items()},
    },
    ["id"],
    description="A report needs a place (`location`, `place` or `area`), and a description, a recording or at least one expected photo. Members that are not listed are ignored.",
)

RECEIPT = _object(
    {
        "id": {"type": "string", "format": "uuid"},
        "code": {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{10}$", "description": "A function of the id, for people."},
        "url": {"type": "string", "format": "uri", "description": "The public page of the report."},
        "secret_url": {"type": "string", "format": "uri", "description": "The sender's own page. The last segment of its path is the bearer token of the photos."},
        "status": {"type": "string", "enum": ["received"]},
    }
)

_ID = "6f1c2f1e-3a5d-4f0b-9c39-2a86a1f3c0de"
_RECEIPT_EXAMPLE = {
    "id": _ID,
    "code": "PSB816N5KM",
    "url": "https://example.org/p/PSB816N5KM",
    "secret_url": "https://example.org/p/PSB816N5KM/UYHGlGgEC-l01vLsIzBzXg",
    "status": "received",
}

SEND_REPORT: dict[str, Any] = {
    "operation_id": "send_report",
    "summary": "Send a report",
    "tags": ["reports"],
    "auth": [],
    "request": {"application/json": REPORT},
    "responses": {
        (201, "application/json"): OpenApiResponse(RECEIPT, "Received, and kept durably."),
        (200, "application/json"): OpenApiResponse(RECEIPT, "Received before: the same id with the same content."),
        **_problems(
            s400="Cannot be taken as it is; every reason by field. Nothing was kept.",
            s406="JSON only.",
            s409="The id belongs to a report with another content; `receipt` is its page.",
            s413="More than 64 KB.",
            s415="Not JSON.",
        ),
    },
    "examples": [
        OpenApiExample(
            "A report from a phone",
            request_only=True,
            value={
                "id": _ID,
                "location": {"type": "Point", "coordinates": examples.POINT},
                "accuracy_m": 12.0,
                "location_source": "gps",
                "observed_at": "2026-11-22T07:30:00+07:00",
                "problem": "litter",
                "waste_types": ["nets"],
                "amount": "bag",
                "description": "Lưới cũ và túi ni lông trên bãi cát",
                "photos_expected": 1,
                "same_case": None,
                "device": "b0a1d3c4",
                "channel": "api",
                "language": "vi",
                "contact": {"phone": "0905 000 000", "consent": True},
            },
        ),
        OpenApiExample("The least", request_only=True, value={"id": _ID, "area": "20194", "description": "Rác ở đầu kiệt"}),
        OpenApiExample("Receipt", response_only=True, status_codes=["200", "201"], value=_RECEIPT_EXAMPLE),
        OpenApiExample(
            "Refused",
            response_only=True,
            status_codes=["400"],
            media_type="application/problem+json",
            value={
                "type": "about:blank",
                "title": "The report cannot be taken as it is",
                "status": 400,
                "detail": "Nothing was kept. Correct what is named, then send the report again with the same id.",
                "errors": {"description": ["Add a photo or a few words, so that the waste can be found."]},
                "codes": {"description": ["nothing_said"]},
            },
        ),
    ],
}

_PHOTO = _object(
    {
        "position": {"type": "integer", "minimum": 1, "maximum": MAX_POSITIONS},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "state": {"type": "string", "enum": ["quarantined", "clean", "published", "rejected"]},
    }
)
_BYTES = {"type": "string", "format": "binary"}

SEND_PHOTO: dict[str, Any] = {
    "operation_id": "send_photo",
    "summary": "Send a photo of a report",
    "description": (
        "The body is the image: JPEG, PNG, WebP or HEIF, at most 15 MiB and 50 megapixels. Idempotent by position and SHA-256. "
        "Nobody sees it before it was checked, re-encoded without its metadata, and published."
    ),
    "tags": ["reports"],
    "auth": [{"reportToken": []}],
    "parameters": [
        OpenApiParameter("uuid", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="The report's id."),
        OpenApiParameter("position", {"type": "integer", "minimum": 1, "maximum": MAX_POSITIONS}, OpenApiParameter.PATH),
    ],
    "request": {media_type: _BYTES for media_type in ("image/jpeg", "image/png", "image/webp", "image/heif", "application/octet-stream")},
    "responses": {
        (201, "application/json"): OpenApiResponse(_PHOTO, "Kept durably, and private."),
        (200, "application/json"): OpenApiResponse(_PHOTO, "Kept before: the same bytes at the same position."),
        **_problems(
            s400="The connection broke.",
            s401="No token, or not the report's.",
            s404="The report has not arrived yet.",
            s406="JSON only.",
            s409="Another photo has this position.",
            s410="The report was withdrawn or deleted.",
            s411="Content-Length is missing.",
            s413="More than 15 MiB.",
            s415="Not a photo of a known format.",
            s422="Too many pixels or scans, damaged, or a position beyond 3.",
            s507="No room for photos at the moment. The report itself is safe.",
        ),
    },
    "examples": [
        OpenApiExample(
            "Kept", response_only=True, status_codes=["200", "201"], value={"position": 1, "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "state": "quarantined"}
        )
    ],
}


def _query(name: str, schema: Schema, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


def _collection(geometry: Schema, properties: Schema) -> Schema:
    """A GeoJSON FeatureCollection, with the address of the next page."""
    feature = _object({"type": {"type": "string", "enum": ["Feature"]}, "id": TEXT, "geometry": geometry, "properties": properties})
    return _object(
        {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": feature},
            "next": {"type": "string", "format": "uri", "nullable": True, "description": "The next page, null on the last. The header Link says the same."},
        }
    )


def _listing(found: Schema, description: str, geojson: bool = True, unchanged: bool = True) -> dict[Any, Any]:
    kinds = ("application/geo+json", "application/json") if geojson else ("application/json",)
    return {
        **{(200, kind): OpenApiResponse(found, description) for kind in kinds},
        (200, "text/csv"): OpenApiResponse(TEXT, description),
        **({304: OpenApiResponse(None, "Nothing changed since the ETag that was sent.")} if unchanged else {}),
        **_problems(s400="A filter is unknown, misspelt or too wide.", s406="No such format."),
    }


_BBOX = _query("bbox", {"type": "string", "example": examples.BBOX}, f"West, south, east, north in degrees, at most {MAX_SPAN_DEGREES:g} apart.")
_LIMIT = _query("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": LIMIT}, "Rows of a page.")
_AREA = _query("area", TEXT, "Codes of areas, separated by commas.")

LIST_CASES: dict[str, Any] = {
    "operation_id": "list_cases",
    "summary": "Cases, newest day first, within a day by code",
    "description": "Real piles of waste, each once. The point is the centre of an H3 cell of resolution 11 (about 25 m), the time is a day.",
    "tags": ["cases"],
    "auth": [],
    "parameters": [
        _BBOX,
        _query("from", DAY, "First day on which it was seen, by the city's clock."),
        _query("to", DAY, "Last day on which it was seen."),
        _query("status", TEXT, "States separated by commas: " + ", ".join(status.value for status in Status if status not in NOT_WASTE) + "."),
        _AREA,
        _LIMIT,
        _query("after", {"type": "string", "pattern": "^[0-9A-Z]{10}$"}, "Code of the last case of the page before; `next` has it."),
    ],
    "responses": _listing(
        _collection(
            {**POINT, "nullable": True},
            _object(
                {
                    "code": TEXT,
                    "status": {"type": "string", "enum": [status.value for status in Status if status not in NOT_WASTE]},
                    "problem": {"type": "string", "enum": Problem.values},
                    "waste_group": MAYBE_TEXT,
                    "amount": {"type": "string", "enum": Amount.values},
                    "observed_on": DAY,
                    "area": {**MAYBE_TEXT, "description": "Code of the unit."},
                    "area_name": MAYBE_TEXT,
                    "area_approximate": {"type": "boolean", "nullable": True, "description": "The unit's border is a guess: not for counting by unit."},
                    "reports": {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "string", "enum": ["<5"]}]},
                    "recurs": {"type": "boolean", "description": "Came back where waste was cleaned away before."},
                }
            ),
        ),
        "A page of cases.",
        unchanged=False,
    ),
    "examples": [
        OpenApiExample(
            "A case",
            response_only=True,
            status_codes=["200"],
            media_type="application/geo+json",
            value={
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": "7K4QX29MWB",
                        "geometry": {"type": "Point", "coordinates": examples.POINT},
                        "properties": {
                            "code": "7K4QX29MWB", "status": "confirmed", "problem": "dump", "waste_group": "nets", "amount": "cart",
                            "observed_on": "2026-11-18", "area": examples.AREA_CODE, "area_name": examples.AREA_NAME, "area_approximate": False,
                            "reports": "<5", "recurs": True,
                        },
                    }
                ],
                "next": None,
            },
        ),
    ],
}

LIST_AREAS: dict[str, Any] = {
    "operation_id": "list_areas",
    "summary": "Areas with their borders",
    "description": "Units that share out the city, and overlays such as beaches. Where `approximate` is true, the border is a guess and must be drawn as one.",
    "tags": ["places"],
    "auth": [],
    "parameters": [
        _BBOX,
        _query("on", DAY, "The areas in force on this day; by default today."),
        _query("layer", TEXT, "unit, overlay, or both separated by a comma."),
        _AREA,
        _LIMIT,
        _query("after", TEXT, "Id of the last area of the page before; `next` has it."),
    ],
    "responses": _listing(
        _collection(
            _object({"type": {"type": "string", "enum": ["MultiPolygon"]}, "coordinates": {"type": "array", "items": {}}}),
            _object(
                {
                    "layer": {"type": "string", "enum": ["unit", "overlay"]},
                    "kind": TEXT,
                    "code": TEXT,
                    "name": TEXT,
                    "full_name": TEXT,
                    "name_en": TEXT,
                    "aliases": {"type": "array", "items": TEXT},
                    "area_km2": MAYBE_NUMBER,
                    "approximate": {"type": "boolean"},
                    "valid_from": DAY,
                    "valid_to": {**DAY, "nullable": True, "description": "First day on which it is no longer in force."},
                }
            ),
        ),
        "A page of areas.",
    ),
}

LIST_WASTE_TYPES: dict[str, Any] = {
    "operation_id": "list_waste_types",
    "summary": "Waste types",
    "tags": ["waste types"],
    "auth": [],
    "parameters": [],
    "responses": _listing(
        _object(
            {
                "results": {
                    "type": "array",
                    "items": _object(
                        {
                            **{name: TEXT for name in ("code", "group", "name", "name_en", "unep", "g_code", "ospar", "taco")},
                            "mean_mass_g": MAYBE_NUMBER,
                            "hazard": TEXT,
                            "resident": {"type": "boolean", "description": "One of the dozen that a resident chooses from."},
                            "active": {"type": "boolean"},
                        }
                    ),
                },
                "next": {"type": "string", "nullable": True, "enum": [None]},
            }
        ),
        "All of them.",
        geojson=False,
    ),
}
