"""A made-up stream of reports whose sources are known: for demonstrations, benchmarks and tests of the statistics.

Pure NumPy. Recipe: a background that is thicker where more people are (the exponential of a Gaussian random field), and
sources of litter of different size and fate; both follow the season and the growing number of people who report. A few
reports are repeats of another one, metres away and days later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Floats = NDArray[np.float64]

SHARE_OF_SOURCES = 0.55
SHARE_OF_REPEATS = 0.04
_GRID = 256
_FIELD_RANGE_M = 1_200.0  # over which the background changes
_METRES_A_DEGREE = 111_320.0

# What becomes of a source over the time of the stream. Given the share of the time that has passed, (weeks,) in [0, 1],
# and random numbers, (weeks,), it gives the strength, (weeks,).
FATES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "persistent": lambda t, u: np.ones(t.size),
    "rising": lambda t, u: 0.1 + 1.8 * t,
    "falling": lambda t, u: 1.9 - 1.8 * t,
    "new": lambda t, u: (t > 0.94).astype(float),
    "consecutive": lambda t, u: (t > 0.85).astype(float),
    "sporadic": lambda t, u: (u < 0.35).astype(float),
    "historical": lambda t, u: (t < 0.67).astype(float),
    "seasonal": lambda t, u: 1 + np.sin(4 * np.pi * t),
}


@dataclass(frozen=True)
class Source:
    """A place that makes litter."""

    lon: float
    lat: float
    spread_m: float  # standard deviation
    fate: str


@dataclass(frozen=True)
class Stream:
    """n reports in order of time."""

    lon: Floats
    lat: Floats
    day: Floats  # days since the stream began
    source: NDArray[np.int64]  # number of its source, -1 is the background
    repeat_of: NDArray[np.int64]  # position of the report it repeats, -1 is none
    sources: list[Source]


def made_up_stream(
    n: int,
    bounds: tuple[float, float, float, float],
    *,
    weeks: int = 104,
    n_sources: int = 40,
    seed: int = 1,
    share_of_sources: float = SHARE_OF_SOURCES,
    strongest: float = np.inf,
    inhabited: Callable[[Floats, Floats], NDArray[np.bool_]] | None = None,
) -> Stream:
    """About `n` reports (exactly `n` where everything is inhabited) within `bounds` (west, south, east, north).

    `share_of_sources` of the reports come from them; none is stronger than `strongest` (their strengths have median 0.8
    and a heavy tail). `inhabited` says of points (lon, lat), (m,) each, whether people are there; nothing is made where they are not.
    """
    rng = np.random.default_rng(seed)
    west, south, east, north = bounds
    x, y, weight = _background(rng, bounds, inhabited)
    sources, strength = _sources(rng, x, y, weight, n_sources)

    time = (np.arange(weeks) + 0.5) / weeks
    season = 1 + 0.25 * np.sin(2 * np.pi * np.arange(weeks) / 52)
    everybody = season * (0.5 + time)
    fates = np.array([FATES[source.fate](time, rng.random(weeks)) for source in sources])
    shares = np.vstack([everybody, np.minimum(strength, strongest)[:, None] * fates * everybody])
    shares[0] *= (1 - share_of_sources) / shares[0].sum()
    shares[1:] *= share_of_sources / shares[1:].sum()

    n_repeats = int(n * SHARE_OF_REPEATS)
    counts = rng.multinomial(n - n_repeats, (shares / shares.sum()).ravel()).reshape(shares.shape)
    who, week = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    source = who - 1
    lon, lat = _positions(rng, source, sources, x, y, weight, (east - west) / _GRID, (north - south) / _GRID)
    day = 7 * week + _moment_of_week(rng, week.size)

    first = rng.integers(0, lon.size, n_repeats) if lon.size else np.zeros(0, int)
    again = day[first] + rng.uniform(0, 3, first.size)
    in_time = again < 7 * weeks
    first, again = first[in_time], again[in_time]
    metres = rng.normal(0, 8, (2, first.size))
    shift = metres / _METRES_A_DEGREE / np.array([np.cos(np.radians(lat[first])), np.ones(first.size)])
    lon, lat = np.concatenate([lon, lon[first] + shift[0]]), np.concatenate([lat, lat[first] + shift[1]])
    day, source = np.concatenate([day, again]), np.concatenate([source, source[first]])
    repeat_of = np.concatenate([np.full(week.size, -1), first])

    kept = np.ones(lon.size, bool) if inhabited is None else inhabited(lon, lat)
    kept &= np.where(repeat_of >= 0, kept[repeat_of], True)
    order = np.flatnonzero(kept)[np.argsort(day[kept], kind="stable")]
    rank = np.full(lon.size + 1, -1)
    rank[order] = np.arange(order.size)
    return Stream(lon[order], lat[order], day[order], source[order], rank[repeat_of[order]], sources)


def _background(
    rng: np.random.Generator,
    bounds: tuple[float, float, float, float],
    inhabited: Callable[[Floats, Floats], NDArray[np.bool_]] | None,
) -> tuple[Floats, Floats, Floats]:
    """West and south edge of each inhabited piece of a grid over the bounds, and the share of the background in it."""
    west, south, east, north = bounds
    step_x, step_y = (east - west) / _GRID, (north - south) / _GRID
    smooth = [_FIELD_RANGE_M / 2 / _METRES_A_DEGREE / step for step in (step_y, step_x)]
    field = gaussian_filter(rng.normal(size=(_GRID, _GRID)), smooth, mode="wrap")
    weight = np.exp((field - field.mean()) / field.std()).ravel()
    rows, columns = np.indices((_GRID, _GRID))
    x: Floats = np.asarray(west + columns.ravel() * step_x, np.float64)
    y: Floats = np.asarray(south + rows.ravel() * step_y, np.float64)
    if inhabited is not None:
        lived_in = inhabited(x + step_x / 2, y + step_y / 2)
        if not lived_in.any():
            raise ValueError("nobody lives within these bounds")
        x, y, weight = x[lived_in], y[lived_in], weight[lived_in]
    return x, y, weight / weight.sum()


def _sources(
    rng: np.random.Generator, x: Floats, y: Floats, weight: Floats, n_sources: int
) -> tuple[list[Source], Floats]:
    """Sources where the background is thick, one fate after another, and their strengths, (n_sources,)."""
    where = rng.choice(x.size, n_sources, p=weight)
    spread = np.exp(rng.uniform(np.log(40), np.log(250), n_sources))
    fates = list(FATES)
    sources = [
        Source(float(x[spot]), float(y[spot]), float(metres), fates[number % len(fates)])
        for number, (spot, metres) in enumerate(zip(where, spread, strict=True))
    ]
    return sources, rng.pareto(1.5, n_sources) + 0.2


def _positions(
    rng: np.random.Generator,
    source: NDArray[np.int64],
    sources: list[Source],
    x: Floats,
    y: Floats,
    weight: Floats,
    step_x: float,
    step_y: float,
) -> tuple[Floats, Floats]:
    lon, lat = np.zeros(source.size), np.zeros(source.size)
    background = source < 0
    piece = rng.choice(x.size, int(background.sum()), p=weight)
    lon[background] = x[piece] + rng.random(piece.size) * step_x
    lat[background] = y[piece] + rng.random(piece.size) * step_y
    own = source[~background]
    centre = np.array([(one.lon, one.lat, one.spread_m) for one in sources]).reshape(-1, 3)[own]
    metres = rng.normal(size=(2, own.size)) * centre[:, 2]
    lon[~background] = centre[:, 0] + metres[0] / _METRES_A_DEGREE / np.cos(np.radians(centre[:, 1]))
    lat[~background] = centre[:, 1] + metres[1] / _METRES_A_DEGREE
    return lon, lat


def _moment_of_week(rng: np.random.Generator, n: int) -> Floats:
    """Days since Monday: any day, by daylight more often than not."""
    hour = np.clip(rng.normal(13, 4, n), 0, 23.99)
    return rng.integers(0, 7, n) + hour / 24
