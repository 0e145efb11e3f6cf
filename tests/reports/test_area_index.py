"""Which area a point lies in: inside, just off, far away; one point or many."""

import time

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.geography.area_index import NOWHERE, AreaIndex, AreaRow
from tests.conftest import shared

METRES = "EPSG:32721"
MARGIN = 2000.0
WEST, SOUTH, SIDE = -57.60, -34.95, 0.02


def square(column: int, row: int, size: float = 1.0) -> shapely.Polygon:
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return shapely.box(west, south, west + SIDE * size, south + SIDE * size)


def area(id: int, polygon: shapely.Geometry, **fields) -> AreaRow:
    defaults = {"code": f"A{id}", "kind": "barrio", "name": f"Name {id}", "full_name": "", "name_en": ""}
    return AreaRow(**{**defaults, "id": id, "polygon": polygon, "unit": True, "approximate": False, **fields})


@pytest.fixture(scope="module")
def four():
    """Two by two squares of some two kilometres, ids 11 to 14, and a beach (21) over the southern border of 11 and 12."""
    units = [area(11 + column + 2 * row, square(column, row)) for row in (0, 1) for column in (0, 1)]
    beach = area(21, shapely.box(WEST, SOUTH - 0.002, WEST + 2 * SIDE, SOUTH + 0.002), kind="playa", unit=False)
    return AreaIndex([*units, beach], METRES, MARGIN)


@pytest.fixture(scope="module")
def real():
    """The units of a real city, and its polygons by position."""
    frame = gpd.read_file(shared("areas/danang_2025.geojson"))
    rows = [area(at, row.geometry, code=row.code) for at, row in enumerate(frame.itertuples())]
    return AreaIndex(rows, "EPSG:5899", 5000), frame


def test_a_point_inside_belongs_to_its_unit_and_is_nowhere_outside(four):
    found = four.locate([WEST + 0.01, WEST + 0.03], [SOUTH + 0.01, SOUTH + 0.03])
    assert found.area_id.tolist() == [11, 14]
    assert found.outside_m.tolist() == [0, 0]


def test_a_point_just_off_a_unit_takes_the_nearest_and_says_how_far(four):
    found = four.locate(WEST + 0.01, SOUTH - 0.01)
    metres = pyproj.Geod(ellps="WGS84").inv(WEST + 0.01, SOUTH - 0.01, WEST + 0.01, SOUTH)[2]
    assert found.area_id[0] == 11
    assert found.outside_m[0] == pytest.approx(metres, rel=0.002)


def test_a_point_beyond_the_margin_belongs_to_nobody(four):
    found = four.locate(WEST + 0.01, SOUTH - 0.02)
    assert found.area_id[0] == NOWHERE
    assert found.outside_m[0] > MARGIN


def test_a_point_on_another_continent_is_told_its_distance(four):
    found = four.locate([-75.16, 108.2], [39.95, 16.06])
    assert (found.area_id == NOWHERE).all()
    assert found.outside_m[0] == pytest.approx(8_500_000, rel=0.05)


def test_a_point_on_a_shared_border_always_gets_the_same_unit(four):
    assert [four.locate(WEST + SIDE, SOUTH + 0.01).area_id[0] for _ in range(5)] == [11] * 5


def test_a_position_that_is_no_number_is_infinitely_far(four):
    found = four.locate([np.nan, np.inf], [0.0, 0.0])
    assert (found.area_id == NOWHERE).all() and np.isinf(found.outside_m).all()


def test_overlays_are_told_apart_from_units(four):
    point, overlay = four.overlays([WEST + 0.01, WEST + 0.01, WEST + 0.03], [SOUTH + 0.001, SOUTH + 0.01, SOUTH - 0.001])
    assert point.tolist() == [0, 2] and overlay.tolist() == [21, 21]


def test_an_approximate_unit_may_be_told_but_is_not_certain():
    index = AreaIndex([area(1, square(0, 0), approximate=True), area(2, square(1, 0))], METRES, MARGIN)
    found = index.locate([WEST + 0.01, WEST + 0.03], [SOUTH + 0.01] * 2)
    assert found.area_id.tolist() == [1, 2]
    assert found.certain_id.tolist() == [NOWHERE, 2]


def test_without_units_everything_is_infinitely_far():
    found = AreaIndex([], METRES, MARGIN).locate([WEST], [SOUTH])
    assert found.area_id.tolist() == [NOWHERE] and np.isinf(found.outside_m).all()
    assert [part.size for part in AreaIndex([], METRES, MARGIN).overlays([WEST], [SOUTH])] == [0, 0]


def test_no_points_is_a_fair_question(four):
    found = four.locate(np.array([]), np.array([]))
    assert found.area_id.size == found.outside_m.size == found.approximate.size == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-57.7, -57.5), st.floats(-35.05, -34.85)), min_size=1, max_size=20))
def test_many_points_get_the_same_answers_as_each_alone(points):
    index = AreaIndex([area(1, square(0, 0)), area(2, square(1, 0, 0.7)), area(3, square(3, 0))], METRES, MARGIN)
    lon, lat = np.array(points).T
    together = index.locate(lon, lat)
    alone = [index.locate(*point) for point in points]
    assert together.area_id.tolist() == [one.area_id[0] for one in alone]
    assert together.outside_m.tolist() == [one.outside_m[0] for one in alone]


def test_the_distance_to_the_outline_is_that_to_the_polygons(real):
    index, frame = real
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(108.1, 108.6, 200), rng.uniform(15.8, 16.3, 200)
    found = index.locate(lon, lat)
    outline = shapely.union_all(frame.to_crs(5899).geometry.values)
    expected = shapely.distance(outline, shapely.points(*index.metres(lon, lat)))
    near = expected < 25_000
    assert np.allclose(found.outside_m[near], expected[near], atol=0.5)


def test_real_places_lie_in_the_units_their_publisher_names(real):
    index, frame = real
    places = gpd.read_file(shared("text/danang_places_osm.geojson"))
    found = index.locate(places.geometry.x.values, places.geometry.y.values)
    assert (frame.code.values[found.area_id] == places.code.values).mean() > 0.999
    assert (found.outside_m > 0).sum() <= 1


def test_a_swimmer_off_a_real_beach_is_in_the_ward_behind_it(real):
    index, frame = real
    found = index.locate(108.2520, 16.0610)  # the surf, some hundreds of metres from the sand
    assert frame.fullName[found.area_id[0]] == "Phường An Hải"
    assert 0 < found.outside_m[0] < 1500


def test_a_hundred_thousand_points_need_no_loop(real):
    """No time is asserted: with a loop over points this would be felt by whoever runs the tests."""
    index, _frame = real
    rng = np.random.default_rng(2)
    begun = time.perf_counter()
    found = index.locate(rng.uniform(108.0, 108.3, 100_000), rng.uniform(15.9, 16.1, 100_000))
    print(f"{100_000 / (time.perf_counter() - begun):,.0f} points/s")
    assert (found.area_id >= 0).mean() > 0.8
