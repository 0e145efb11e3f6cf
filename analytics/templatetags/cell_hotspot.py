"""Whether the cell of a case is a hotspot, for the page of the case, which itself knows nothing of the analysis."""

from __future__ import annotations

from typing import Any

import h3.api.basic_int as h3
from django import template

from analytics.hotspot_view import cell_name, certainty
from analytics.runs import latest_run
from reports.models import Case

register = template.Library()


@register.inclusion_tag("analytics/_cell_hotspot.html")
def hotspot_of_cell(case: Case) -> dict[str, Any]:
    """The row of the newest analysis for the case's cell: a hotspot, tested and none, or not tested."""
    run = latest_run() if case.cell is not None else None
    if run is None:
        return {"run": None}
    cell = h3.cell_to_parent(case.cell, run.resolution) if run.resolution < h3.get_resolution(case.cell) else case.cell
    row = run.rows.filter(cell=cell).only("run", "cell", "hot", "observed", "expected", "q").first()
    return {"run": run, "row": row, "cell": cell_name(cell), "sure": certainty(row) if row is not None else ""}
