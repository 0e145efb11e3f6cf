"""The table by unit: only units whose border is certain, and one line for all the rest, so that sums agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.weekly.counts import COUNTS, Counts, share, total
from reports.models import Area

Line = dict[str, Any]


def unit_lines(now: Mapping[int | None, Counts], before: Mapping[int | None, Counts] | None) -> tuple[list[Line], Line]:
    """A line for each unit in which anything happened, most new cases first, and the line of everything elsewhere.

    now, before: counts by the id of the area, of this week and of the week before; `before` is None when there was none.
    """
    certain = Area.objects.units().filter(approximate=False, pk__in=[pk for pk in {*now, *(before or ())} if pk is not None])
    areas = {area.pk: area for area in certain.defer("polygon")}
    lines = [
        {"code": area.code, "name": str(area), **_line(now[pk], before, (pk,))}
        for pk, area in areas.items()
        if pk in now and any(now[pk].values())
    ]
    lines.sort(key=lambda line: (-line["opened"], -line["open_at_end"], line["code"]))
    rest = {pk: count for pk, count in now.items() if pk not in areas}
    others = [pk for pk in before if pk not in areas] if before is not None else []
    return lines, _line(total(rest, COUNTS), before, others)


def _line(count: Counts, before: Mapping[int | None, Counts] | None, areas: Any) -> Line:
    opened = None if before is None else sum(before[pk]["opened"] for pk in areas if pk in before)
    return {**count, "on_time_share": share(count), "opened_last_week": opened}
