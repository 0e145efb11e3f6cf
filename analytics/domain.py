"""The domain: the cells that are tested, one rule for the refresh, `analyse`, the benchmarks and the tests.

A hotspot is a cell that has more than its share of the domain, so the domain decides what "share" means. Testing all
689,390 cells of a city that is mostly forest would make every street of the town "hot"; testing only cells with cases
would hide that most streets are clean. The domain is therefore where people report at all: the cells within two steps
(about 260 m) of any case of the analysed weeks, and of every listed place, where a case could have been reported.

The domain is always drawn in resolution-10 cells. A coarser analysis tests the H3 parents of these cells, so it covers
the same ground.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import h3ronpy
import numpy as np
from h3ronpy import ContainmentMode
from h3ronpy.vector import wkb_to_cells
from numpy.typing import ArrayLike

from analytics.neighbours import Cells, as_cells, disk

# About 130 m from centre to centre near the tropics: the cell every report is stored with.
RESOLUTION = 10


def domain_cells(case_cells: ArrayLike, place_cells: ArrayLike | None = None, k: int = 2) -> Cells:
    """The cells within `k` steps of any case or listed place, sorted and distinct, (n,) uint64.

    `case_cells`, `place_cells`: H3 cells of one resolution, in any order, repeated or not.
    """
    places = as_cells([] if place_cells is None else place_cells)
    return disk(np.concatenate([np.unique(as_cells(case_cells)), np.unique(places)]), k)


def parents(cells: ArrayLike, resolution: int) -> Cells:
    """The H3 parent of every cell at a coarser `resolution` (the cells themselves at their own), in their order."""
    own = as_cells(cells)
    if own.size == 0:
        return own
    return np.asarray(h3ronpy.change_resolution(own, resolution))


def require_resolution(cells: ArrayLike, resolution: int = RESOLUTION) -> Cells:
    """The cells as uint64. Raises ValueError when one is no H3 cell, or not of the given resolution."""
    own = as_cells(cells)
    if own.size and not (np.asarray(h3ronpy.cells_resolution(own)) == resolution).all():
        raise ValueError(f"all cells must be H3 cells of resolution {resolution}")
    return own


def polygons_to_cells(wkb: Iterable[bytes], resolution: int = RESOLUTION) -> Cells:
    """Every cell that any of the geometries (WKB, longitude and latitude) touches, sorted and distinct.

    Touching and not "centre inside", so that no case inside a polygon can fall into a cell outside its domain.
    """
    geometries = list(wkb)
    if not geometries:
        return np.zeros(0, np.uint64)
    cells = wkb_to_cells(geometries, resolution, containment_mode=ContainmentMode.Covers, flatten=True)
    return np.unique(np.asarray(cells)).astype(np.uint64, copy=False)


def read_domain(path: Path) -> Cells:
    """The domain drawn in a file of polygons (GeoJSON, GeoPackage, shapefile), as resolution-10 cells.

    Raises ValueError with a sentence when the file has no geometry or does not say where on Earth it lies.
    """
    import geopandas  # slow to import, and needed here only

    drawn = geopandas.read_file(path)
    if not isinstance(drawn, geopandas.GeoDataFrame) or drawn.geometry.dropna().empty:
        raise ValueError(f"{path.name} has no polygons, so it cannot say which cells to test.")
    if drawn.crs is None:
        raise ValueError(f"{path.name} does not say its coordinate system. Save it with one, such as EPSG:4326.")
    return polygons_to_cells(drawn.geometry.dropna().to_crs(4326).to_wkb())
