"""Whether the history of cases is still what was written: every line numbered without a gap, every hash computed anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

PAGE = 5_000  # cases looked through at a time

# A line is broken when its number does not follow, or its hash is not that of its content after the line before it.
# The last line must tell the state in which the case is, and there are at least as many lines as verbs made its version grow,
# so that cutting off the end shows as well, or all of it. Of a case without lines, nothing but the case can be named.
_BROKEN = """
SELECT c.code, coalesce(e.number, 0), coalesce(e.id, 0), coalesce(e.kind, '') FROM (
    SELECT line.*, lag(hash, 1, ''::bytea) OVER lines AS before, row_number() OVER lines AS place, lead(id) OVER lines IS NULL AS is_last,
           reports_event_hash(lag(hash, 1, ''::bytea) OVER lines, line) AS again
    FROM reports_caseevent line WHERE case_id > %(after)s AND case_id <= %(upto)s
    WINDOW lines AS (PARTITION BY case_id ORDER BY number)
) e RIGHT JOIN reports_case c ON c.id = e.case_id
WHERE c.id > %(after)s AND c.id <= %(upto)s AND (
    e.number <> e.place OR e.hash <> e.again OR (e.is_last AND (e.to_status <> c.status OR e.number < c.version)) OR (e.id IS NULL AND c.version > 0)
)
ORDER BY e.id NULLS LAST, c.id LIMIT 1
"""


@dataclass(frozen=True)
class BrokenLine:
    """The first line that is not as it was written. number: within the case; event: the row's id; both 0 where all lines are gone."""

    case: str
    number: int
    event: int
    kind: str


def first_broken_line(tick: Callable[[int], object] = int) -> BrokenLine | None:
    """Go through all cases; returns the first broken line of the first lot that has one. `tick` is told how many ids were gone through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM reports_case")
        last = int(cursor.fetchone()[0])
        for after in range(0, last, PAGE):
            upto = min(after + PAGE, last)
            cursor.execute(_BROKEN, {"after": after, "upto": upto})
            if (row := cursor.fetchone()) is not None:
                return BrokenLine(*row)
            tick(upto - after)
    return None
