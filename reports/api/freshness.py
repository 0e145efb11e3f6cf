"""ETags of small tables: any change of a row changes them, by whomever it was made, and asking costs one short query."""

from __future__ import annotations

import hashlib

from django.db import connection
from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from rest_framework.request import Request
from rest_framework.response import Response


def fingerprint(table: str, request: Request, *also: object) -> str:
    """An ETag of what this request would be answered from this table."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*), sum(xmin::text::bigint) FROM "{table}"')
        version = cursor.fetchone()
    asked = (version, request.get_full_path(), request.accepted_renderer.format, get_language(), also)
    return f'W/"{hashlib.sha256(repr(asked).encode("utf-8", "surrogatepass")).hexdigest()[:24]}"'


def answered_before(request: Request, mark: str) -> HttpResponseBase | None:
    """304 when the sender has this answer already."""
    return get_conditional_response(request._request, etag=mark)


def marked(response: Response, mark: str) -> Response:
    """The answer with its ETag; to be asked for again each time, and sent again only when it changed."""
    response["ETag"] = mark
    response["Cache-Control"] = "public, no-cache"
    return response
