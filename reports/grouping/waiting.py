"""Reports that wait for grouping and the cases they may join, from the database into columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import h3.api.basic_int as h3
import h3ronpy
import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from reports.grouping.rule import CLEANED, NONE, OPEN, RECUR, UNKNOWN, VERIFIED, CaseColumns, ReportColumns
from reports.models.case import OPEN as ALL_OPEN
from reports.models.case import Status, in_sql

STATES = dict.fromkeys(ALL_OPEN, OPEN) | {Status.CLEANED: CLEANED, Status.VERIFIED: VERIFIED}

# Two rings: one does not hold 60 m everywhere on Earth, since edges of resolution 10 shrink to 56 m in places.
RINGS_WITHIN_REACH = 2

_FIELDS = """
    r.id, r.cell, ST_X(r.location), ST_Y(r.location), (extract(epoch FROM r.observed_at) * 1000000)::bigint,
    r.waste_group, r.accuracy_m, r.same_case_id, r.other_place, r.counts, r.reporter, r.problem, r.area_id, r.received_at,
    r.held <> '', r.amount
"""
_WAITING = "r.processed_at IS NULL AND r.failed_at IS NULL"


class Waiting(NamedTuple):
    """One report that waits."""

    id: int
    cell: int | None
    lon: float | None
    lat: float | None
    observed_at: int  # microseconds since 1970
    waste_group: str
    accuracy_m: float | None
    same_case: int | None
    other_place: bool
    counts: bool
    reporter: bytes | None
    problem: str
    area_id: int | None
    received_at: datetime
    held: bool
    amount: str


@dataclass(frozen=True)
class KnownCases:
    """Cases around some reports. ids: ascending, (m,). facts: what grouping relied on, by id, to be asked again.

    silent: those that do not count; one may begin to meanwhile, which changes nothing.
    """

    ids: NDArray[np.int64]
    columns: CaseColumns
    named: dict[int, int]  # case named by a reporter → the id that it is part of now
    facts: dict[int, tuple]
    silent: frozenset[int]


def cursor() -> psycopg.Cursor:
    """A cursor of Django's connection that sends arrays and numbers in binary, not as text inside the statement."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def next_ids(table: str, count: int) -> list[int]:
    """Numbers for so many new rows of a table, ascending, so that the order of rows is known before they are written."""
    with cursor() as ask:
        # The sequence is looked up once, not for each number.
        rows = ask.execute(
            """
            WITH sequence AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name)
            SELECT nextval(name) FROM sequence, generate_series(1, %s)
            """,
            [table, count],
            binary=True,
        )
        return [row[0] for row in rows]


def still_waiting(ids: Sequence[int], *, lock: bool = False) -> list[Waiting]:
    """Those of these reports that wait, in order of (observed_at, id). lock: until the transaction ends nobody else takes them."""
    locked = "FOR UPDATE OF r" if lock else ""
    # A join, since a long list as a condition may be tried on every entry of the queue's index.
    return _rows(
        f"""
        SELECT {_FIELDS} FROM unnest(%s::bigint[]) AS wanted (id) JOIN reports_report r USING (id)
        WHERE {_WAITING} ORDER BY r.observed_at, r.id {locked}
        """,
        [list(ids)],
    )


def waiting_in(neighbourhoods: Sequence[int], limit: int) -> list[Waiting]:
    """The first reports, in order of (observed_at, id), that wait in these cells of a coarser resolution."""
    low, high = zip(*map(children_range, neighbourhoods), strict=True)
    # The condition joins a handful of ranges, so that either the queue's index or the cells' can answer.
    return _rows(
        f"""
        SELECT {_FIELDS} FROM reports_report r
        WHERE {_WAITING} AND EXISTS (
            SELECT FROM unnest(%s::bigint[], %s::bigint[]) AS range (low, high) WHERE r.cell BETWEEN range.low AND range.high
        )
        ORDER BY r.observed_at, r.id LIMIT %s
        """,
        [list(low), list(high), limit],
    )


def _rows(statement: str, parameters: list) -> list[Waiting]:
    with cursor() as ask:
        return [Waiting(*row) for row in ask.execute(statement, parameters, binary=True)]


def children_range(cell: int, resolution: int = 10) -> tuple[int, int]:
    """The least and the greatest H3 index of the cells of `resolution` inside a coarser cell: no other lies between."""
    coarse = h3.get_resolution(cell)
    head = (cell & ~(0xF << 52)) | (resolution << 52)
    low = high = head
    for step in range(coarse + 1, resolution + 1):
        place = 3 * (15 - step)
        low &= ~(0b111 << place)
        high = (high & ~(0b111 << place)) | (0b110 << place)
    return low, high


def cells_within_reach(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cells in which everything within 60 m of any point of these cells lies, each once."""
    disks = h3ronpy.grid_disk(np.unique(cells).astype(np.uint64), RINGS_WITHIN_REACH, flatten=True)
    return np.unique(np.asarray(disks)).astype(np.int64)


def cases_around(waiting: Sequence[Waiting]) -> KnownCases:
    """The cases that these reports may join or come back from, or that their reporters named."""
    named = _part_of({row.same_case for row in waiting if row.same_case is not None})
    cells = cells_within_reach(np.array([row.cell for row in waiting if row.cell is not None], np.int64))
    earliest = min((row.observed_at for row in waiting), default=0)
    with cursor() as ask:
        rows = ask.execute(
            f"""
            SELECT id, ST_X(location), ST_Y(location), (extract(epoch FROM observed_at) * 1000000)::bigint, waste_group,
                   status, coalesce((extract(epoch FROM cleaned_at) * 1000000)::bigint, 0), counts
            FROM reports_case
            WHERE (cell = ANY(%s) AND (status IN ({in_sql(ALL_OPEN)}) OR (
                       status IN ('cleaned', 'verified') AND cleaned_at >= to_timestamp(%s / 1e6))))
               OR id = ANY(%s)
            ORDER BY id
            """,
            [cells.tolist(), earliest - RECUR, sorted(set(named.values()))],
            binary=True,
        ).fetchall()
    id, lon, lat, observed_at, kind, status, cleaned_at, counts = zip(*rows, strict=True) if rows else ((),) * 8
    columns = CaseColumns(
        lon=np.array(lon, np.float64),
        lat=np.array(lat, np.float64),
        observed_at=np.array(observed_at, np.int64),
        group=group_numbers(kind),
        state=np.array([STATES[state] for state in status], np.int8),
        cleaned_at=np.array(cleaned_at, np.int64),
    )
    return KnownCases(
        np.array(id, np.int64), columns, named, dict(zip(id, zip(status, cleaned_at, strict=True), strict=True)),
        frozenset(case for case, counting in zip(id, counts, strict=True) if not counting),
    )  # fmt: skip


def report_columns(waiting: Sequence[Waiting], cases: KnownCases) -> ReportColumns:
    """The reports as the pure rule takes them; the named case is the position of the one it is part of now."""
    named = [NONE if row.same_case is None else cases.named.get(row.same_case, NONE) for row in waiting]
    positions = np.searchsorted(cases.ids, named)
    return ReportColumns.of(
        np.array([row.lon for row in waiting], np.float64),
        np.array([row.lat for row in waiting], np.float64),
        [row.observed_at for row in waiting],
        id=[row.id for row in waiting],
        group=group_numbers([row.waste_group for row in waiting]),
        accuracy_m=np.array([row.accuracy_m for row in waiting], np.float64),
        same_case=np.where(np.array(named) == NONE, NONE, positions),
        other_place=[row.other_place for row in waiting],
    )


_numbers: dict[str, int] = {"": UNKNOWN}


def group_numbers(groups: Sequence[str]) -> NDArray[np.int64]:
    """A number for each group of waste, the same within a process; 0 is unknown."""
    return np.fromiter((_numbers.setdefault(group, len(_numbers)) for group in groups), np.int64, len(groups))


def _part_of(named: set[int]) -> dict[int, int]:
    """What each of these cases is part of after all merging; those that were refused are left out."""
    if not named:
        return {}
    with cursor() as ask:
        return dict(
            ask.execute(
                """
                WITH RECURSIVE chain (named, id) AS (
                    SELECT id, id FROM reports_case WHERE id = ANY(%s)
                    UNION SELECT chain.named, merged.merged_into_id FROM chain JOIN reports_case merged ON merged.id = chain.id
                    WHERE merged.status = 'merged'
                )
                SELECT chain.named, chain.id FROM chain JOIN reports_case last ON last.id = chain.id
                WHERE last.status NOT IN ('merged', 'refused', 'withdrawn')
                """,
                [sorted(named)],
                binary=True,
            ).fetchall()
        )
