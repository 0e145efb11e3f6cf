"""The counters by cell and week: read them whole, know whether they changed, compare them with a recount.

Their one writer are the database triggers of migration 0003. Nothing here writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from analytics.neighbours import Cells
from analytics.weeks import WeekNumbers, monday_of, week_numbers

# One counter as `fetch` receives it, big-endian as PostgreSQL sends numbers; the week in days since 2000-01-01.
_COUNTER = np.dtype([("cell", ">i8"), ("week", ">i4"), ("cases", ">i4"), ("reports", ">i4")])
_BYTES = (
    "string_agg(int8send(cell) || int4send(week - DATE '2000-01-01') || int4send(cases) || int4send(reports), ''::bytea)"
)
_EPOCH = np.datetime64("2000-01-01", "D")

# A number that changes whenever a counter changes, whatever the order in which rows are read: 64-bit hashes of whole
# rows, added up.
_FINGERPRINT = """
    count(*) || ':' || coalesce(sum(hashint8extended(
        cell, ((week - DATE '2000-01-01')::bigint << 44) + (reports::bigint << 22) + cases
    )), 0)
"""

_WINDOW = "week > %(after)s AND week <= %(until)s AND (cases > 0 OR reports > 0)"

# The definition that the triggers have to agree with.
_RECOUNT = """
    SELECT cell, week, sum(cases)::integer AS cases, sum(reports)::integer AS reports
    FROM (
        SELECT cell, week, count(*) AS cases, 0 AS reports FROM reports_case
        WHERE status NOT IN ('refused', 'merged') AND cell IS NOT NULL GROUP BY cell, week
        UNION ALL
        SELECT cell, week, 0, count(*) FROM reports_report WHERE counts AND cell IS NOT NULL GROUP BY cell, week
    ) AS raw
    GROUP BY cell, week
"""


@dataclass(frozen=True)
class Counters:
    """The non-zero counters of some weeks, in no particular order; arrays are (n,)."""

    cells: Cells
    weeks: WeekNumbers
    cases: NDArray[np.int32]
    reports: NDArray[np.int32]
    fingerprint: str
    read_at: datetime  # by the database's clock: nothing received later is in it


@dataclass(frozen=True)
class Difference:
    """A counter that is not what the raw rows say."""

    cell: int
    week: date
    cases: int
    reports: int
    recounted_cases: int
    recounted_reports: int


def fetch(until: date, weeks: int) -> Counters:
    """The counters of the `weeks` weeks that end with the week of `until`, and their fingerprint, from one snapshot.

    They come as one binary value: a message for each row, as COPY sends them, would cost three times as much.
    """
    connection.ensure_connection()
    # Django's own cursors receive text, in which bytes are twice as long.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            f"SELECT {_BYTES}, {_FINGERPRINT}, clock_timestamp() FROM analytics_cell_week WHERE {_WINDOW}",
            _window(until, weeks),
            binary=True,
        )
        packed, fingerprint, read_at = cursor.fetchone()
    rows = np.frombuffer(packed or b"", _COUNTER)
    return Counters(
        cells=rows["cell"].astype(np.uint64),
        weeks=week_numbers(_EPOCH + rows["week"].astype("timedelta64[D]")),
        cases=rows["cases"].astype(np.int32),
        reports=rows["reports"].astype(np.int32),
        fingerprint=fingerprint,
        read_at=read_at,
    )


def fingerprint(until: date, weeks: int) -> str:
    """What `fetch` would return as the fingerprint, without the counters: the same as long as none of them changes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_FINGERPRINT} FROM analytics_cell_week WHERE {_WINDOW}", _window(until, weeks))
        return str(cursor.fetchone()[0])


def recount() -> dict[tuple[int, date], tuple[int, int]]:
    """(cell, week) → (cases, counting reports), counted from the raw rows; cells and weeks with neither are absent."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT)
        return {(cell, week): (cases, reports) for cell, week, cases, reports in cursor}


def compare_with_recount() -> list[Difference]:
    """Every counter that differs from the raw rows, in one snapshot. Empty is the promise."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT coalesce(kept.cell, raw.cell), coalesce(kept.week, raw.week),
                   coalesce(kept.cases, 0), coalesce(kept.reports, 0), coalesce(raw.cases, 0), coalesce(raw.reports, 0)
            FROM analytics_cell_week AS kept
            FULL JOIN ({_RECOUNT}) AS raw ON raw.cell = kept.cell AND raw.week = kept.week
            WHERE (coalesce(kept.cases, 0), coalesce(kept.reports, 0))
               <> (coalesce(raw.cases, 0), coalesce(raw.reports, 0))
            ORDER BY 1, 2
            """
        )
        return [Difference(*row) for row in cursor]


def _window(until: date, weeks: int) -> dict[str, date]:
    last = monday_of(until)
    return {"until": last, "after": last - timedelta(weeks=weeks)}
