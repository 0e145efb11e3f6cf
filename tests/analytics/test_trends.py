"""Mann–Kendall against pymannkendall."""

import numpy as np
import pymannkendall
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.trends import mann_kendall


@given(
    arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(3, 30)), elements=st.integers(0, 6)),
)
def test_the_trend_test_equals_pymannkendall_with_ties(series: np.ndarray) -> None:
    ours = mann_kendall(series)
    for row, s, variance, z, p in zip(series, *ours, strict=True):
        oracle = pymannkendall.original_test(row)
        assert s == oracle.s
        assert variance == pytest.approx(oracle.var_s)
        assert z == pytest.approx(oracle.z)
        assert p == pytest.approx(oracle.p, abs=1e-12)


def test_the_trend_test_equals_pymannkendall_on_a_series_of_rates() -> None:
    rates = np.random.default_rng(1).gamma(2, 1, 104) + np.arange(104) / 80
    oracle, ours = pymannkendall.original_test(rates), mann_kendall(rates)
    assert ours == pytest.approx((oracle.s, oracle.var_s, oracle.z, oracle.p))
    assert ours.p < 0.05


def test_unsigned_counts_do_not_wrap_round() -> None:
    falling = np.array([9, 7, 5, 3, 1], np.uint8)
    assert mann_kendall(falling).s == -10


def test_a_series_without_variation_has_no_trend() -> None:
    flat = mann_kendall(np.full((2, 10), 3))
    assert flat.z.tolist() == [0, 0]
    assert flat.p.tolist() == [1, 1]
    assert mann_kendall([4.0]).p == 1
    assert mann_kendall(np.zeros((0, 10))).p.shape == (0,)


def test_many_series_are_tested_alike_whether_alone_or_together() -> None:
    series = np.random.default_rng(2).poisson(1, (9000, 12))
    together = mann_kendall(series)
    for cell in (0, 8191, 8192, 8999):
        assert mann_kendall(series[cell]) == tuple(figure[cell] for figure in together)


def test_flat_series_of_independent_weeks_seldom_show_a_trend() -> None:
    false_alarms = (mann_kendall(np.random.default_rng(3).poisson(2, (4000, 104))).p < 0.05).mean()
    assert 0.03 < false_alarms < 0.065


def test_a_series_with_gaps_is_refused() -> None:
    with pytest.raises(ValueError, match="without gaps"):
        mann_kendall([1.0, np.nan, 2.0])
    with pytest.raises(ValueError, match="weeks"):
        mann_kendall(np.zeros((2, 2, 2)))
