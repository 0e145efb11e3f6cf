"""Names the area of reports and cases anew after polygons were loaded: those without an area, and those in redrawn ones.

An area in which a report was already counted and whose polygon did not change is never touched, nor one that a person named.
"""

from collections.abc import Collection

import numpy as np
from django.db import connection

from reports.geography.area_index import NOWHERE, areas_index, forget_areas

BATCH = 50_000  # rows: some megabytes of memory and less than a second each
TABLES = ("reports_report", "reports_case")

WAITING = """
    SELECT id, area_id, ST_X(location), ST_Y(location) FROM "{table}"
    WHERE location IS NOT NULL AND (area_id IS NULL OR area_id = ANY(%s)) AND id > %s ORDER BY id LIMIT %s
"""
ASSIGN = """
    UPDATE "{table}" AS row SET area_id = found.area
    FROM unnest(%s::bigint[], %s::bigint[]) AS found(id, area) WHERE row.id = found.id
"""


def assign_areas(redrawn: Collection[int]) -> int:
    """Looks up the area of every located report and case that has none or one of `redrawn`. Returns how many changed."""
    forget_areas()
    return sum(_assign(table, list(redrawn)) for table in TABLES)


def _assign(table: str, redrawn: list[int]) -> int:
    index, changed, last = areas_index(), 0, 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(WAITING.format(table=table), [redrawn, last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return changed
            last = rows[-1][0]
            ids = np.array([row[0] for row in rows], np.int64)
            before = np.array([NOWHERE if row[1] is None else row[1] for row in rows], np.int64)
            found = index.locate([row[2] for row in rows], [row[3] for row in rows]).certain_id
            other = np.flatnonzero(found != before)
            if other.size:
                areas = [None if area == NOWHERE else area for area in found[other].tolist()]
                cursor.execute(ASSIGN.format(table=table), [ids[other].tolist(), areas])
                changed += other.size
