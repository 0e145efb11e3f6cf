"""The one analysis: it equals the plain way of computing it, and it keeps its promises on made-up cities."""

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import analysis
from analytics.domain import domain_cells, parents
from analytics.hotspots import benjamini_hochberg, dispersion, exact_tail, gi_star
from analytics.neighbours import Cells, disk, neighbour_matrix
from analytics.weeks import monday_of_number, parse_week, week_label, week_number

LAST = week_number("2024-W52")
CENTRE = h3.str_to_int(h3.latlng_to_cell(16.06, 108.22, 10))
CITY = disk([CENTRE], 30)  # 2,791 cells, 47 km²
WEEKS = np.arange(LAST - 103, LAST + 1)


def as_rows(cube: np.ndarray, cells: Cells = CITY) -> tuple[Cells, np.ndarray, np.ndarray]:
    """A dense (cells, 104) cube as the rows of the counter table."""
    row, week = np.nonzero(cube)
    return cells[row], WEEKS[week], cube[row, week]


def repeats(rng: np.random.Generator, mean: float) -> np.ndarray:
    incidents = rng.poisson(mean / 2.0806, (CITY.size, 104))
    return incidents + rng.poisson(incidents * 1.0806)


@pytest.mark.parametrize(("resolution", "window"), [(10, 2), (10, 12), (9, 4), (8, 8)])
def test_the_lean_analysis_equals_the_dense_one(resolution: int, window: int) -> None:
    cube = repeats(np.random.default_rng(1), 0.05)
    cube[:, 0] += 1  # so that the data begin with the first of the 104 weeks
    result = analysis.run(*as_rows(cube), until=LAST, domain=CITY, resolution=resolution, window=window)

    cells, row_of = np.unique(parents(CITY, resolution), return_inverse=True)
    dense = np.zeros((cells.size, 104), int)
    np.add.at(dense, row_of, cube)
    matrix = neighbour_matrix(cells)
    observed = matrix @ dense[:, -window:].sum(axis=1)
    expected = np.diff(matrix.indptr) * dense.mean(axis=0)[-window:].sum()
    p = exact_tail(observed, expected, dispersion(dense))
    hot, q = benjamini_hochberg(p)

    assert np.array_equal(result.cell, cells)
    assert np.array_equal(result.count, dense[:, -window:].sum(axis=1))
    assert np.array_equal(result.observed, observed)
    np.testing.assert_allclose(result.expected, expected, rtol=1e-12)
    np.testing.assert_allclose(result.ratio, observed / expected, rtol=1e-12)
    np.testing.assert_allclose(result.p, p, rtol=1e-9)
    np.testing.assert_allclose(result.q, q, rtol=1e-9)
    assert np.array_equal(result.hot, hot)
    np.testing.assert_allclose(result.gi_star, gi_star(dense, matrix, lag=window - 1)[:, -1], atol=1e-9)
    np.testing.assert_allclose(result.mean_per_week, dense.mean(axis=0))
    assert result.phi == dispersion(dense)
    assert (result.n_weeks, result.n_cells, result.n_cases) == (104, cells.size, cube.sum())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_repeats_and_forms_of_the_rows_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells, weeks = rng.choice(CITY[:200], 300), rng.integers(LAST - 110, LAST + 3, 300)
    once = analysis.run(cells, weeks, until="2024-W52", domain="data")
    order = rng.permutation(300)
    dates = np.array([monday_of_number(week) for week in weeks[order]])
    again = analysis.run(
        cells[order].astype(np.int64), dates, np.ones(300, int), until=parse_week("2024-W52"), domain="data"
    )
    assert once.parameters() == again.parameters()
    for column in ("cell", "count", "observed", "expected", "ratio", "p", "q", "gi_star", "hot"):
        assert np.array_equal(getattr(once, column), getattr(again, column))


def test_only_the_weeks_up_to_the_last_one_and_at_most_104_of_them_are_analysed() -> None:
    weeks = [LAST + 1, LAST, LAST - 103, LAST - 104]
    far = [h3.str_to_int(h3.latlng_to_cell(16.06 + step / 10, 108, 10)) for step in range(4)]
    result = analysis.run(far, weeks, until=LAST, domain="data")
    assert result.n_cases == 2
    assert result.n_cases_window == 1
    assert (week_label(result.first_week), week_label(result.until)) == ("2023-W01", "2024-W52")
    full = analysis.run(far, weeks, until=LAST, domain="data", resolution=10, window=2)
    assert np.array_equal(full.cell, domain_cells(far[1:3]))


def test_the_weeks_before_the_first_case_are_not_taken_for_quiet_ones() -> None:
    result = analysis.run([CENTRE] * 3, [LAST - 4, LAST, LAST], until=LAST, domain=CITY)
    assert result.n_weeks == result.mean_per_week.size == 5
    assert result.first_week == monday_of_number(LAST - 4)


def test_cases_outside_the_domain_are_counted_but_not_tested() -> None:
    outside = h3.str_to_int(h3.latlng_to_cell(10, 100, 10))
    result = analysis.run([CENTRE, outside], [LAST, LAST], [4, 3], until=LAST, domain=CITY)
    assert (result.n_cases, result.n_cases_window, result.n_cases_outside) == (4, 4, 3)
    assert outside not in result.cell


def test_listed_places_are_tested_by_default_and_not_with_the_data_domain() -> None:
    place = h3.str_to_int(h3.latlng_to_cell(16.2, 108.1, 10))
    args = dict(until=LAST, place_cells=[place], resolution=10, window=2)
    with_places = analysis.run([CENTRE], [LAST], **args)
    without = analysis.run([CENTRE], [LAST], domain="data", **args)
    assert np.array_equal(with_places.cell, domain_cells([CENTRE], [place]))
    assert np.array_equal(without.cell, domain_cells([CENTRE]))


def test_the_scale_follows_the_density_of_the_window() -> None:
    rng = np.random.default_rng(2)
    scales = [
        (result.resolution, result.window_weeks)
        for mean in (0.3, 0.05, 0.012, 0.002, 1e-5)
        for result in [analysis.run(*as_rows(rng.poisson(mean, (CITY.size, 104))), until=LAST, domain=CITY)]
    ]
    assert scales[:2] == [(10, 2), (10, 4)]
    assert scales[2] == (10, 12)
    assert scales[3] == (9, 12)
    assert scales[4] == (8, 12)
    assert scales == sorted(scales, key=lambda scale: (-scale[0], scale[1]))


def test_a_fixed_resolution_or_window_is_kept() -> None:
    rows = as_rows(np.random.default_rng(3).poisson(0.05, (CITY.size, 104)))
    coarse = analysis.run(*rows, until=LAST, domain=CITY, resolution=9)
    short = analysis.run(*rows, until=LAST, domain=CITY, window=2)
    assert (coarse.resolution, coarse.window_weeks) == (9, 2)
    assert (short.resolution, short.window_weeks) == (9, 2)


def test_no_cases_at_all_give_an_empty_table_or_a_table_without_hotspots() -> None:
    empty = analysis.run([], [], until=LAST, domain="data")
    assert empty.n_cells == 0
    assert empty.parameters()["cut_off"] == 0
    quiet = analysis.run([], [], until=LAST, domain=CITY)
    assert not quiet.hot.any()
    assert quiet.p.min() == quiet.q.min() == 1
    assert quiet.ratio.max() == quiet.gi_star.max() == 0


def test_wrong_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        analysis.run([CENTRE], [LAST, LAST], until=LAST)
    with pytest.raises(ValueError, match="0 or more"):
        analysis.run([CENTRE], [LAST], [-1], until=LAST)
    with pytest.raises(ValueError, match="resolution 10"):
        analysis.run(parents([CENTRE], 9), [LAST], until=LAST)
    with pytest.raises(ValueError, match="domain must be"):
        analysis.run([CENTRE], [LAST], until=LAST, domain="everywhere")  # type: ignore[arg-type]


# --- promises: no hotspot by chance, and a real one is found --------------------------------------


@pytest.mark.parametrize("mean", [0.02, 0.1, 0.5])
def test_a_city_where_every_cell_is_alike_has_hardly_a_hotspot(mean: float) -> None:
    rng = np.random.default_rng(4)
    found = [
        int(analysis.run(*as_rows(rng.poisson(mean, (CITY.size, 104))), until=LAST, domain=CITY).hot.sum())
        for _ in range(10)
    ]
    # At a false-discovery rate of 5 % at most 1 run in 20 may name any cell; Gi* alone names dozens in each.
    assert sum(hot > 0 for hot in found) <= 2
    assert sum(found) <= 4


@pytest.mark.parametrize("mean", [0.02, 0.1, 0.5])
def test_repeats_alone_make_hardly_a_hotspot(mean: float) -> None:
    rng = np.random.default_rng(5)
    runs = [analysis.run(*as_rows(repeats(rng, mean)), until=LAST, domain=CITY) for _ in range(10)]
    assert sum(run.hot.any() for run in runs) <= 2
    as_if_independent = benjamini_hochberg(exact_tail(runs[0].observed, runs[0].expected, 1))[0]
    assert runs[0].phi > 2
    assert as_if_independent.sum() > runs[0].hot.sum()


@pytest.mark.parametrize("weeks", [1, 2, 3, 8])
def test_repeats_in_the_first_weeks_of_a_city_make_hardly_a_hotspot(weeks: int) -> None:
    rng = np.random.default_rng(9)
    hits = 0
    for _ in range(10):
        counts = repeats(rng, 0.02)
        counts[:, :-weeks] = 0
        hits += bool(analysis.run(*as_rows(counts), until=LAST, domain="data").hot.any())
    assert hits <= 2


def test_growth_and_season_of_the_whole_city_make_hardly_a_hotspot() -> None:
    rng = np.random.default_rng(6)
    weeks = np.arange(104)
    rise = (0.2 + 2 * weeks / 104) * (1 + 0.5 * np.sin(2 * np.pi * weeks / 52))
    runs = [
        analysis.run(*as_rows(rng.poisson(0.1 * rise, (CITY.size, 104))), until=LAST - late, domain=CITY)
        for late in range(0, 50, 5)
    ]
    assert sum(run.hot.any() for run in runs) <= 2


def test_planted_sources_are_found_and_hardly_anything_else() -> None:
    rng = np.random.default_rng(7)
    intensity = np.full((CITY.size, 104), 0.05)
    sources = rng.choice(CITY.size, 12, replace=False)
    intensity[sources] += 4
    result = analysis.run(*as_rows(rng.poisson(intensity)), until=LAST, domain=CITY)
    truth = neighbour_matrix(CITY) @ intensity[:, -1] / (0.05 * 7) > 2
    assert result.hot[sources].all()
    assert result.hot[truth].mean() > 0.9
    assert (~truth[result.hot]).mean() < 0.05


def test_a_source_that_is_gone_is_not_hot_any_more() -> None:
    rng = np.random.default_rng(8)
    intensity = np.full((CITY.size, 104), 0.05)
    source = int(np.searchsorted(CITY, CENTRE))
    intensity[source, :70] += 3
    assert not analysis.run(*as_rows(rng.poisson(intensity)), until=LAST, domain=CITY).hot[source]
    assert analysis.run(*as_rows(rng.poisson(intensity)), until=LAST - 40, domain=CITY).hot[source]
