"""Neighbours, the domain, and the choice of scale."""

from pathlib import Path

import geopandas
import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain import domain_cells, parents, polygons_to_cells, read_domain, require_resolution
from analytics.neighbours import as_cells, degrees, disk, neighbour_matrix
from analytics.scale import choose_scale

CENTRE = h3.str_to_int(h3.latlng_to_cell(16.06, 108.22, 10))
AROUND = np.sort(as_cells([h3.str_to_int(cell) for cell in h3.grid_disk(h3.int_to_str(CENTRE), 5)]))


def ring(cell: int, k: int) -> set[int]:
    return {h3.str_to_int(other) for other in h3.grid_disk(h3.int_to_str(int(cell)), k)}


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(AROUND.tolist()), min_size=1, max_size=12), st.integers(0, 3))
def test_a_domain_is_every_cell_within_k_steps_of_a_case_and_no_other(cases: set[int], k: int) -> None:
    expected = set().union(*(ring(case, k) for case in cases))
    domain = domain_cells(list(cases) * 2, None, k)
    assert domain.dtype == np.uint64
    assert domain.tolist() == sorted(expected)


def test_listed_places_widen_the_domain_and_order_and_repeats_do_not_matter() -> None:
    far = h3.str_to_int(h3.latlng_to_cell(16.2, 108.1, 10))
    domain = domain_cells([CENTRE], [far])
    assert set(domain.tolist()) == ring(CENTRE, 2) | ring(far, 2)
    assert np.array_equal(domain, domain_cells([far, CENTRE, far], []))
    assert np.array_equal(domain, domain_cells(np.array([far, CENTRE], np.int64)))
    assert domain_cells([], []).size == 0


def test_neighbours_are_the_cells_one_step_away_in_the_domain_and_the_cell_itself() -> None:
    domain = AROUND[::2]
    matrix = neighbour_matrix(domain)
    assert matrix.shape == (domain.size, domain.size)
    for row, cell in enumerate(domain):
        assert set(domain[matrix[[row]].indices].tolist()) == ring(cell, 1) & set(domain.tolist())
    assert (matrix != matrix.T).nnz == 0
    assert np.array_equal(degrees(domain, domain), np.diff(matrix.indptr))


def test_neighbours_and_discs_at_a_pentagon_and_across_the_date_line_are_right() -> None:
    odd = [h3.str_to_int(h3.get_pentagons(10)[3]), h3.str_to_int(h3.latlng_to_cell(-17, 180, 10))]
    domain = disk(odd, 2)
    assert set(domain.tolist()) == ring(odd[0], 2) | ring(odd[1], 2)
    degree = dict(zip(domain.tolist(), np.diff(neighbour_matrix(domain).indptr).tolist(), strict=True))
    assert degree[odd[0]] == 6
    assert degree[odd[1]] == 7


def test_cells_out_of_order_have_no_neighbour_matrix() -> None:
    with pytest.raises(ValueError, match="sorted and distinct"):
        neighbour_matrix(AROUND[::-1])
    assert neighbour_matrix([]).shape == (0, 0)


def test_a_coarser_domain_is_made_of_the_parents() -> None:
    for resolution in (10, 9, 8):
        expected = [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(int(cell)), resolution)) for cell in AROUND]
        assert parents(AROUND, resolution).tolist() == expected


def test_what_is_no_cell_of_the_right_resolution_is_refused() -> None:
    with pytest.raises(ValueError, match="resolution 10"):
        require_resolution(parents(AROUND, 9))
    with pytest.raises(ValueError, match="cell"):
        require_resolution([1])
    with pytest.raises(ValueError, match="whole numbers"):
        require_resolution([-5])
    with pytest.raises(ValueError, match="whole numbers"):
        require_resolution([1.5])


def test_every_point_inside_a_drawn_polygon_lies_in_its_domain(tmp_path: Path) -> None:
    outline = shapely.box(108.2, 16.0, 108.22, 16.02)
    geopandas.GeoSeries([outline], crs=4326).to_crs(5899).to_file(tmp_path / "domain.gpkg")
    domain = set(read_domain(tmp_path / "domain.gpkg").tolist())
    points = np.random.default_rng(1).uniform((108.2001, 16.0001), (108.2199, 16.0199), (500, 2))
    assert {h3.str_to_int(h3.latlng_to_cell(lat, lon, 10)) for lon, lat in points} <= domain
    assert all(shapely.Point(h3.cell_to_latlng(h3.int_to_str(c))[::-1]).distance(outline) < 0.002 for c in domain)


def test_a_polygon_smaller_than_a_cell_still_has_one() -> None:
    speck = shapely.Point(108.2, 16.0).buffer(1e-5)
    assert polygons_to_cells([shapely.to_wkb(speck)]).size == 1
    assert polygons_to_cells([]).size == 0


def test_a_domain_file_without_polygons_is_refused_with_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty.geojson"
    empty.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(ValueError, match=r"empty.geojson has no polygons"):
        read_domain(empty)


def test_the_scale_is_the_finest_cell_and_then_the_shortest_window_with_one_case_on_average() -> None:
    asked = []

    def dense_from(resolution: int, window: int):  # type: ignore[no-untyped-def]
        def mean_count(at: int, weeks: int) -> float:
            asked.append((at, weeks))
            return 1.0 if (at, weeks) in {(resolution, window), (8, 2)} else 0.99

        return mean_count

    assert choose_scale(dense_from(10, 2)) == (10, 2)
    assert choose_scale(dense_from(10, 12)) == (10, 12)
    assert choose_scale(dense_from(9, 8)) == (9, 8)
    asked.clear()
    assert choose_scale(lambda at, weeks: bool(asked.append((at, weeks)))) == (8, 12)
    assert asked == [(at, weeks) for at in (10, 9, 8) for weeks in (2, 4, 8, 12)]
