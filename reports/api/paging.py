"""Keyset pages: the next page begins after the last row of this one, however far in and whatever was added since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

PATIENCE_MS = 5000  # of the database for one page of a public list; an ordinary one takes a few milliseconds


@contextmanager
def bounded() -> Iterator[None]:
    """Runs the queries inside with a time limit. Raises ValidationError when they are cut off."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            yield
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise ValidationError({"filters": [_("This takes too long. Ask for a smaller area or a shorter time.")]}) from error
        raise


def page_of(rows: Sequence[Any], limit: int) -> tuple[Sequence[Any], bool]:
    """Of `limit + 1` rows that were asked for, those of the page, and whether there are more."""
    return rows[:limit], len(rows) > limit


def next_address(request: Request, after: str) -> str:
    """The address of the page that begins after the row with this key: the same filters, one more."""
    query = request.GET.copy()
    query["after"] = after
    return f"{settings.SITE_URL}{request.path}?{query.urlencode()}"


def link_next(response: Response, address: str | None) -> Response:
    """Says where the next page is in the header too, for CSV has no place for it."""
    if address:
        response["Link"] = f'<{address}>; rel="next"'
    return response
