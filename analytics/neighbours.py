"""Which cells are neighbours: H3 k-rings as sorted arrays and as sparse matrices."""

from __future__ import annotations

import h3ronpy
import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Cells = NDArray[np.uint64]

# Cells of this many rings are asked for at a time, so that a whole city never needs all its rings in memory at once.
_CHUNK = 65_536


def as_cells(cells: ArrayLike) -> Cells:
    """H3 cells as uint64, (n,), from int64 (the database), uint64 or Python integers.

    Raises ValueError for negative or fractional numbers, which no H3 cell has.
    """
    array = np.asarray(cells)
    if array.size == 0:
        return np.zeros(0, np.uint64)
    if array.dtype.kind not in "iu" or (array.dtype.kind == "i" and int(array.min()) < 0):
        raise ValueError("H3 cells must be non-negative whole numbers")
    return np.ascontiguousarray(array.astype(np.uint64, copy=False))


def disk(cells: ArrayLike, k: int) -> Cells:
    """The sorted, distinct cells within `k` steps of any of `cells` (they themselves included), (m,) uint64.

    Grows ring by ring and keeps distinct cells only, so a town of many adjoining cells costs about seven times itself.
    """
    grown: Cells = np.unique(as_cells(cells))
    for _ in range(k):
        if grown.size:
            rings = [np.asarray(h3ronpy.grid_disk(part, 1, flatten=True)) for part in _parts(grown)]
            grown = np.unique(np.concatenate(rings)).astype(np.uint64, copy=False)
    return grown


def neighbour_matrix(cells: ArrayLike, k: int = 1) -> sparse.csr_array:
    """Binary matrix (n, n) int32 of which cells lie within `k` steps of each other, each cell its own neighbour.

    `cells`: (n,) sorted, distinct H3 cells of one resolution: the domain. Neighbours outside the domain are left out,
    so a row's length (its *degree*) is 7 inside (k = 1) and less along the border, and 6 at one of H3's 12 pentagons.
    Raises ValueError when the cells are not sorted and distinct.
    """
    domain = as_cells(cells)
    if domain.size > 1 and not (domain[1:] > domain[:-1]).all():
        raise ValueError("cells must be sorted and distinct")
    columns, degrees = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    for part in _parts(domain):
        found, inside, ring_of = _ring_positions(part, domain, k)
        columns.append(found[inside].astype(np.int32))
        degrees.append(np.bincount(ring_of[inside], minlength=part.size))
    indices = np.concatenate(columns)
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(degrees))]).astype(np.int32)
    matrix = sparse.csr_array((np.ones(indices.size, np.int32), indices, indptr), shape=(domain.size, domain.size))
    matrix.sort_indices()
    return matrix


def degrees(cells: ArrayLike, domain: ArrayLike, k: int = 1) -> NDArray[np.int64]:
    """How many cells of the sorted `domain` lie within `k` steps of each of `cells`, (n,), without a matrix."""
    wanted, sorted_domain = as_cells(cells), as_cells(domain)
    counted = [np.zeros(0, np.int64)]
    for part in _parts(wanted):
        _, inside, ring_of = _ring_positions(part, sorted_domain, k)
        counted.append(np.bincount(ring_of[inside], minlength=part.size))
    return np.concatenate(counted)


def _parts(cells: Cells) -> list[Cells]:
    return [cells[start : start + _CHUNK] for start in range(0, cells.size, _CHUNK)]


def _ring_positions(
    cells: Cells, domain: Cells, k: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """For every member of every cell's ring: its place in the domain, whether it is there, and whose ring it is."""
    rings = pa.array(h3ronpy.grid_disk(cells, k))
    members = rings.values.to_numpy()
    sizes = np.diff(rings.offsets.to_numpy())
    ring_of = np.repeat(np.arange(cells.size), sizes)
    places = np.searchsorted(domain, members)
    inside = places < domain.size
    inside[inside] = domain[places[inside]] == members[inside]
    return places, inside, ring_of
