"""From reports to cases: which of them tell of the same pile of waste.

`rule` decides on arrays (with `nearness`), and neither knows of Django: a file is grouped as the database is. `waiting` reads what waits
and the cases around it, `neighbourhoods` says who may group what at the same time, `steps` does it, `opening` writes what was decided.
"""

from __future__ import annotations

from collections.abc import Sequence


def process(report_ids: Sequence[int]) -> int:
    """Groups these reports in the database, and what waits beside them: see `reports.grouping.steps.process`."""
    from reports.grouping import steps  # the rule is imported where there is no Django

    return steps.process(report_ids)
