"""The order of walking: against every order there is on small sets, and what must hold for any set."""

from itertools import permutations

import numpy as np
import pytest

from reports.crews.route_order import improved, length_m, metres_between, metres_of, nearest_neighbour, route_order


def some_places(seed: int, n: int, spread: float = 0.02):
    rng = np.random.default_rng(seed)
    return 108.2 + spread * rng.random(n), 16.05 + spread * rng.random(n)


def shortest_of_all(metres) -> float:
    return min(length_m(np.array(order), metres) for order in permutations(range(len(metres))) if order[0] < order[-1])


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7])
def test_on_small_sets_no_order_is_shorter(n):
    for seed in range(12):
        lon, lat = some_places(100 * n + seed, n)
        metres = metres_between(lon, lat)
        assert length_m(route_order(lon, lat), metres) == pytest.approx(shortest_of_all(metres), rel=1e-9)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 12, 40, 120, 300])
def test_every_place_is_visited_once(n):
    lon, lat = some_places(7, n)
    assert sorted(route_order(lon, lat)) == list(range(n))


def test_places_along_a_street_are_walked_along_it():
    along = np.random.default_rng(1).permutation(20)
    order = along[route_order(108.2 + along * 1e-4, np.full(20, 16.05))]
    assert list(order) in (list(range(20)), list(range(19, -1, -1)))


def test_improving_never_makes_a_way_longer():
    for seed in range(10):
        metres = metres_between(*some_places(seed, 30))
        first = nearest_neighbour(metres, 0)
        assert length_m(improved(first, metres), metres) <= length_m(first, metres)


def test_the_same_places_give_the_same_order():
    lon, lat = some_places(3, 25)
    assert list(route_order(lon, lat)) == list(route_order(lon.copy(), lat.copy()))


def test_places_on_the_same_spot_are_no_trouble():
    assert sorted(route_order([108.2] * 6, [16.05] * 6)) == list(range(6))


def test_metres_are_those_of_the_great_circle():
    import h3

    lon, lat = some_places(5, 6, spread=2.0)
    metres = metres_between(lon, lat)
    for i in range(6):
        for j in range(6):
            assert metres[i, j] == pytest.approx(h3.great_circle_distance((lat[i], lon[i]), (lat[j], lon[j]), unit="m"), rel=1e-5, abs=1e-6)
    assert metres_of(lon, lat, lon[2], lat[2]) == pytest.approx(metres[:, 2])
