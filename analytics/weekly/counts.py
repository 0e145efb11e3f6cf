"""What happened in one week, counted by SQL from reports, cases and the cases' history.

The state of a case at a moment is read backwards from today: it is the state that its first later event started from, or
today's state when no event is later. So a late export of an old week finds the same states as one that was made in time.

New cases are those that count (`Case.counts`), as in the analyses; what was done, is open or was due is work, whoever reported it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection

from analytics.weekly.period import Period
from reports.models.case import OPEN, RUNNING, in_sql

# Counted for each unit and for the whole city, in the order of the tables.
REPORT_COUNTS = ("reports", "counting_reports")
CASE_COUNTS = (
    "opened", "came_back", "cleaned", "nothing_found", "verified", "refused", "reopened",
    "open_at_end", "overdue_at_end", "due", "on_time",
)  # fmt: skip
COUNTS = REPORT_COUNTS + CASE_COUNTS

Counts = dict[str, int]


def _state(first_later: str, moment: str) -> str:
    """SQL: the state of case `c` just before a moment. `first_later` is its first event at or after it, if any.

    The second and third line serve cases without history, which an older version or another system may have brought.
    """
    return f"""CASE WHEN {first_later}.from_status IS NOT NULL THEN COALESCE(NULLIF({first_later}.from_status, ''), 'new')
                    WHEN c.closed_at >= {moment} THEN 'new'
                    WHEN c.verified_at >= {moment} THEN 'cleaned'
                    ELSE c.status END"""


# One line for each case that was seen before the end of the week, with what became of it in the week.
CASES = f"""
WITH later AS (
    SELECT DISTINCT ON (case_id) case_id, from_status FROM reports_caseevent
    WHERE at >= %(end)s ORDER BY case_id, at, id
), done AS (
    SELECT case_id,
           bool_or(kind = 'cleaned' AND NOT COALESCE((details->>'nothing_found')::boolean, false)) AS cleaned,
           bool_or(kind = 'cleaned' AND COALESCE((details->>'nothing_found')::boolean, false)) AS nothing_found,
           bool_or(kind = 'verified') AS verified,
           bool_or(kind = 'refused') AS refused,
           bool_or(kind = 'reopened') AS reopened
    FROM reports_caseevent WHERE at >= %(start)s AND at < %(end)s GROUP BY case_id
), known AS (
    SELECT c.*, done.cleaned, done.nothing_found, done.verified, done.refused, done.reopened,
           {_state("later", "%(end)s")} AS state,
           COALESCE(c.due_at > %(start)s AND c.due_at <= %(end)s, false) AS due_here,
           {_state("then_on", "c.due_at")} AS state_when_due
    FROM reports_case c
    LEFT JOIN later ON later.case_id = c.id
    LEFT JOIN done ON done.case_id = c.id
    LEFT JOIN LATERAL (
        SELECT e.from_status FROM reports_caseevent e WHERE e.case_id = c.id AND e.at >= c.due_at ORDER BY e.at, e.id LIMIT 1
    ) then_on ON c.due_at > %(start)s AND c.due_at <= %(end)s
    WHERE c.observed_at < %(end)s
), flagged AS (
    SELECT id, code, area_id, problem, waste_group, amount, public_location, observed_at, due_at, state,
           week = %(week)s AND counts AND state NOT IN ('refused', 'merged', 'withdrawn') AS opened,
           week = %(week)s AND counts AND state NOT IN ('refused', 'merged', 'withdrawn') AND recurs_of_id IS NOT NULL AS came_back,
           COALESCE(cleaned, false) AS cleaned,
           COALESCE(nothing_found, false) AS nothing_found,
           COALESCE(verified, false) AS verified,
           COALESCE(refused, false) AS refused,
           COALESCE(reopened, false) AS reopened,
           state IN ({in_sql(OPEN)}) AS open_at_end,
           state IN ({in_sql(RUNNING)}) AND COALESCE(due_at <= %(end)s, false) AS overdue_at_end,
           due_here AND state_when_due NOT IN ('refused', 'merged', 'withdrawn') AS due,
           due_here AND state_when_due IN ('cleaned', 'verified') AS on_time
    FROM known
)
"""

_BY_AREA = f"{CASES} SELECT area_id, {', '.join(f'count(*) FILTER (WHERE {name})' for name in CASE_COUNTS)} FROM flagged GROUP BY area_id"

_OF_THE_WEEK = f"""{CASES}
SELECT f.code, f.observed_at, f.due_at, ST_X(f.public_location) AS longitude, ST_Y(f.public_location) AS latitude, f.area_id,
       f.problem, f.waste_group, f.amount, f.state, {", ".join(f"f.{name}" for name in CASE_COUNTS)}
FROM flagged f
WHERE {" OR ".join(f"f.{name}" for name in CASE_COUNTS if not name.endswith("_at_end"))}
ORDER BY f.observed_at, f.id
"""


def count_cases(period: Period) -> dict[int | None, Counts]:
    """The counts of `CASE_COUNTS` by the id of the area; None is where no area is known."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_AREA, _moments(period))
        return {area: dict(zip(CASE_COUNTS, counts, strict=True)) for area, *counts in cursor.fetchall()}


def cases_of(period: Period) -> list[dict[str, Any]]:
    """The cases that were first seen, changed or due in the week, oldest first; no free text, no exact point."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_THE_WEEK, _moments(period))
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def count_reports(weeks: Iterable[date]) -> dict[date, dict[int | None, Counts]]:
    """The counts of `REPORT_COUNTS` by week and by the id of the area."""
    found: dict[date, dict[int | None, Counts]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT week, area_id, count(*), count(*) FILTER (WHERE counts)
            FROM reports_report WHERE week = ANY(%s) GROUP BY week, area_id
            """,
            [list(weeks)],
        )
        for week, area, *counts in cursor.fetchall():
            found[week][area] = dict(zip(REPORT_COUNTS, counts, strict=True))
    return found


def count_items(weeks: Iterable[date]) -> dict[date, Counts]:
    """Counting reports by week and by group of waste; a report that names several groups counts in each, once."""
    found: dict[date, Counts] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.week, t."group", count(DISTINCT r.id)
            FROM reports_report r JOIN reports_reportwastetype l ON l.report_id = r.id JOIN reports_wastetype t ON t.code = l.waste_type_id
            WHERE r.week = ANY(%s) AND r.counts GROUP BY r.week, t."group"
            """,
            [list(weeks)],
        )
        for week, group, count in cursor.fetchall():
            found[week][group] = count
    return found


def total(by_area: dict[int | None, Counts], names: Iterable[str]) -> Counts:
    """The sum over all areas."""
    return {name: sum(counts.get(name, 0) for counts in by_area.values()) for name in names}


def joined(sent: Mapping[int | None, Counts], worked: Mapping[int | None, Counts]) -> dict[int | None, Counts]:
    """Counts of reports and of cases put together by area, with 0 where there is nothing."""
    nothing = dict.fromkeys(COUNTS, 0)
    return {area: {**nothing, **sent.get(area, {}), **worked.get(area, {})} for area in {*sent, *worked}}


def share(count: Mapping[str, int]) -> float | None:
    """The on-time share, None when nothing was due."""
    return round(count["on_time"] / count["due"], 4) if count["due"] else None


def first_week() -> date | None:
    """The Monday of the first week in which anything was seen, None when nothing was."""
    with connection.cursor() as cursor:
        # The second part finds cases of which only the area is known. Both are answered from an index.
        cursor.execute(
            """
            SELECT LEAST((SELECT min(week) FROM analytics_cell_week),
                         (SELECT week FROM reports_case ORDER BY observed_at, id LIMIT 1))
            """
        )
        return cursor.fetchone()[0]


def _moments(period: Period) -> dict[str, Any]:
    return {"week": period.monday, "start": period.start, "end": period.end}
