"""The statistics against oracles that we did not write, and against the properties they promise."""

import geopandas
import numpy as np
import pytest
from esda import G_Local
from hypothesis import given
from hypothesis import strategies as st
from libpysal import examples
from libpysal.weights import Queen, W
from scipy import sparse, stats
from scipy.special import betainc

from analytics.hotspots import benjamini_hochberg, dispersion, exact_tail, gi_star


def ring_of(size: int) -> sparse.csr_array:
    """Cells in a circle, each with two neighbours."""
    offsets = [np.roll(np.arange(size), step) for step in (1, -1)]
    rows = np.tile(np.arange(size), 2)
    return sparse.csr_array((np.ones(2 * size), (rows, np.concatenate(offsets))), shape=(size, size))


def repeats(rng: np.random.Generator, mean: float, shape: tuple[int, int]) -> np.ndarray:
    """Counts of reports where an incident brings 1 + Poisson(1.0806) of them: variance / mean = 2.6."""
    incidents = rng.poisson(mean / 2.0806, shape)
    return incidents + rng.poisson(incidents * 1.0806)


# --- Gi* ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("example", "file", "column"),
    [
        ("sids2", "sids2.shp", "SID74"),
        ("sids2", "sids2.shp", "SIDR79"),
        ("columbus", "columbus.shp", "HOVAL"),
        ("columbus", "columbus.shp", "CRIME"),
    ],
)
def test_gi_star_equals_esda_on_the_data_libpysal_ships(example: str, file: str, column: str) -> None:
    table = geopandas.read_file(examples.load_example(example).get_path(file))
    weights = Queen.from_dataframe(table, use_index=False)
    values = table[column].to_numpy(float)
    oracle = G_Local(values, weights, transform="B", star=True, permutations=0).Zs
    ours = gi_star(values, weights.sparse)
    assert ours.shape == values.shape
    assert np.abs(ours - oracle).max() < 1e-9


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_gi_star_equals_esda_on_a_cube_of_cells_and_weeks(lag: int) -> None:
    cells, weeks = 23, 7
    cube = np.random.default_rng(1).poisson(0.7, (cells, weeks))
    neighbours = ring_of(cells)
    bins = {
        cell * weeks + week: [
            int(other) * weeks + earlier
            for other in (cell, *neighbours[[cell]].indices)
            for earlier in range(max(week - lag, 0), week + 1)
            if (other, earlier) != (cell, week)
        ]
        for cell in range(cells)
        for week in range(weeks)
    }
    weights = W(bins, silence_warnings=True)
    oracle = G_Local(cube.ravel().astype(float), weights, transform="B", star=True, permutations=0).Zs
    assert np.abs(gi_star(cube, neighbours, lag=lag) - oracle.reshape(cells, weeks)).max() < 1e-9


def test_gi_star_ignores_how_neighbours_are_weighted_and_whether_the_cell_is_among_them() -> None:
    values = np.random.default_rng(2).normal(10, 3, 12)
    binary = ring_of(12)
    weighted = binary * 0.5 + sparse.eye_array(12) * 7
    assert np.array_equal(gi_star(values, binary), gi_star(values, weighted))
    assert np.array_equal(gi_star(values, binary), gi_star(values, binary.toarray()))


def test_gi_star_is_the_same_for_whole_numbers_of_every_width() -> None:
    cube = np.random.default_rng(3).poisson(2, (9, 5))
    expected = gi_star(cube.astype(float), ring_of(9), lag=2)
    for dtype in (np.uint8, np.int16, np.int32, np.int64, np.float32):
        assert np.allclose(gi_star(cube.astype(dtype), ring_of(9), lag=2), expected, atol=1e-12)


def test_gi_star_finds_nothing_where_nothing_varies() -> None:
    assert np.array_equal(gi_star(np.full((6, 4), 0.1), ring_of(6), lag=1), np.zeros((6, 4)))
    assert np.array_equal(gi_star([5], sparse.csr_array((1, 1))), [0])
    assert gi_star(np.zeros((0, 3)), sparse.csr_array((0, 0))).shape == (0, 3)


def test_gi_star_refuses_gaps_and_shapes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="finite"):
        gi_star([1.0, np.nan, 2.0], ring_of(3))
    with pytest.raises(ValueError, match="neighbours must be"):
        gi_star([1, 2, 3], ring_of(4))
    with pytest.raises(ValueError, match="lag"):
        gi_star([1, 2, 3], ring_of(3), lag=-1)
    with pytest.raises(ValueError, match="values must be"):
        gi_star(np.zeros((2, 2, 2)), ring_of(2))


@given(st.integers(0, 2**32 - 1))
def test_gi_star_does_not_depend_on_the_order_of_the_cells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cube, order = rng.poisson(1, (10, 4)), rng.permutation(10)
    neighbours = ring_of(10)
    assert np.allclose(
        gi_star(cube[order], neighbours[order][:, order], lag=1), gi_star(cube, neighbours, lag=1)[order]
    )


# --- the exact tail -------------------------------------------------------------------------------

MEANS = [0.01, 0.3, 1.0, 7.5, 120.0]
COUNTS = np.arange(0, 300)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("phi", [1.02, 1.5, 2.6, 9.0])
def test_the_tail_is_that_of_the_negative_binomial(mean: float, phi: float) -> None:
    oracle = stats.nbinom(mean / (phi - 1), 1 / phi)
    assert oracle.mean() == pytest.approx(mean)
    assert oracle.var() == pytest.approx(phi * mean)
    np.testing.assert_allclose(exact_tail(COUNTS, mean, phi), oracle.sf(COUNTS - 1), rtol=1e-9)
    np.testing.assert_allclose(exact_tail(COUNTS, mean, phi, tail="lower"), oracle.cdf(COUNTS), rtol=1e-9)


@pytest.mark.parametrize("mean", MEANS)
def test_the_tail_at_dispersion_one_is_that_of_poisson(mean: float) -> None:
    np.testing.assert_allclose(exact_tail(COUNTS, mean, 1), stats.poisson.sf(COUNTS - 1, mean), rtol=1e-9)
    np.testing.assert_allclose(exact_tail(COUNTS, mean, 1, tail="lower"), stats.poisson.cdf(COUNTS, mean), rtol=1e-9)
    nearly = exact_tail(COUNTS[:40], mean, 1 + 2e-12)
    np.testing.assert_allclose(nearly, exact_tail(COUNTS[:40], mean, 1), rtol=1e-6)


def test_the_tail_is_the_sum_of_the_probabilities_in_it() -> None:
    pmf = stats.nbinom.pmf(np.arange(4000), 3.2 / 1.6, 1 / 2.6)
    for count in (1, 2, 8, 20):
        assert exact_tail(count, 3.2, 2.6) == pytest.approx(pmf[count:].sum(), rel=1e-9)
        assert exact_tail(count, 3.2, 2.6, tail="lower") == pytest.approx(pmf[: count + 1].sum(), rel=1e-9)


@given(st.integers(1, 500), st.floats(1e-3, 500), st.floats(1.001, 50))
def test_the_two_tails_share_the_observed_count_and_nothing_else(count: int, mean: float, phi: float) -> None:
    below = exact_tail(count - 1, mean, phi, tail="lower")
    assert exact_tail(count, mean, phi) + below == pytest.approx(1, abs=1e-9)
    assert exact_tail(count, mean, phi) <= exact_tail(count - 1, mean, phi)


def test_the_tail_broadcasts_and_knows_the_certain_cases() -> None:
    table = exact_tail([[0], [3]], [0.0, 2.0], 1.5)
    assert table.shape == (2, 2)
    assert table[0].tolist() == [1, 1]
    assert table[1, 0] == 0
    assert table[1, 1] == pytest.approx(betainc(3, 4, 1 / 3))
    assert exact_tail([0, 4], 0, 1, tail="lower").tolist() == [1, 1]
    assert exact_tail(0, 2, 1.5).shape == ()


@pytest.mark.parametrize("bad", [(-1, 1, 1), (1, -1, 1), (1, 1, 0.9), (np.nan, 1, 1), (1, np.inf, 1), (1, 1, np.nan)])
def test_the_tail_refuses_what_is_no_count_expectation_or_dispersion(bad: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"negative|finite|dispersion"):
        exact_tail(*bad)


# --- overdispersion -------------------------------------------------------------------------------


def test_dispersion_of_independent_reports_is_one_and_is_floored() -> None:
    counts = np.random.default_rng(4).poisson(0.3, (5000, 104))
    assert dispersion(counts, floor=0) == pytest.approx(1, abs=0.02)
    assert dispersion(counts) == 1.02


@pytest.mark.parametrize("mean", [0.05, 0.5])
def test_dispersion_of_repeats_is_found(mean: float) -> None:
    counts = repeats(np.random.default_rng(5), mean, (5000, 104))
    # Leaving out the busiest tenth also leaves out some lucky cells, so the estimate is a few per cent low.
    assert dispersion(counts) == pytest.approx(counts.var() / counts.mean(), rel=0.08)


def test_dispersion_ignores_season_growth_and_busy_changing_cells() -> None:
    rng = np.random.default_rng(6)
    weeks = np.arange(104)
    counts = rng.poisson(0.5 * (1 + 0.25 * np.sin(2 * np.pi * weeks / 52)) * (0.5 + weeks / 104), (5000, 104))
    counts[:100] = rng.poisson(rng.choice([0, 60], (100, 104)))
    assert dispersion(counts) == pytest.approx(1.02, abs=0.02)
    assert dispersion(counts, percentile=100) > 5


def test_dispersion_is_the_same_for_dense_and_sparse_counts() -> None:
    counts = repeats(np.random.default_rng(7), 0.1, (40_000, 20))
    assert dispersion(sparse.csr_array(counts)) == dispersion(counts) == dispersion(counts.astype(np.uint8))


def test_dispersion_in_the_first_two_weeks_is_that_between_cells() -> None:
    counts = repeats(np.random.default_rng(9), 0.05, (20_000, 2))
    assert dispersion(counts[:, :1]) == pytest.approx(counts[:, 0].var(ddof=1) / counts[:, 0].mean())
    assert dispersion(counts) == pytest.approx(2.6, rel=0.1)


def test_dispersion_without_anything_to_estimate_from_is_the_floor() -> None:
    assert dispersion(np.zeros((5, 10), int)) == 1.02
    assert dispersion(np.ones((5, 2), int)) == 1.02
    assert dispersion(np.array([[3, 0, 0]])) == 1.02


# --- the false-discovery rate ---------------------------------------------------------------------


def slow_q(p: list[float]) -> list[float]:
    """The definition, word by word: the least n·p_(j)/j over all j that rank at or after the test."""
    ordered = sorted(p)
    return [min(len(p) * ordered[j] / (j + 1) for j in range(len(p)) if ordered[j] >= own) for own in p]


@given(
    st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.04, 1.0])), max_size=40),
    st.sampled_from([0.01, 0.05, 0.2]),
)
def test_the_false_discovery_rule_follows_its_definition(p: list[float], alpha: float) -> None:
    rejected, q = benjamini_hochberg(p, alpha=alpha)
    np.testing.assert_allclose(q, slow_q(p), rtol=1e-12)
    assert np.array_equal(rejected, q <= alpha)


def test_q_values_equal_those_of_scipy_and_keep_the_shape() -> None:
    p = np.random.default_rng(8).beta(0.3, 1, (40, 25))
    p[p > 0.8] = 1
    rejected, q = benjamini_hochberg(p)
    assert rejected.shape == q.shape == p.shape
    np.testing.assert_allclose(q, stats.false_discovery_control(p.ravel()).reshape(p.shape), rtol=1e-12)


def test_the_false_discovery_rule_refuses_what_is_no_probability() -> None:
    for bad in ([0.5, 1.1], [-0.1], [np.nan]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            benjamini_hochberg(bad)
    assert benjamini_hochberg([])[1].size == 0
