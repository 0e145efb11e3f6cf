"""The ranges of cell numbers of a tile miss no cell that touches it, and are few."""

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from h3ronpy import ContainmentMode
from h3ronpy.vector import geometry_to_cells
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.tile_cells import FIRST_ZOOM, bounds_of_tile, covering_cells, number_ranges


def test_all_descendants_of_a_cell_lie_in_its_range() -> None:
    cell = h3.latlng_to_cell(16.055, 108.205, 6)

    for resolution in (6, 7, 9):
        (low,), (high,) = number_ranges(np.array([cell], np.uint64), resolution)
        inside = set(h3.cell_to_children(cell, resolution))
        assert {low <= child <= high for child in inside} == {True}
        beside = {child for near in set(h3.grid_disk(cell, 1)) - {cell} for child in h3.cell_to_children(near, resolution)}
        assert {low <= child <= high for child in beside} == {False}


@settings(max_examples=150, deadline=None)
@given(st.integers(7, 10), st.integers(2, 6), st.floats(-70, 70), st.floats(-170, 170))
def test_no_cell_that_touches_a_tile_is_missed(resolution: int, closer: int, lat: float, lon: float) -> None:
    z = max(FIRST_ZOOM, resolution + closer)
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z)
    tile = shapely.box(*bounds_of_tile(z, x, y))
    touching = np.asarray(geometry_to_cells(tile, resolution, containment_mode=ContainmentMode.Covers)).astype(np.int64)

    low, high = (np.sort(edge) for edge in number_ranges(covering_cells(z, x, y, resolution), resolution))

    place = np.searchsorted(low, touching, side="right") - 1
    assert ((place >= 0) & (touching <= high[place])).all()


@pytest.mark.parametrize("zoom", range(FIRST_ZOOM, 19))
def test_a_tile_needs_a_few_dozen_ranges(zoom: int) -> None:
    x, y = int((108.205 + 180) / 360 * 2**zoom), int(0.4549 * 2**zoom)

    assert len(covering_cells(zoom, x, y, 10)) <= 100
