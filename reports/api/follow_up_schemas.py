"""What the OpenAPI document says about what comes after sending: voice notes and receipts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from reports.api.schemas import MAYBE_TEXT, TEXT, _object, _problems
from reports.progress import STATUSES
from reports.voice import TYPES

MOST_CODES = 20

_VOICE = _object(
    {
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "size": {"type": "integer", "minimum": 1},
        "format": {"type": "string", "enum": list(TYPES)},
    }
)
_BYTES = {"type": "string", "format": "binary"}

SEND_VOICE: dict[str, Any] = {
    "operation_id": "send_voice",
    "summary": "Send the voice note of a report",
    "description": (
        "The body is the recording: WebM, Ogg, MP4, M4A, MP3, WAV, AMR, 3GP or AAC, at most 3 MiB. Idempotent by SHA-256. "
        "Only the people who handle the report hear it; it is deleted after 30 days."
    ),
    "tags": ["reports"],
    "auth": [{"reportToken": []}],
    "parameters": [OpenApiParameter("uuid", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="The report's id.")],
    "request": {media_type: _BYTES for media_type in (*dict.fromkeys(TYPES.values()), "application/octet-stream")},
    "responses": {
        (201, "application/json"): OpenApiResponse(_VOICE, "Kept durably, and private."),
        (200, "application/json"): OpenApiResponse(_VOICE, "Kept before: the same bytes."),
        **_problems(
            s400="The connection broke.",
            s401="No token, or not the report's.",
            s404="The report has not arrived yet.",
            s406="JSON only.",
            s409="The report has another recording already.",
            s410="The report was withdrawn or deleted.",
            s411="Content-Length is missing.",
            s413="More than 3 MiB.",
            s415="Not a recording of a known format.",
            s422="An empty body.",
            s507="No room for recordings at the moment. The report itself is safe.",
        ),
    },
    "examples": [
        OpenApiExample(
            "Kept", response_only=True, status_codes=["200", "201"],
            value={"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "size": 48213, "format": "webm"},
        )
    ],
}  # fmt: skip

_RECEIPT = _object(
    {
        "code": {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{10}$"},
        "status": {"type": "string", "enum": list(STATUSES)},
        "title": {**TEXT, "description": "The same in words, in the language of Accept-Language."},
        "changed_at": {"type": "string", "format": "date-time", "description": "When it last came to be so."},
        "url": {"type": "string", "format": "uri"},
        "photo": {**MAYBE_TEXT, "description": "Address of a published photo: of the clean place once there is one, else of the waste."},
    }
)

LIST_RECEIPTS: dict[str, Any] = {
    "operation_id": "list_receipts",
    "summary": "How far some reports are",
    "description": f"Public data of at most {MOST_CODES} reports by their codes, in the order of the codes. A code that no report has is left out: it may still be on its way.",
    "tags": ["reports"],
    "auth": [],
    "parameters": [
        OpenApiParameter(
            "code", {"type": "array", "items": {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{10}$"}, "minItems": 1, "maxItems": MOST_CODES},
            OpenApiParameter.QUERY, required=True, style="form", explode=True,
            description=f"A report's code, as often as there are codes, at most {MOST_CODES} times.",
        ),
        OpenApiParameter("lang", TEXT, OpenApiParameter.QUERY, description="Language of `title` and `url`; by default that of Accept-Language."),
    ],
    "responses": {
        (200, "application/json"): OpenApiResponse(_object({"receipts": {"type": "array", "items": _RECEIPT, "maxItems": MOST_CODES}})),
        **_problems(s400="No code, more than 20, or what is no code.", s406="JSON only."),
    },
    "examples": [
        OpenApiExample(
            "One that was cleaned", response_only=True, status_codes=["200"],
            value={
                "receipts": [
                    {
                        "code": "PSB816N5KM", "status": "cleaned", "title": "The place has been cleaned", "changed_at": "2026-11-24T03:10:00Z",
                        "url": "https://example.org/en/p/PSB816N5KM/", "photo": "https://example.org/photos/7/small.jpg",
                    }
                ]
            },
        )
    ],
}  # fmt: skip
