"""The forms in which lists leave the API: GeoJSON, the same as plain JSON, and CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer

# A cell that begins with one of these is a formula to a spreadsheet; the full-width forms are to some.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Table:
    """Rows for CSV: one value for each column; None is an empty cell."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def inert(value: Any) -> Any:
    """A text that a spreadsheet shows and never runs; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return "'" + value
    return value


class GeoJSONRenderer(JSONRenderer):
    media_type = "application/geo+json"
    format = "geojson"


class CSVRenderer(BaseRenderer):
    """A Table as CSV in UTF-8 with the mark that spreadsheets need to read it as such."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Table, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(data.columns)
        writer.writerows([inert(value) for value in row] for row in data.rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")
