"""Whether the database holds invented reports. Every page then says so, for nobody may take them for real ones."""

from __future__ import annotations

import time

from citylab.models import JobRun

JOB = "demonstration"
BEGUN = "begun "  # period of the row, followed by the first day of the invented year
FINISHED = "finished"

_CHECK_EVERY_S = 60.0
_known: tuple[float, bool] | None = None


def is_demonstration() -> bool:
    """True from the first invented report on; asks the database once a minute at most."""
    global _known
    now = time.monotonic()
    if _known is None or now - _known[0] >= _CHECK_EVERY_S:
        _known = (now, JobRun.objects.filter(job=JOB).exists())
    return _known[1]


def forget() -> None:
    """Ask again the next time: after loading, and between tests."""
    global _known
    _known = None
