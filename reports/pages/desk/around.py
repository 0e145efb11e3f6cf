"""The open cases around a place, as a member may see them: exact distances, which no public page tells."""

from __future__ import annotations

import h3.api.basic_int as h3
from django.contrib.gis.geos import Point
from django.db.models import Count

from citylab.models import Member
from citylab.permissions import visible
from reports.case_list.places import name_places
from reports.models import Case
from reports.rules import CELL_RESOLUTION

MOST = 10
AROUND_M = 500
_CELL_M = 110  # a resolution-10 cell and its neighbours reach at least so far on with each ring


def open_around(member: Member, point: Point | None, area: int | None, *, leave_out: int | None = None, reach_m: float = AROUND_M) -> list[Case]:
    """Open cases within `reach_m` of a point, the nearest first; without a point the newest of the area.

    Each has `place` in words, `distance_m` (None without a point) and `report_count`.
    """
    others = visible(member, Case.objects.open()).exclude(pk=leave_out).select_related("area").annotate(report_count=Count("reports"))
    if point is None:
        found = [(None, case) for case in others.filter(area=area).order_by("-observed_at", "-id")[:MOST]] if area else []
    else:
        cells = h3.grid_disk(h3.latlng_to_cell(point.y, point.x, CELL_RESOLUTION), int(reach_m // _CELL_M) + 2)
        away = [(_metres(point, case.location), case) for case in others.filter(cell__in=cells)]
        found = sorted((pair for pair in away if pair[0] <= reach_m), key=lambda pair: (pair[0], pair[1].pk))[:MOST]
    name_places(case for _far, case in found)
    for far, case in found:
        case.distance_m = far
    return [case for _far, case in found]


def _metres(one: Point, other: Point) -> float:
    return float(h3.great_circle_distance((one.y, one.x), (other.y, other.x), unit="m"))
