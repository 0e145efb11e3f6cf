"""The statistics of a hotspot: Getis-Ord Gi*, the exact tail, overdispersion, the false-discovery rate.

Arrays in, arrays out. What is tested, and what the tests cannot see, is told in docs/method.md.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import betainc, betaincc, gammainc, gammaincc

Floats = NDArray[np.float64]

# Counts are never trusted to be quite as regular as a Poisson process: an estimate below or at 1 is estimation noise,
# and the small margin costs under 3 % of a hotspot's ratio while it absorbs the error of the estimate.
DISPERSION_FLOOR = 1.02

# Closer to 1 than this the negative binomial and the Poisson tail agree to seven digits even at p = 1e-100, and the
# former's size parameter grows out of range.
_POISSON_MARGIN = 1e-12

# Rows made dense at a time when the counts come sparse: 16,384 cells of 104 weeks are 14 MB of int64.
_CHUNK = 16_384


def gi_star(values: ArrayLike, neighbours: Any, *, lag: int = 0) -> Any:
    """Getis-Ord Gi* of every bin: the standardised sum of a cell and its neighbours over the last `lag` + 1 weeks.

    `values`: (cells,) or (cells, weeks) numbers. `neighbours`: sparse (or dense) matrix (cells, cells); any entry that
    is not zero counts as one, and the diagonal is forced to one. The first weeks use as many weeks as there are.
    Mean and population variance are over all bins. Returns z, float64, of the shape of `values`; z is 0 where nothing
    varies, since nothing can stand out there. Raises ValueError for shapes that do not fit and for missing values.

    Source: Ord & Getis (1995), Geogr. Anal. 27:286, eq. 14, binary weights; equal to esda's
    `G_Local(transform="B", star=True, permutations=0).Zs`.
    """
    counts = _numbers(values, "values")
    if counts.ndim not in (1, 2):
        raise ValueError("values must be (cells,) or (cells, weeks)")
    if lag < 0:
        raise ValueError("lag must be 0 or more weeks")
    cube = counts if counts.ndim == 2 else counts[:, None]
    matrix = _binary_with_diagonal(neighbours, len(cube), cube.dtype)
    rings = matrix @ cube
    sums = rings.copy()
    for weeks_back in range(1, min(lag, cube.shape[1] - 1) + 1):
        sums[:, weeks_back:] += rings[:, :-weeks_back]
    weeks_in_window = np.minimum(np.arange(cube.shape[1]) + 1, lag + 1)
    sizes = np.diff(matrix.indptr)[:, None] * weeks_in_window[None, :]
    z = gi_star_from_sums(sums, sizes, n_bins=cube.size, mean=float(cube.mean()) if cube.size else 0.0, sd=_sd(cube))
    return z.reshape(counts.shape)


def gi_star_from_sums(sums: ArrayLike, sizes: ArrayLike, *, n_bins: int, mean: float, sd: float) -> Floats:
    """Gi* from neighbourhood sums that are at hand already: the same z without the whole cube in memory.

    `sums`: neighbourhood sums; `sizes`: the number of bins in each; `n_bins`, `mean`, `sd` (population): of all bins.
    """
    size = np.asarray(sizes, np.float64)
    excess = np.asarray(sums, np.float64) - size * mean
    error = sd * np.sqrt(np.maximum(n_bins * size - size**2, 0) / max(n_bins - 1, 1))
    z = np.zeros(np.broadcast(excess, error).shape)
    np.divide(excess, error, out=z, where=error > 0)
    return z


def exact_tail(
    observed: ArrayLike, expected: ArrayLike, dispersion: ArrayLike, *, tail: Literal["upper", "lower"] = "upper"
) -> Any:
    """Exact probability of a count at least (upper) or at most (lower) as large as the observed one.

    The count is negative binomial with mean `expected` and variance `dispersion` × `expected`; dispersion 1 is
    Poisson. The three broadcast. With E the mean and φ the dispersion, the size is r = E/(φ-1), and
    P(X ≥ O) = I(1 - 1/φ; O, r), the regularised incomplete beta function. Where nothing is expected, nothing can come:
    P is 1 for O = 0 and 0 above. Raises ValueError for negative or missing values and for a dispersion below 1.

    Source: Johnson, Kemp & Kotz (2005), Univariate Discrete Distributions, eq. 5.31.
    """
    if tail not in ("upper", "lower"):
        raise ValueError('tail must be "upper" or "lower"')
    o, e, phi = np.broadcast_arrays(*(np.asarray(given, np.float64) for given in (observed, expected, dispersion)))
    if not (np.isfinite(o).all() and np.isfinite(e).all() and np.isfinite(phi).all()):
        raise ValueError("counts, expectations and dispersion must be finite")
    if (o < 0).any() or (e < 0).any():
        raise ValueError("counts and expectations cannot be negative")
    if (phi < 1).any():
        raise ValueError("a dispersion below 1 is not a negative binomial")
    p = np.where(o > 0, 0.0, 1.0) if tail == "upper" else np.ones(o.shape)
    # The upper tail of 0 is certain; only the rest needs the special functions.
    needed = (e > 0) & ((o > 0) if tail == "upper" else True)
    poisson = needed & (phi - 1 < _POISSON_MARGIN)
    binomial = needed & ~poisson
    size = e[binomial] / (phi[binomial] - 1)
    share = (phi[binomial] - 1) / phi[binomial]
    if tail == "upper":
        p[poisson] = gammainc(o[poisson], e[poisson])
        p[binomial] = betainc(o[binomial], size, share)
    else:
        p[poisson] = gammaincc(o[poisson] + 1, e[poisson])
        p[binomial] = betaincc(o[binomial] + 1, size, share)
    return p[()]


def dispersion(counts: Any, *, percentile: float = 90, floor: float = DISPERSION_FLOOR) -> float:
    """Overdispersion (variance / mean) of weekly counts within cells, by second differences.

    `counts`: (cells, weeks) whole numbers, dense or scipy sparse. A week is compared with the mean of the week before
    and the week after, so slow change and the season cancel: for independent weeks the squared difference has 1.5 times
    the variance, and φ = Σ(2x_t - x_(t-1) - x_(t+1))² / (6 Σx_t) over the inner weeks. Cells whose total exceeds the
    given percentile of the cells that have any are left out: in busy cells the change of a real source outweighs chance
    and would pass for it. Never below `floor`, which is also the answer when there is nothing to estimate from.

    In the first two weeks of a city's data there is no such difference to take. Then φ is the variance between cells
    over their mean, which takes real differences between places for chance: it may hide a hotspot, but invents none.
    """
    matrix = sparse.csr_array(counts)
    totals = np.asarray(matrix.sum(axis=1, dtype=np.int64)).ravel()
    present = totals[totals > 0]
    if present.size == 0:
        return floor
    quiet = matrix[np.flatnonzero((totals > 0) & (totals <= np.percentile(present, percentile)))]
    squares = inner = 0
    for start in range(0, quiet.shape[0], _CHUNK):
        x = quiet[start : start + _CHUNK].toarray().astype(np.int64)
        squares += int(((2 * x[:, 1:-1] - x[:, :-2] - x[:, 2:]) ** 2).sum())
        inner += int(x[:, 1:-1].sum())
    return max(squares / (6 * inner) if inner else _dispersion_between_cells(matrix), floor)


def _dispersion_between_cells(matrix: sparse.csr_array) -> float:
    """Variance between cells within each week over the mean, all weeks pooled."""
    n_cells = matrix.shape[0]
    weekly = [int(total) for total in np.asarray(matrix.sum(axis=0, dtype=np.int64)).ravel()]
    squares = int((matrix.data.astype(np.int64) ** 2).sum())
    excess = n_cells * squares - sum(total**2 for total in weekly)
    return float(excess / (max(n_cells - 1, 1) * sum(weekly)))


def benjamini_hochberg(p: ArrayLike, *, alpha: float = 0.05) -> tuple[NDArray[np.bool_], Floats]:
    """Which tests are rejected at false-discovery rate `alpha`, and every test's q-value, both of the shape of `p`.

    The q-value is the smallest rate at which the test would be rejected: min over j ≥ rank of n·p_(j)/j; a test is
    rejected exactly when q ≤ alpha. Cells without a case have p = 1 and therefore q = 1, so they are never sorted.
    Raises ValueError for values outside [0, 1] and for missing ones.

    Source: Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57:289; valid under positive regression dependence
    (Benjamini & Yekutieli 2001), which overlapping neighbourhoods have.
    """
    given = np.asarray(p, np.float64)
    flat = given.ravel()
    if not ((flat >= 0) & (flat <= 1)).all():
        raise ValueError("p-values must lie between 0 and 1")
    q = np.ones(flat.size)
    below_one = np.flatnonzero(flat < 1)
    order = below_one[np.argsort(flat[below_one])]
    ranked = flat[order] * flat.size / np.arange(1, order.size + 1)
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1)
    return (q <= alpha).reshape(given.shape), q.reshape(given.shape)


def _numbers(values: ArrayLike, name: str) -> NDArray[Any]:
    """The values as int64 or float64, whichever they are; no gaps."""
    array = np.asarray(values)
    if array.dtype.kind in "iub":
        return array.astype(np.int64)
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers")
    return array.astype(np.float64)


def _binary_with_diagonal(neighbours: Any, n_cells: int, dtype: Any) -> sparse.csr_array:
    matrix = sparse.csr_array(neighbours)
    if matrix.shape != (n_cells, n_cells):
        raise ValueError(f"neighbours must be ({n_cells}, {n_cells}), not {matrix.shape}")
    pattern = ((matrix != 0) + sparse.eye_array(n_cells, dtype=bool, format="csr")).tocsr()
    return sparse.csr_array((np.ones(pattern.nnz, dtype), pattern.indices, pattern.indptr), shape=pattern.shape)


def _sd(cube: NDArray[Any]) -> float:
    """Population standard deviation; from exact integer sums where the values are whole numbers."""
    if cube.size == 0 or cube.min() == cube.max():
        return 0.0
    # Squares of whole numbers are summed exactly as long as they fit into 63 bits.
    if cube.dtype.kind == "i" and float(np.abs(cube).max()) ** 2 * cube.size < 2**62:
        return sd_from_sums(cube.size, int(cube.sum()), int((cube**2).sum()))
    return float(cube.std())


def sd_from_sums(n: int, total: int, total_of_squares: int) -> float:
    """Population standard deviation of n whole numbers from their sum and their sum of squares, without cancellation."""
    return float(np.sqrt((n * total_of_squares - total**2) / n**2))
