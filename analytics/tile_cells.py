"""Which H3 cells can touch a tile, as ranges of their numbers: so the index on (run, cell) finds them.

All descendants of an H3 cell have numbers between two bounds. Rows that were written anyway with an index by number need
no second, spatial one, which would cost each analysis a sixth of its time.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from h3ronpy import ContainmentMode
from h3ronpy.vector import geometry_to_cells

from analytics.neighbours import Cells, disk

WORLD_M = 40_075_016.685578488  # width of the tile 0/0/0
# Below this zoom a tile is wider than a city, and every row of an analysis is looked at.
FIRST_ZOOM = 6
_MARGIN = 0.02  # of a tile's width: outlines are drawn a little beyond its edge
_MEAN_EDGE_M = 1_281_256.011  # of cells of resolution 0 (h3geo.org, table of cell statistics)
_FINER = math.sqrt(7)  # times as short with each resolution


def bounds_of_tile(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees, with the margin."""
    west, east = ((x + shift) / 2**z * 360 - 180 for shift in (-_MARGIN, 1 + _MARGIN))
    north, south = (
        math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + shift) / 2**z)))) for shift in (-_MARGIN, 1 + _MARGIN)
    )
    return west, south, east, north


def covering_cells(z: int, x: int, y: int, finest: int) -> Cells:
    """Cells whose descendants of resolution `finest` or finer include every one that touches the tile; a few dozen.

    Descendants stick out of their ancestor, by less than its own size: so the neighbours of what covers the tile belong to it.
    """
    wanted = WORLD_M / 2**z / 4
    resolution = min(finest, max(0, round(math.log(_MEAN_EDGE_M / wanted, _FINER))))
    box = shapely.box(*bounds_of_tile(z, x, y))
    covering = np.asarray(geometry_to_cells(box, resolution, containment_mode=ContainmentMode.Covers))
    return disk(covering, 1)


def number_ranges(cells: Cells, resolution: int) -> tuple[list[int], list[int]]:
    """The lowest and the highest number that a descendant of each cell can have at a finer resolution (or its own)."""
    own = ((cells >> np.uint64(52)) & np.uint64(15)).astype(int)
    lowest, highest = [], []
    for cell, at in zip(cells.tolist(), own.tolist(), strict=True):
        # Three bits for each resolution, 7 where a cell has none; children are numbered 0 to 6.
        free = ((1 << 3 * (15 - at)) - 1) ^ ((1 << 3 * (15 - resolution)) - 1)
        of_resolution = cell & ~(15 << 52) | resolution << 52
        lowest.append(of_resolution & ~free)
        highest.append(of_resolution | free)
    return lowest, highest
