"""How many hotspots are found where there are none, and how many where there are some.

    python -m tests.benchmarks.calibrate [--runs 20]

Made-up cities on the cells of the box 108.10–108.30 E, 15.95–16.15 N for 104 weeks, where the truth is known:

* *flat*: every cell alike, independent cases (Poisson), mean 0.02, 0.1 and 0.5 cases a cell and week;
* *repeats*: every cell alike, but an incident brings several reports (variance / mean 2.6);
* *sources*: a flat city with sources of a hundred different strengths.

Beside our test stands the baseline of common tools in the same run: the normal tail of the Gi* z-score with the same
false-discovery control. Prints two tables and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr
from tqdm import tqdm

from analytics import analysis
from analytics.domain import parents, polygons_to_cells
from analytics.hotspots import benjamini_hochberg, dispersion, exact_tail, gi_star
from analytics.neighbours import Cells, neighbour_matrix

ALPHA = 0.05
WEEKS = 104
MEANS = (0.02, 0.1, 0.5)
Counts = NDArray[np.int64]

# An incident brings 1 + Poisson(m) reports; the variance / mean of the reports is 1 + m + m / (1 + m), 2.6 at this m.
EXTRA_REPORTS = 1.0806


@dataclass
class Null:
    """What a city without a hotspot gives."""

    city: str
    mean: float
    runs: int
    bins: int
    cube_gi_star_below_001: float  # share of bins with Gi* p < .001; .001 would be right
    cube_gi_star: int  # discoveries in the whole cube of one city, 2-week windows
    cube_exact: int
    runs_with_any_gi_star: int  # of `runs` cities, at the scale the analysis chooses for its last window
    runs_with_any_exact: int
    discoveries_gi_star: int  # in all runs together
    discoveries_exact: int
    scale: str
    phi: float


@dataclass
class Power:
    """What a city with sources gives: of the cells with twice the domain's mean or more, how many are found."""

    mean: float
    runs: int
    scale: str
    truly_high: int
    found_gi_star: float
    found_exact: float
    false_share_gi_star: float  # realised false-discovery proportion: named cells with less than the domain's mean
    false_share_exact: float


def flat(rng: np.random.Generator, mean: float, cells: int) -> Counts:
    return rng.poisson(mean, (cells, WEEKS))


def repeats(rng: np.random.Generator, mean: float, cells: int) -> Counts:
    incidents = rng.poisson(mean / (1 + EXTRA_REPORTS), (cells, WEEKS))
    return incidents + rng.poisson(incidents * EXTRA_REPORTS)


def gi_star_discoveries(z: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The baseline: one-sided normal tail of z, same false-discovery control."""
    return benjamini_hochberg(ndtr(-z), alpha=ALPHA)[0]


def analysed(counts: Counts, cells: Cells) -> analysis.Analysis:
    row, week = np.nonzero(counts)
    return analysis.run(cells[row], week, counts[row, week], until=WEEKS - 1, domain=cells, alpha=ALPHA)


def whole_cube(counts: Counts, cells: Cells) -> tuple[float, int, int]:
    """Every cell in every week, 2-week windows: share of Gi* p below .001, discoveries by Gi* and by the exact tail."""
    matrix = neighbour_matrix(cells)
    z = gi_star(counts, matrix, lag=1)
    p_normal = ndtr(-z)
    rings = matrix @ counts
    observed = rings.copy()
    observed[:, 1:] += rings[:, :-1]
    weekly = counts.mean(axis=0)
    expected = np.diff(matrix.indptr)[:, None] * (weekly + np.concatenate([[0], weekly[:-1]]))
    p = exact_tail(observed, expected, dispersion(counts))
    discoveries = [int(benjamini_hochberg(tail, alpha=ALPHA)[0].sum()) for tail in (p_normal, p)]
    return float((p_normal < 0.001).mean()), discoveries[0], discoveries[1]


def null(
    name: str, city: Callable[[np.random.Generator, float, int], Counts], mean: float, runs: int, cells: Cells
) -> Null:
    rng = np.random.default_rng([MEANS.index(mean), len(name)])
    below, cube_gi_star, cube_exact = whole_cube(city(rng, mean, cells.size), cells)
    found: list[tuple[int, int]] = []
    for _ in tqdm(range(runs), desc=f"{name} {mean}", leave=False):
        result = analysed(city(rng, mean, cells.size), cells)
        found.append((int(gi_star_discoveries(result.gi_star).sum()), int(result.hot.sum())))
    by_gi_star, by_exact = np.array(found).T
    return Null(
        city=name,
        mean=mean,
        runs=runs,
        bins=cells.size * WEEKS,
        cube_gi_star_below_001=round(below, 5),
        cube_gi_star=cube_gi_star,
        cube_exact=cube_exact,
        runs_with_any_gi_star=int((by_gi_star > 0).sum()),
        runs_with_any_exact=int((by_exact > 0).sum()),
        discoveries_gi_star=int(by_gi_star.sum()),
        discoveries_exact=int(by_exact.sum()),
        scale=f"res {result.resolution}, {result.window_weeks} wk",
        phi=round(result.phi, 3),
    )


def power(mean: float, runs: int, cells: Cells) -> Power:
    """Sources of Pareto strength on one cell in a hundred bring half of all cases."""
    rng = np.random.default_rng([7, MEANS.index(mean)])
    truly_high = 0
    found, named, false = np.zeros(2), np.zeros(2), np.zeros(2)
    for _ in tqdm(range(runs), desc=f"sources {mean}", leave=False):
        strength = np.zeros(cells.size)
        sources = rng.choice(cells.size, cells.size // 100, replace=False)
        strength[sources] = rng.pareto(1.5, sources.size)
        intensity = mean * (0.5 + 0.5 * strength / strength.mean())
        result = analysed(rng.poisson(intensity[:, None], (cells.size, WEEKS)), cells)
        own, row_of = np.unique(parents(cells, result.resolution), return_inverse=True)
        matrix = neighbour_matrix(own)
        at_scale = np.bincount(row_of, intensity)
        ratio = (matrix @ at_scale) / np.diff(matrix.indptr) / at_scale.mean()
        truly_high += int((ratio >= 2).sum())
        for which, hot in enumerate((gi_star_discoveries(result.gi_star), result.hot)):
            found[which] += hot[ratio >= 2].sum()
            named[which] += hot.sum()
            false[which] += hot[ratio <= 1].sum()
    share = found / max(truly_high, 1)
    wrong = false / np.maximum(named, 1)
    scale = f"res {result.resolution}, {result.window_weeks} wk"
    return Power(mean, runs, scale, truly_high, *(round(float(x), 4) for x in (*share, *wrong)))


def table(title: str, columns: list[str], rows: list[list[object]]) -> None:
    cells = [columns, *([str(value) for value in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    print(f"\n{title}")
    for row in cells:
        print("  ".join(value.rjust(width) for value, width in zip(row, widths, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="cities per line of the tables")
    runs = parser.parse_args().runs
    start = time.perf_counter()
    cells = polygons_to_cells([shapely.to_wkb(shapely.box(108.10, 15.95, 108.30, 16.15))])
    cities = (("flat", flat), ("repeats", repeats))
    nulls = [null(name, city, mean, runs, cells) for name, city in cities for mean in MEANS]
    powers = [power(mean, runs, cells) for mean in MEANS]
    table(
        f"No hotspot exists. Whole cube: {cells.size * WEEKS:,} bins. Last window: {cells.size:,} cells or fewer.",
        [
            "city",
            "mean",
            "phi",
            "Gi* p<.001",
            "cube: Gi*",
            "exact",
            "scale",
            f"of {runs} runs any: Gi*",
            "exact",
            "found: Gi*",
            "exact",
        ],
        [
            [
                n.city,
                n.mean,
                n.phi,
                n.cube_gi_star_below_001,
                n.cube_gi_star,
                n.cube_exact,
                n.scale,
                n.runs_with_any_gi_star,
                n.runs_with_any_exact,
                n.discoveries_gi_star,
                n.discoveries_exact,
            ]
            for n in nulls
        ],
    )
    table(
        "Sources exist. Share of the cells at twice the mean or more that is found; share of the found below the mean.",
        ["mean", "scale", "truly high", "found: Gi*", "exact", "false: Gi*", "exact"],
        [
            [
                p.mean,
                p.scale,
                p.truly_high,
                p.found_gi_star,
                p.found_exact,
                p.false_share_gi_star,
                p.false_share_exact,
            ]
            for p in powers
        ],
    )
    total_runs = runs * len(nulls)
    figures = {
        "benchmark": "calibrate",
        "alpha": ALPHA,
        "null_runs": total_runs,
        "false_alarm_share_exact": sum(n.runs_with_any_exact for n in nulls) / total_runs,
        "false_alarm_share_gi_star": sum(n.runs_with_any_gi_star for n in nulls) / total_runs,
        "cube_discoveries_exact": sum(n.cube_exact for n in nulls),
        "cube_discoveries_gi_star": sum(n.cube_gi_star for n in nulls),
        "nulls": [asdict(n) for n in nulls],
        "power": [asdict(p) for p in powers],
        "seconds": round(time.perf_counter() - start, 1),
    }
    print()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
