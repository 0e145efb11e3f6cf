"""Grouping in the database: who may group what at the same time, and in which order.

Whoever groups a report holds the advisory locks (`reports/grouping/neighbourhoods.py`) of every neighbourhood that the report's
surroundings of 60 m touch, so two reports that could meet in one case are never grouped at the same time, and each is
grouped exactly once however many workers run.

The order is kept as well: a report is grouped only when everything that waits within 60 m of it and was observed before it is
grouped in the same step, before it. Where that leads over the border of the locked neighbourhoods, the step begins again
with more of them, and in the end with the whole city. What lies in a notice of the city is directed to that notice's case
(`reports/notices.py`) before the rule sees it. So `process` in any order of calls and `group_pending` give the same cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from django.db import connection, transaction
from scipy.spatial import cKDTree

from reports import notices
from reports.grouping import opening
from reports.grouping.nearness import REACH_M, positions
from reports.grouping.neighbourhoods import lock, lock_city, neighbourhoods_of
from reports.grouping.rule import Grouping, group
from reports.grouping.waiting import (
    KnownCases,
    Waiting,
    cases_around,
    cursor,
    report_columns,
    still_waiting,
    waiting_in,
)

AT_ONCE = 1_000  # reports grouped in one step of a worker: a tenth of a second or so
WIDEN_AT_MOST = 3  # times a step is begun again with more neighbourhoods before it takes the whole city
SLICE = 50_000  # reports grouped in one step of the bulk, during which the workers wait: some seconds
AGAIN_AT_MOST = 5  # times that cases may change between reading and locking


def process(report_ids: Sequence[int]) -> int:
    """Groups these reports and all that must be grouped before them, in steps of one transaction each.

    Each step takes whatever waits in the neighbourhoods it has locked, up to 1,000 reports. Returns how many reports it grouped;
    those already grouped or given up are left alone, so calling it again does nothing.
    """
    grouped = 0
    while True:
        with cursor() as ask:
            left = ask.execute(
                "SELECT id, cell FROM reports_report WHERE id = ANY(%s) AND processed_at IS NULL AND failed_at IS NULL ORDER BY id",
                [list(report_ids)],
                binary=True,
            ).fetchall()
        if not left:
            return grouped
        placeless = [id for id, cell in left if cell is None]
        if placeless:
            grouped += _group_placeless(placeless)
        placed = {id: cell for id, cell in left[:AT_ONCE] if cell is not None}
        if placed:
            grouped += _group_around(placed)


def group_pending(progress: Callable[[int], None] | None = None) -> int:
    """Groups everything that waits, in order of (observed_at, id) over the whole city; returns how many reports.

    For imports and for the backlog after a long pause: about ten times as fast as report by report, with the same cases. One slice
    of 50,000 reports and the cases around it are in memory; each slice is one transaction. `progress` is told how many were
    grouped after each. Does not go into a surrounding transaction's way: called inside one, all becomes one transaction.
    """
    grouped = 0
    while True:
        queue = _queue_up()
        if queue.size == 0:
            return grouped
        for start in range(0, len(queue), SLICE):
            done = _group_slice(queue[start : start + SLICE])
            grouped += done
            if progress:
                progress(done)


def _queue_up() -> np.ndarray:
    """Ids of all that waits, in order. Eight bytes each: the only thing that grows with the backlog."""
    with connection.cursor() as ask:
        ask.execute(
            """
            SELECT string_agg(int8send(id), '' ORDER BY observed_at, id) FROM reports_report
            WHERE processed_at IS NULL AND failed_at IS NULL
            """
        )
        packed = ask.fetchone()[0]
    return np.frombuffer(packed or b"", ">i8")


def _group_slice(ids: np.ndarray) -> int:
    with transaction.atomic():
        lock_city(alone=True)
        waiting = still_waiting(ids.tolist())
        _group(waiting)
    return len(waiting)


def _group_placeless(ids: list[int]) -> int:
    """Reports that know only their area have no neighbours; their rows' own locks are enough."""
    with transaction.atomic():
        lock_city(alone=False)
        waiting = still_waiting(ids, lock=True)
        _group(waiting)
    return len(waiting)


def _group_around(wanted: dict[int, int]) -> int:
    """One step: groups wanted reports (id → cell) and their neighbours; at least something, though not always all of them."""
    neighbourhoods = set().union(*map(neighbourhoods_of, set(wanted.values())))
    for _attempt in range(WIDEN_AT_MOST + 1):
        with transaction.atomic():
            lock_city(alone=False)
            lock(neighbourhoods)
            waiting = waiting_in(sorted(neighbourhoods), AT_ONCE)
            ready, beyond = settled(waiting, neighbourhoods)
            full = len(waiting) == AT_ONCE
            if ready and (full or not wanted.keys() & ({row.id for row in waiting} - {row.id for row in ready})):
                _group(ready)
                return len(ready)
            if not beyond:
                return 0  # somebody else was faster
            transaction.set_rollback(True)  # gives the locks back, to be taken again in order
        neighbourhoods |= beyond
    return _group_slice(_queue_up()[:SLICE])


def settled(waiting: Sequence[Waiting], neighbourhoods: set[int]) -> tuple[list[Waiting], set[int]]:
    """Which of the reports that wait in some neighbourhoods can be grouped while only these are locked.

    waiting: in order, all of them up to the last. Returns those whose surroundings are locked and before which nothing
    within 60 m is left out, and the neighbourhoods that the others would need.
    """
    needs = [neighbourhoods_of(row.cell) - neighbourhoods if row.cell is not None else set() for row in waiting]
    left_out = [bool(need) for need in needs]
    if not any(left_out):
        return list(waiting), set()
    places = cKDTree(positions(np.array([row.lon for row in waiting]), np.array([row.lat for row in waiting])))
    # One micrometre more than grouping's own reach, so that rounding never calls a neighbour far.
    for at, near in enumerate(places.query_ball_point(places.data, REACH_M + 1e-6)):
        if not left_out[at]:
            left_out[at] = any(before < at and left_out[before] for before in near)
    return [row for at, row in enumerate(waiting) if not left_out[at]], set().union(*needs)


def _group(waiting: list[Waiting]) -> None:
    """Groups these reports, which nobody else can group now, and writes the result."""
    if not waiting:
        return
    for _attempt in range(AGAIN_AT_MOST):
        named = notices.directed(waiting)
        cases = cases_around(named)
        grouping = group(report_columns(named, cases), cases.columns)
        if _unchanged(cases, grouping):
            opening.write(waiting, cases, grouping)
            return
    raise RuntimeError("The cases around these reports keep changing; the reports wait and are grouped later.")


def _unchanged(cases: KnownCases, grouping: Grouping) -> bool:
    """Locks the cases that were joined, and tells whether they are still as they were read."""
    joined = np.unique(grouping.case[grouping.case < len(cases.ids)])
    ids = cases.ids[joined].tolist()
    with cursor() as ask:
        rows = ask.execute(
            """
            SELECT id, status, coalesce((extract(epoch FROM cleaned_at) * 1000000)::bigint, 0), counts
            FROM reports_case WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
            """,
            [ids],
            binary=True,
        ).fetchall()
    return all(cases.facts[id] == (status, cleaned_at) and (counts or id in cases.silent) for id, status, cleaned_at, counts in rows)
