"""The counters by cell and week: read them whole, know whether they changed, compare them with a recount.

Their one writer are the database triggers of migrations 0003 and 0009. Nothing here writes.
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

_WINDOW = "week > %(after)s AND week <= %(until)s AND (cases > 0 OR reports > 0)"

# The definition that the triggers have to agree with.
_RECOUNT = """
    SELECT cell, week, sum(cases)::integer AS cases, sum(reports)::integer AS reports
    FROM (
        SELECT cell, week, count(*) AS cases, 0 AS reports FROM reports_case
        WHERE counts AND status NOT IN ('refused', 'merged', 'withdrawn') AND cell IS NOT NULL GROUP BY cell, week
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
    read_at: datetime  # by the database's clock: nothing received later is in it

    def fingerprint(self) -> str:
        """The same for the same counters in any order, another one when any of them changes; 16 hexadecimal digits.

        The 64-bit hashes of all counters (SplitMix64, Steele, Lea & Flood 2014) added up: 20 ms for a million of them.
        """
        counts = (self.cases.astype(np.uint64) << np.uint64(32)) + self.reports.astype(np.uint64)
        hashes = _mixed(_mixed(_mixed(self.cells) ^ self.weeks.astype(np.uint64)) ^ counts)
        return f"{int(hashes.sum(dtype=np.uint64)):016x}"


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
    """The counters of the `weeks` weeks that end with the week of `until`, from one snapshot.

    They come as one binary value: a message for each row, as COPY sends them, would cost three times as much.
    """
    last = monday_of(until)
    connection.ensure_connection()
    # Django's own cursors receive text, in which bytes are twice as long.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            f"SELECT {_BYTES}, clock_timestamp() FROM analytics_cell_week "
            "WHERE week > %(after)s AND week <= %(last)s AND (cases > 0 OR reports > 0)",
            {"last": last, "after": last - timedelta(weeks=weeks)},
            binary=True,
        )
        found = cursor.fetchone()
        assert found is not None  # an aggregate has a row, whatever it found
        packed, read_at = found
    rows = np.frombuffer(packed or b"", _COUNTER)
    return Counters(
        cells=rows["cell"].astype(np.uint64),
        weeks=week_numbers(_EPOCH + rows["week"].astype("timedelta64[D]")),
        cases=rows["cases"].astype(np.int32),
        reports=rows["reports"].astype(np.int32),
        read_at=read_at,
    )


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


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of a number spread over all 64, modulo 2⁶⁴."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
