"""Which scale the reports are dense enough for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

RESOLUTIONS = (10, 9, 8)
WINDOWS = (2, 4, 8, 12)

# With less than one case expected in a neighbourhood, five cases are needed for a finding however real it is, and the
# Gi* z-score has no normal tail left.
LEAST_MEAN_COUNT = 1.0


def choose_scale(
    mean_count: Callable[[int, int], float],
    *,
    resolutions: Sequence[int] = RESOLUTIONS,
    windows: Sequence[int] = WINDOWS,
    least: float = LEAST_MEAN_COUNT,
) -> tuple[int, int]:
    """The finest (resolution, window in weeks) at which a neighbourhood holds at least `least` cases on average.

    `mean_count(resolution, window)` gives the mean, over the cells of the domain, of the count in a cell and its
    neighbours over the last `window` weeks. Place comes before time: all windows of a resolution are tried, shortest
    first, before the next coarser resolution, because a crew is sent to a street and not to a fortnight. When nothing
    is dense enough the coarsest resolution with the longest window is taken.
    """
    for resolution in resolutions:
        for window in windows:
            if mean_count(resolution, window) >= least:
                return resolution, window
    return resolutions[-1], windows[-1]
