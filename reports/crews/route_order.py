"""In which order to walk to some places: nearest neighbour, then 2-opt, over great-circle metres. Arrays in, an order out.

The way is open: it begins at any of the places and ends at any other, since nobody knows where a crew comes from. Nearest
neighbour is tried from every place and each of these ways is improved by turning parts of it round (2-opt; Croes 1958, "A
method for solving traveling-salesman problems") and by moving short parts (Or 1976) until nothing helps; the shortest wins.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EARTH_M = 6_371_008.8  # mean radius
MOST_STARTS = 24  # ways that are tried; more improve little
ENOUGH = 800  # places times ways: about a third of a second
MOST_IMPROVED = 120  # places; a longer way stays as nearest neighbour made it: nobody walks it in a day
LEAST_GAIN_M = 1e-6  # below that it is rounding, and would go round for ever

Floats = npt.NDArray[np.float64]
Order = npt.NDArray[np.intp]


def metres_between(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Great-circle metres between all pairs (haversine). lon, lat: (n,) degrees → (n, n)."""
    east, north = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    rise = np.sin((north[:, None] - north[None, :]) / 2) ** 2
    turn = np.sin((east[:, None] - east[None, :]) / 2) ** 2
    squared = rise + np.cos(north)[:, None] * np.cos(north)[None, :] * turn
    metres: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(squared, 0, 1)))
    return metres


def metres_of(lon: npt.ArrayLike, lat: npt.ArrayLike, to_lon: float, to_lat: float) -> Floats:
    """Great-circle metres from n places to one. lon, lat: (n,) degrees → (n,)."""
    lon, lat = np.append(np.asarray(lon, float), to_lon), np.append(np.asarray(lat, float), to_lat)
    east, north = np.radians(lon), np.radians(lat)
    squared = np.sin((north[:-1] - north[-1]) / 2) ** 2 + np.cos(north[:-1]) * np.cos(north[-1]) * np.sin((east[:-1] - east[-1]) / 2) ** 2
    metres: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(squared, 0, 1)))
    return metres


def length_m(order: Order, metres: Floats) -> float:
    """Metres of the way through all places in this order. order: (n,) positions; metres: (n, n)."""
    return float(metres[order[:-1], order[1:]].sum())


def route_order(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Order:
    """The order in which to walk to n places. lon, lat: (n,) degrees → (n,) positions. The same places give the same order."""
    metres = metres_between(lon, lat)
    n = len(metres)
    if n < 3:
        return np.arange(n)
    starts = np.unique(np.linspace(0, n - 1, min(n, MOST_STARTS, 1 + ENOUGH // n)).astype(int))
    best: Order = np.arange(n)
    shortest = np.inf
    for start in starts if n <= MOST_IMPROVED else [0]:
        order = nearest_neighbour(metres, int(start))
        if n <= MOST_IMPROVED:
            order = improved(order, metres)
        if (length := length_m(order, metres)) < shortest - LEAST_GAIN_M:
            best, shortest = order, length
    return best


def nearest_neighbour(metres: Floats, start: int) -> Order:
    """From `start` always on to the nearest place that is left. metres: (n, n) → (n,) positions."""
    n = len(metres)
    left = np.ones(n, bool)
    order = np.empty(n, np.intp)
    here = start
    for step in range(n):
        order[step] = here
        left[here] = False
        if step < n - 1:
            here = int(np.argmin(np.where(left, metres[here], np.inf)))
    return order


def improved(order: Order, metres: Floats) -> Order:
    """The way with parts turned round or moved as long as that makes it shorter."""
    while True:
        shorter = _turned(order, metres)
        if shorter is None:
            shorter = _moved(order, metres)
        if shorter is None:
            return order
        order = shorter


def _turned(order: Order, metres: Floats) -> Order | None:
    """The best single turn of a part i..j, or None when none gains. Both ends are open: a turn there costs one edge only."""
    n = len(order)
    between = metres[np.ix_(order, order)]
    # before[i, j]: the edges that a turn of i..j cuts; after[i, j]: those that it makes instead.
    step = np.append(0.0, between[np.arange(n - 1), np.arange(1, n)])  # the edge into each place
    cut = step[:, None] + np.append(step[1:], 0.0)[None, :]
    into, out = np.zeros((n, n)), np.zeros((n, n))
    into[1:, :] = between[:-1, :]  # from before i to j
    out[:, :-1] = between[:, 1:]  # from i to after j
    gain = np.triu(cut - into - out, 1)
    at = int(np.argmax(gain))
    if gain.flat[at] <= LEAST_GAIN_M:
        return None
    i, j = divmod(at, n)
    turned = order.copy()
    turned[i : j + 1] = order[i : j + 1][::-1]
    return turned


def _moved(order: Order, metres: Floats) -> Order | None:
    """One to three places in a row moved to where they lengthen the way least, either way round; None when none gains."""
    n, now = len(order), length_m(order, metres)
    for size in (1, 2, 3):
        for i in range(n - size + 1):
            part, rest = order[i : i + size], np.delete(order, np.s_[i : i + size])
            if not len(rest):
                continue
            inner, length = length_m(part, metres), length_m(rest, metres)
            edges = metres[rest[:-1], rest[1:]]
            for ends in (part, part[::-1]):
                first, last = metres[rest, ends[0]], metres[ends[-1], rest]
                cost = np.concatenate(([last[0]], first[:-1] + last[1:] - edges, [first[-1]]))
                at = int(np.argmin(cost))
                if length + inner + cost[at] < now - LEAST_GAIN_M:
                    return np.concatenate((rest[:at], ends, rest[at:]))
    return None
