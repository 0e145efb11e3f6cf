"""Outlines of H3 cells in the metres of web maps (EPSG:3857), many at a time."""

from __future__ import annotations

import h3ronpy
import numpy as np
import pyarrow as pa
from h3ronpy.vector import cells_to_wkb_polygons
from numpy.typing import NDArray

from analytics.neighbours import Cells

EARTH_RADIUS_M = 6_378_137.0  # of EPSG:3857, which takes the Earth for a sphere of WGS 84's longer radius
SRID = 3857

_WKB_HEADER = 13  # byte order, type, one ring, number of its corners
_EWKB_POLYGON = 0x20000003  # a polygon that names its reference system


def web_mercator(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees to metres of EPSG:3857 (Snyder 1987, eq. 7-1 and 7-2, sphere); any shape."""
    x = EARTH_RADIUS_M * np.radians(lon)
    y = EARTH_RADIUS_M * np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))
    return x, y


def outlines(cells: Cells) -> list[bytes]:
    """The outline of each cell as EWKB in EPSG:3857, ready for a geometry column; (n,) cells → n values.

    Most cells are hexagons; pentagons have five corners, and a cell across an edge of H3's icosahedron up to ten.
    """
    if not cells.size:
        return []
    polygons = pa.array(cells_to_wkb_polygons(cells))
    _, offsets_buffer, bytes_buffer = polygons.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[: cells.size + 1]
    raw = np.frombuffer(bytes_buffer, np.uint8)
    sizes = np.diff(offsets)
    found: list[bytes] = [b""] * cells.size
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        corners = (int(size) - _WKB_HEADER) // 16
        degrees = np.lib.stride_tricks.sliding_window_view(raw, size)[offsets[which]]
        lonlat = np.ascontiguousarray(degrees[:, _WKB_HEADER:]).view("<f8").reshape(-1, corners, 2)
        ewkb = np.zeros(
            which.size,
            [("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("rings", "<u4"), ("corners", "<u4"), ("xy", "<f8", (corners, 2))],
        )
        ewkb["order"], ewkb["type"], ewkb["srid"], ewkb["rings"], ewkb["corners"] = 1, _EWKB_POLYGON, SRID, 1, corners
        ewkb["xy"][..., 0], ewkb["xy"][..., 1] = web_mercator(lonlat[..., 0], lonlat[..., 1])
        packed = ewkb.tobytes()
        for place, start in zip(which.tolist(), range(0, len(packed), ewkb.itemsize), strict=True):
            found[place] = packed[start : start + ewkb.itemsize]
    return found


def centres(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of each cell's centre, (n,) degrees each."""
    if not cells.size:
        return np.zeros(0), np.zeros(0)
    coordinates = pa.record_batch(h3ronpy.vector.cells_to_coordinates(cells))
    return coordinates.column("lng").to_numpy(), coordinates.column("lat").to_numpy()
