"""Every list is also data: the same rows as CSV for spreadsheets and as JSON for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse

MOST_ROWS = 100_000  # what a spreadsheet still opens in a few seconds

# The same as in reports/api/formats.py: what begins a formula, in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """A file that hands back what is written to it, so that csv.writer can stream."""

    def write(self, line: str) -> str:
        return line


def as_csv(filename: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Rows as CSV in UTF-8 with a byte order mark, which Excel needs to read it. Texts cannot start a formula."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield "\ufeff" + writer.writerow(columns)
        for row in rows:
            yield writer.writerow([_harmless(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}.csv"'
    return response


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Rows as a JSON list of objects, in the order of the columns."""
    encoder = DjangoJSONEncoder(ensure_ascii=False)

    def parts() -> Iterator[str]:
        yield "["
        for number, row in enumerate(rows):
            yield ("" if number == 0 else ",\n") + encoder.encode(dict(zip(columns, row, strict=True)))
        yield "]\n"

    return StreamingHttpResponse(parts(), content_type="application/json")


def asked_for(request, filename: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse | None:
    """The list as data where the address says `?format=csv` or `?format=json`; else None, and the page is drawn."""
    match request.GET.get("format"):
        case "csv":
            return as_csv(filename, columns, rows)
        case "json":
            return as_json(columns, rows)
    return None


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value
