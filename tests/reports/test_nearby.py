"""Open cases close by: every one within 50 m, and nothing finer than what is public."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from django.contrib.gis.geos import Point

from reports.geography.area_index import great_circle_m
from reports.nearby import NEAR_M, PUBLIC_RESOLUTION, open_cases_near

pytestmark = pytest.mark.django_db
HERE = (108.205, 16.055)
METRE = 1 / 110_600  # degrees of latitude


@pytest.fixture
def coarse(case):
    """Makes a case whose public point is the centre of its cell, as grouping makes it."""

    def make(lon: float, lat: float, **fields):
        made = case(lon=lon, lat=lat, **fields)
        y, x = h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, PUBLIC_RESOLUTION))
        made.public_location = Point(x, y, srid=4326)
        made.save()
        return made

    return make


def test_a_case_within_fifty_metres_is_found_whatever_its_cell(coarse):
    random = np.random.default_rng(7)
    for _ in range(40):
        angle, metres = random.uniform(0, 2 * np.pi), random.uniform(0, NEAR_M - 0.5)
        lat = HERE[1] + metres * np.sin(angle) * METRE
        lon = HERE[0] + metres * np.cos(angle) * METRE / np.cos(np.radians(HERE[1]))
        made = coarse(lon, lat)
        assert made.code in {near.code for near in open_cases_near(HERE)}, metres
        made.delete()


def test_a_case_farther_than_its_hexagon_reaches_is_not(coarse):
    coarse(HERE[0], HERE[1] + 115 * METRE)
    assert open_cases_near(HERE) == []


@pytest.mark.parametrize("status,found", [("new", 1), ("confirmed", 1), ("cleaned", 0), ("verified", 0), ("refused", 0)])
def test_only_open_cases_are_asked_about(coarse, status, found):
    coarse(*HERE, status=status)
    assert len(open_cases_near(HERE)) == found


def test_what_is_told_does_not_depend_on_where_in_its_cell_a_case_lies(coarse):
    """Whoever asks from many points must not be able to find the exact place: it may be somebody's yard."""
    cell = h3.latlng_to_cell(HERE[1], HERE[0], PUBLIC_RESOLUTION)
    y, x = h3.cell_to_latlng(cell)
    asked = [(HERE[0] + dx * METRE, HERE[1] + dy * METRE) for dx in range(-100, 101, 20) for dy in range(-100, 101, 20)]
    told = []
    for lon, lat in ((x, y), (x + 8 * METRE, y + 8 * METRE), (x - 9 * METRE, y)):
        made = coarse(lon, lat)
        assert h3.latlng_to_cell(lat, lon, PUBLIC_RESOLUTION) == cell
        told.append([[(near.distance_m, near.words) for near in open_cases_near(point)] for point in asked])
        made.delete()
    assert told[0] == told[1] == told[2]
    assert any(told[0])


def test_the_nearest_three_are_shown_in_order(coarse):
    for metres in (45, 5, 20, 30):
        coarse(HERE[0], HERE[1] + metres * METRE)
    found = open_cases_near(HERE)
    assert len(found) == 3
    assert [near.distance_m for near in found] == sorted(near.distance_m for near in found)


def test_the_distance_is_that_to_the_public_point_in_tens_of_metres(coarse):
    made = coarse(HERE[0], HERE[1] + 40 * METRE)
    metres = great_circle_m(*HERE, made.public_location.x, made.public_location.y)
    assert abs(open_cases_near(HERE)[0].distance_m - metres) <= 6


@pytest.mark.parametrize("point", [None, (0, 0), (181, 5), (108, 89.9), (-180, -85)])
def test_nowhere_has_nothing_near(point, case):
    case()
    assert open_cases_near(point) == []


