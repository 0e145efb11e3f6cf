"""Points within 60 m of each other, anywhere on the globe: positions in metres, and a grid to look in.

Positions are geocentric coordinates on the WGS 84 ellipsoid (height 0), so that a distance is a chord: less than a
micrometre shorter than the geodesic at 60 m, the same in every direction, without a projection that depends on the batch,
across the 180th meridian too.

The grid has rows of equal latitude and, in each row, columns of equal longitude, all at least 60 m wide, so whatever
lies within 60 m of a point lies in its cell or one beside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REACH_M = 60.0

# WGS 84 (NIMA TR8350.2, 2000)
_SEMI_MAJOR_M = 6_378_137.0
_ECCENTRICITY_2 = 6.694379990141317e-3
_LEAST_M_A_DEGREE = 110_574.0  # of latitude, at the equator; everywhere else it is longer

_ROWS = int(180 * _LEAST_M_A_DEGREE / REACH_M)
_ROW_DEGREES = 180 / _ROWS
_STRIDE = 1 << 20  # more than the columns of any row: 667,917 at the equator

Position = tuple[float, float, float]
Ranges = tuple[tuple[int, int, int, int], ...]


def positions(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> list[Position]:
    """Geocentric x, y, z in metres of each point given in degrees."""
    along, up = np.radians(lon), np.radians(lat)
    normal = _SEMI_MAJOR_M / np.sqrt(1 - _ECCENTRICITY_2 * np.sin(up) ** 2)
    out = normal * np.cos(up)
    x, y, z = out * np.cos(along), out * np.sin(along), normal * (1 - _ECCENTRICITY_2) * np.sin(up)
    return list(zip(x.tolist(), y.tolist(), z.tolist(), strict=True))


def grid_keys(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """The grid cell of each point; meaningless where a coordinate is NaN."""
    row = _row(np.nan_to_num(lat))
    around = _columns(row)
    return row * _STRIDE + _column(np.nan_to_num(lon), around) % around


def cell_ranges(
    lon: NDArray[np.float64], lat: NDArray[np.float64], reach_m: NDArray[np.float64]
) -> list[Ranges]:
    """For each point the grid cells that its disc touches, as up to three rows of (key of column 0, first column, last
    column, columns in the row); columns are to be taken modulo the last number. Empty where a coordinate is NaN.

    reach_m: metres, at most 60.
    """
    known = ~(np.isnan(lon) | np.isnan(lat))
    lon, lat = np.where(known, lon, 0.0), np.where(known, lat, 0.0)
    up = reach_m / _LEAST_M_A_DEGREE
    lowest, highest = _row(lat - up), _row(lat + up)
    aside = reach_m / _metres_a_degree_of_longitude(np.abs(lat) + up)
    rows = []
    for step in range(3):
        row = np.minimum(lowest + step, highest)
        around = _columns(row)
        first, last = _column(lon - aside, around), _column(lon + aside, around)
        last = np.minimum(last, first + around - 1)
        rows.append(list(zip((row * _STRIDE).tolist(), first.tolist(), last.tolist(), around.tolist(), strict=True)))
    span = np.where(known, highest - lowest + 1, 0).tolist()
    one, two, three = rows
    return [
        (one[at],) if n == 1 else (one[at], two[at]) if n == 2 else () if n == 0 else (one[at], two[at], three[at])
        for at, n in enumerate(span)
    ]


def _row(lat: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.clip(np.floor((lat + 90) / _ROW_DEGREES), 0, _ROWS - 1).astype(np.int64)


def _columns(row: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many columns of at least 60 m fit into each row, measured along its edge nearer to the pole."""
    edge = np.maximum(np.abs(row * _ROW_DEGREES - 90), np.abs((row + 1) * _ROW_DEGREES - 90))
    return np.maximum(np.floor(360 * _metres_a_degree_of_longitude(edge) / REACH_M), 1).astype(np.int64)


def _column(lon: NDArray[np.float64], around: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.floor((lon + 180) / 360 * around).astype(np.int64)


def _metres_a_degree_of_longitude(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    up = np.radians(np.minimum(lat, 89.999))
    return np.pi / 180 * _SEMI_MAJOR_M * np.cos(up) / np.sqrt(1 - _ECCENTRICITY_2 * np.sin(up) ** 2)
