"""The one analysis: counts of cases by cell and week in, a table of tested cells out.

The refresh of the site, the `analyse` command and the benchmarks all call `run`, so the same reports give the same cells,
counts and p-values everywhere. Memory grows with the non-zero counts and the domain, never with cells × weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from analytics.domain import RESOLUTION, domain_cells, parents, require_resolution
from analytics.hotspots import (
    Floats,
    benjamini_hochberg,
    dispersion,
    exact_tail,
    gi_star_from_sums,
    sd_from_sums,
)
from analytics.neighbours import Cells, degrees, neighbour_matrix
from analytics.scale import RESOLUTIONS, WINDOWS, choose_scale
from analytics.weeks import monday_of_number, week_label, week_number, week_numbers

# Two years: long enough to see a season twice, short enough that a place which changed long ago does not set the scale.
TRAILING_WEEKS = 104


@dataclass(frozen=True)
class Analysis:
    """The table, one row per cell of the domain in ascending order of cell, and what it was made with.

    Arrays are (n_cells,). The window is the `window_weeks` weeks that end with the week of `until`.
    """

    cell: Cells
    count: NDArray[np.int32]  # cases in the cell itself, in the window
    observed: NDArray[np.int32]  # cases in the cell and its neighbours, in the window
    expected: Floats  # the same cells' share of the window's cases, if all cells of the domain were alike
    ratio: Floats  # observed / expected; 0 where nothing is expected
    p: Floats  # P(at least `observed` cases) under the expectation
    q: Floats  # smallest false-discovery rate at which the cell would be hot
    gi_star: Floats  # Getis-Ord Gi* of the window against the whole cube, for comparison with other tools
    hot: NDArray[np.bool_]  # q ≤ alpha

    resolution: int
    window_weeks: int
    until: date  # Monday of the last week
    first_week: date  # Monday of the first analysed week: the first with a case, at most `TRAILING_WEEKS` back
    n_weeks: int
    n_cases: int  # cases in the domain, in all analysed weeks
    n_cases_window: int
    n_cases_outside: int  # cases of the analysed weeks in cells outside the domain, which are not tested
    phi: float  # overdispersion, variance / mean
    alpha: float
    cut_off: float  # the largest p that is hot; 0 when none is
    domain: str  # "default", "data" or "file"
    mean_per_week: Floats = field(repr=False)  # (n_weeks,) mean cases per cell of the domain

    @property
    def n_cells(self) -> int:
        return int(self.cell.size)

    def parameters(self) -> dict[str, Any]:
        """What the run was made with, ready for JSON."""
        return {
            "resolution": self.resolution,
            "window_weeks": self.window_weeks,
            "until": week_label(self.until),
            "first_week": week_label(self.first_week),
            "n_weeks": self.n_weeks,
            "n_cells": self.n_cells,
            "n_hot": int(self.hot.sum()),
            "n_cases": self.n_cases,
            "n_cases_window": self.n_cases_window,
            "n_cases_outside": self.n_cases_outside,
            "phi": self.phi,
            "alpha": self.alpha,
            "cut_off": self.cut_off,
            "domain": self.domain,
            "mean_per_week": self.mean_per_week.tolist(),
        }


def run(
    cells: ArrayLike,
    weeks: ArrayLike,
    counts: ArrayLike | None = None,
    *,
    until: date | str | int,
    domain: Literal["default", "data"] | ArrayLike = "default",
    place_cells: ArrayLike | None = None,
    resolution: int | None = None,
    window: int | None = None,
    alpha: float = 0.05,
    trailing_weeks: int = TRAILING_WEEKS,
) -> Analysis:
    """Test every cell of the domain for more cases than its share, in the weeks that end with `until`.

    `cells`: (n,) H3 cells of resolution 10; `weeks`: (n,) dates or week numbers; `counts`: (n,) whole numbers, one each
    when left out. Rows may repeat and come in any order; weeks after `until` or before the trailing weeks are ignored.
    `until`: a date in the last week, its label or its number. `domain`: "default" (cases and listed places), "data"
    (cases only) or an array of resolution-10 cells. `resolution` and `window` fix the scale; left out, `choose_scale`
    takes the finest one that the window's cases allow. Raises ValueError for wrong cells, lengths or negative counts.
    """
    last = week_number(until)
    cube = _Cube.of(cells, weeks, counts, last=last, trailing_weeks=trailing_weeks)
    ground, domain_name = _domain(domain, cube, place_cells)
    scales: dict[int, _Scaled] = {}

    def scaled(at: int) -> _Scaled:
        if at not in scales:
            scales.clear()  # a whole city is held at one scale at a time
            scales[at] = _Scaled.of(cube, ground, at)
        return scales[at]

    chosen, window_weeks = choose_scale(
        lambda at, weeks_back: scaled(at).mean_neighbourhood_count(weeks_back),
        resolutions=RESOLUTIONS if resolution is None else (resolution,),
        windows=WINDOWS if window is None else (window,),
    )
    return _test(scaled(chosen), cube, window_weeks, alpha, domain_name)


def _test(scale: _Scaled, cube: _Cube, window: int, alpha: float, domain: str) -> Analysis:
    """The tests of one domain at one scale."""
    matrix = neighbour_matrix(scale.cells)
    degree = np.diff(matrix.indptr)
    own = scale.window_counts(window)
    observed = (matrix @ own).astype(np.int32)
    n_cells = scale.cells.size
    in_window = int(own.sum())
    expected = degree * (in_window / n_cells) if n_cells else np.zeros(0)
    phi = dispersion(scale.counts)
    p = exact_tail(observed, expected, phi)
    hot, q = benjamini_hochberg(p, alpha=alpha)
    ratio = np.zeros(n_cells)
    np.divide(observed, expected, out=ratio, where=expected > 0)
    n_bins = n_cells * cube.n_weeks
    total = int(scale.counts.sum())
    gi_star = gi_star_from_sums(
        observed,
        degree * min(window, cube.n_weeks),
        n_bins=n_bins,
        mean=total / max(n_bins, 1),
        sd=sd_from_sums(max(n_bins, 1), total, int((scale.counts.data.astype(np.int64) ** 2).sum())),
    )
    return Analysis(
        cell=scale.cells,
        count=own,
        observed=observed,
        expected=expected,
        ratio=ratio,
        p=p,
        q=q,
        gi_star=gi_star,
        hot=hot,
        resolution=scale.resolution,
        window_weeks=window,
        until=monday_of_number(cube.last),
        first_week=monday_of_number(cube.first),
        n_weeks=cube.n_weeks,
        n_cases=total,
        n_cases_window=in_window,
        n_cases_outside=int(cube.counts.sum()) - total,
        phi=phi,
        alpha=alpha,
        cut_off=float(p[hot].max()) if hot.any() else 0.0,
        domain=domain,
        mean_per_week=np.asarray(scale.counts.sum(axis=0)).ravel() / max(n_cells, 1),
    )


@dataclass(frozen=True)
class _Cube:
    """The counts of the analysed weeks at resolution 10, as rows of (cell, week, count)."""

    cells: Cells
    weeks: NDArray[np.int32]  # counted from the first analysed week
    counts: NDArray[np.int32]
    first: int
    last: int

    @property
    def n_weeks(self) -> int:
        return self.last - self.first + 1

    @classmethod
    def of(
        cls, cells: ArrayLike, weeks: ArrayLike, counts: ArrayLike | None, *, last: int, trailing_weeks: int
    ) -> _Cube:
        cell = require_resolution(cells)
        week = week_numbers(weeks)
        count = np.ones(cell.size, np.int32) if counts is None else np.asarray(counts)
        if not cell.shape == week.shape == count.shape:
            raise ValueError("cells, weeks and counts must be of one length")
        if count.size and (count.dtype.kind not in "iu" or int(count.min()) < 0):
            raise ValueError("counts must be whole numbers, 0 or more")
        kept = (week > last - trailing_weeks) & (week <= last) & (count > 0)
        cell, week, count = cell[kept], week[kept], count[kept].astype(np.int32)
        # Weeks before the first case were not quiet; nobody was asked yet.
        first = int(week.min()) if week.size else last
        return cls(cell, (week - first).astype(np.int32), count, first, last)


@dataclass(frozen=True)
class _Scaled:
    """The counts of a domain at one resolution."""

    cells: Cells
    counts: sparse.csr_array  # (cells, weeks) int32
    resolution: int

    @classmethod
    def of(cls, cube: _Cube, ground: Cells, resolution: int) -> _Scaled:
        """`ground`: the domain as sorted cells of resolution 10."""
        place = np.searchsorted(ground, cube.cells)
        inside = place < ground.size
        inside[inside] = ground[place[inside]] == cube.cells[inside]
        rows = place[inside]
        cells = ground
        if resolution != RESOLUTION:
            cells, row_of = np.unique(parents(ground, resolution), return_inverse=True)
            rows = row_of[rows]
        counts = sparse.csr_array(
            (cube.counts[inside], (rows, cube.weeks[inside])), shape=(cells.size, cube.n_weeks), dtype=np.int32
        )
        counts.sum_duplicates()
        return cls(cells, counts, resolution)

    def window_counts(self, window: int) -> NDArray[np.int32]:
        """Cases in each cell in the last `window` weeks, (cells,)."""
        first = max(self.counts.shape[1] - window, 0)
        weights = (np.arange(self.counts.shape[1]) >= first).astype(np.int32)
        return np.asarray(self.counts @ weights, np.int32)

    def mean_neighbourhood_count(self, window: int) -> float:
        """Mean over the domain of the cases in a cell and its neighbours in the last `window` weeks.

        Every case is seen once by each neighbour of its cell, so only cells with cases need their neighbours counted.
        """
        own = self.window_counts(window)
        busy = np.flatnonzero(own)
        seen = int((degrees(self.cells[busy], self.cells) * own[busy]).sum())
        return seen / self.cells.size if self.cells.size else 0.0


def _domain(
    domain: Literal["default", "data"] | ArrayLike, cube: _Cube, place_cells: ArrayLike | None
) -> tuple[Cells, str]:
    if isinstance(domain, str):
        if domain not in ("default", "data"):
            raise ValueError('domain must be "default", "data" or an array of cells')
        places = require_resolution([] if place_cells is None else place_cells)
        return domain_cells(cube.cells, places if domain == "default" else None), domain
    return np.unique(require_resolution(domain)), "file"
