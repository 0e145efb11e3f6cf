"""The cases of one place along its returns: each came back from the one before."""

from __future__ import annotations

from django.db import connection

from reports.models import Case

# Up to the first case of the place, then down to every return. UNION stops where data should ever run in a circle.
_PLACE = """
    WITH RECURSIVE up (id, earlier) AS (
        SELECT id, recurs_of_id FROM reports_case WHERE id = %s
        UNION
        SELECT c.id, c.recurs_of_id FROM up JOIN reports_case AS c ON c.id = up.earlier
    ), down (id) AS (
        SELECT id FROM up WHERE earlier IS NULL
        UNION
        SELECT c.id FROM down JOIN reports_case AS c ON c.recurs_of_id = down.id
    )
    SELECT id FROM down
"""


def cases_of_place(case: Case) -> list[int]:
    """The ids of the first case of this place and of all that came back there, in no particular order."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [case.pk])
        return [row[0] for row in cursor.fetchall()]
