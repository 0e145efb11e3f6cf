"""Which reports are the same pile of waste: the rule as arithmetic on arrays, without Django.

Reports are taken in order of (`observed_at`, `id`). Each one

1. joins the case its reporter named (`same_case`);
2. else, unless its reporter said “another place” (`other_place`), joins the nearest case of a compatible kind (same group
   of waste, or either unknown) within 30 m plus the report's own accuracy, at most 60 m, which is open, however long it
   has been, or was cleaned less than 14 days before the report was observed and not verified. Ties go to the older
   case, then to the lower id. A cleaned case that is joined by something observed after its cleaning is reopened;
3. else opens a case, which comes back from (`recurs_of`) the nearest case that was cleaned within 60 m and 90 days before.

A case stands where the report that opened it stands and never drifts. A report without a point opens a case of its own.

**Order of arrival.** The same reports, all present before they are grouped, give the same cases whatever order they
arrived in. It matters in exactly three places: reports observed at the very same microsecond are taken in order of id, which
is their arrival; a report that arrives after later-observed neighbours were grouped joins or opens what it finds then,
and does not make them be grouped again (it may join a case that was observed after it, and whose point stays); and what was
said or done to a case in the meantime (joined, cleaned, merged, refused) counts as it is when the report is grouped.

Distances are chords between points on the WGS 84 ellipsoid, which differ from the geodesic by less than a micrometre at
60 m. They depend on the two points alone, so a file and the database give the same cases.
`reports/grouping/steps.py` carries this to the database and back.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reports.grouping.nearness import REACH_M, Position, Ranges, cell_ranges, grid_keys, positions

Grid = dict[int, list[tuple[int, int, float, float, float]]]  # cell → (case, group, x, y, z)

JOIN_M = 30.0  # two phones at one pile; the research note's radius for repeat reports
JOIN_AT_MOST_M = 60.0  # however bad the position, half a short street is the limit
RECUR_M = 60.0
MICROSECONDS_A_DAY = 86_400_000_000
REOPEN = 14 * MICROSECONDS_A_DAY
RECUR = 90 * MICROSECONDS_A_DAY

OPEN, CLEANED, VERIFIED = 0, 1, 2  # states of the cases that the rule knows; refused and merged ones are left out
UNKNOWN = 0  # group of waste that nobody named
NONE = -1  # no such case

_BLOCK = 65_536  # reports held as Python numbers at a time

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReportColumns:
    """Reports to group, one array each, (n,).

    id: breaks ties of time. lon, lat: degrees, NaN where only an area is known. observed_at: microseconds since 1970.
    group: 0 unknown, else any number for a group of waste. accuracy_m: metres, NaN unknown.
    same_case: position in the cases of the one the reporter named, -1 none. other_place: the reporter said no to all.
    """

    id: Ints
    lon: Floats
    lat: Floats
    observed_at: Ints
    group: Ints
    accuracy_m: Floats
    same_case: Ints
    other_place: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        lon: ArrayLike,
        lat: ArrayLike,
        observed_at: ArrayLike,
        *,
        id: ArrayLike | None = None,
        group: ArrayLike | None = None,
        accuracy_m: ArrayLike | None = None,
        same_case: ArrayLike | None = None,
        other_place: ArrayLike | None = None,
    ) -> ReportColumns:
        """Columns with the usual answer where none is given: in order of the rows, kind and accuracy unknown."""
        lon = np.asarray(lon, np.float64)
        n = lon.size

        def column(values: ArrayLike | None, usual: float, dtype: type) -> NDArray:
            array: NDArray = np.full(n, usual, dtype) if values is None else np.asarray(values, dtype)
            if array.shape != (n,):
                raise ValueError("all columns must be of one length")
            return array

        return cls(
            id=np.arange(n, dtype=np.int64) if id is None else column(id, 0, np.int64),
            lon=lon,
            lat=column(lat, np.nan, np.float64),
            observed_at=column(observed_at, 0, np.int64),
            group=column(group, UNKNOWN, np.int64),
            accuracy_m=column(accuracy_m, np.nan, np.float64),
            same_case=column(same_case, NONE, np.int64),
            other_place=column(other_place, False, np.bool_),
        )

    def __len__(self) -> int:
        return self.lon.size


@dataclass(frozen=True)
class CaseColumns:
    """Cases that are already there, in ascending order of id, one array each, (m,).

    Only open, cleaned and verified ones; those farther than 60 m from every report, not named by any, change nothing.
    observed_at, cleaned_at: microseconds since 1970; `cleaned_at` is read only where the state is not open.
    """

    lon: Floats
    lat: Floats
    observed_at: Ints
    group: Ints
    state: NDArray[np.int8]
    cleaned_at: Ints

    @classmethod
    def none(cls) -> CaseColumns:
        """No case is there yet."""
        nothing = np.zeros(0)
        whole = np.zeros(0, np.int64)
        return cls(nothing, nothing, whole, whole, np.zeros(0, np.int8), whole)

    def __len__(self) -> int:
        return self.lon.size


@dataclass(frozen=True)
class Grouping:
    """What became of n reports; m is the number of cases that were there.

    case: (n,) in the order of the reports given: below m a case that was there, else m + k, the k-th opened one.
    opened: (k,) position of the report that opened each case. recurs_of: (k,) the case it came back from, or -1.
    reopened, reopened_by: (r,) the case reopened and the report that did it.
    """

    case: Ints
    opened: Ints
    recurs_of: Ints
    reopened: Ints
    reopened_by: Ints


def group(reports: ReportColumns, cases: CaseColumns | None = None) -> Grouping:
    """Puts every report into a case. The rule, and where the order of arrival matters, are in the module's docstring."""
    book = _Book(CaseColumns.none() if cases is None else cases)
    case = np.full(len(reports), NONE, np.int64)
    order = np.lexsort((reports.id, reports.observed_at))
    for start in range(0, order.size, _BLOCK):
        block = order[start : start + _BLOCK]
        case[block] = book.take(reports, block)
    return Grouping(
        case=case,
        opened=np.array(book.opened, np.int64),
        recurs_of=np.array(book.recurs_of, np.int64),
        reopened=np.array(book.reopened, np.int64),
        reopened_by=np.array(book.reopened_by, np.int64),
    )


def cases_of_points(lon: ArrayLike, lat: ArrayLike, observed_at: ArrayLike) -> tuple[Ints, Ints]:
    """Cases of a file that knows only place and time: all open, of unknown kind, nothing cleaned.

    lon, lat: degrees (n,), all of them numbers. observed_at: microseconds since 1970 (n,) int, or datetime64.
    Returns the case of each point (n,), and for each case the position of the point that opened it (k,), whose
    place and time are the case's.
    """
    moments = np.asarray(observed_at)
    if moments.dtype.kind == "M":
        moments = moments.astype("datetime64[us]").astype(np.int64)
    grouping = group(ReportColumns.of(lon, lat, moments))
    return grouping.case, grouping.opened


class _Book:
    """The cases known so far, as plain lists, found by place through a grid."""

    def __init__(self, cases: CaseColumns) -> None:
        self.observed_at: list[int] = cases.observed_at.tolist()
        self.state: list[int] = cases.state.tolist()
        self.cleaned_at: list[int] = cases.cleaned_at.tolist()
        self.grid: Grid = defaultdict(list)
        placed = np.flatnonzero(~(np.isnan(cases.lon) | np.isnan(cases.lat)))
        lon, lat = cases.lon[placed], cases.lat[placed]
        for case, key, position, kind in zip(
            placed.tolist(), grid_keys(lon, lat).tolist(), positions(lon, lat), cases.group[placed].tolist(), strict=True
        ):
            self.grid[key].append((case, kind, *position))
        self.any_cleaned = bool((cases.state != OPEN).any())
        self.opened: list[int] = []
        self.recurs_of: list[int] = []
        self.reopened: list[int] = []
        self.reopened_by: list[int] = []

    def take(self, reports: ReportColumns, which: Ints) -> list[int]:
        """The cases of these reports, which are in order and come after all taken before."""
        lon, lat = reports.lon[which], reports.lat[which]
        reach = np.minimum(JOIN_M + np.nan_to_num(reports.accuracy_m[which]), JOIN_AT_MOST_M)
        columns = zip(
            which.tolist(),
            reports.observed_at[which].tolist(),
            reports.group[which].tolist(),
            (reach * reach).tolist(),
            reports.same_case[which].tolist(),
            reports.other_place[which].tolist(),
            positions(lon, lat),
            grid_keys(lon, lat).tolist(),
            cell_ranges(lon, lat, np.full(which.size, REACH_M) if self.any_cleaned else reach),
            strict=True,
        )
        taken = []
        for number, observed_at, kind, reach_2, named, elsewhere, position, key, ranges in columns:
            found, recurs_of = named, NONE
            if found == NONE and ranges:
                found, recurs_of = self._nearest(observed_at, kind, reach_2, position, ranges)
                if elsewhere:
                    found = NONE
            if found == NONE:
                found = self._open(number, observed_at, recurs_of)
                if ranges:
                    self.grid[key].append((found, kind, *position))
            elif self.state[found] != OPEN and observed_at > self.cleaned_at[found]:
                self.state[found] = OPEN
                self.reopened.append(found)
                self.reopened_by.append(number)
            taken.append(found)
        return taken

    def _nearest(
        self, observed_at: int, kind: int, reach_2: float, position: Position, ranges: Ranges
    ) -> tuple[int, int]:
        """The case to join and the case it would come back from, each -1 where there is none."""
        x, y, z = position
        grid, state = self.grid, self.state
        join = recurs_of = NONE
        join_2, recur_2 = reach_2, RECUR_M * RECUR_M
        limit_2 = recur_2 if self.any_cleaned else reach_2
        for base, low, high, around in ranges:
            for column in range(low, high + 1):
                bucket = grid.get(base + column % around)
                if bucket is None:
                    continue
                for case, other, there_x, there_y, there_z in bucket:
                    dx, dy, dz = x - there_x, y - there_y, z - there_z
                    apart_2 = dx * dx + dy * dy + dz * dz
                    if apart_2 > limit_2:
                        continue
                    if (
                        apart_2 <= join_2
                        and (other in (kind, UNKNOWN) or kind == UNKNOWN)
                        and self._joinable(case, observed_at)
                        and (join == NONE or apart_2 < join_2 or self._older(case, join))
                    ):
                        join, join_2 = case, apart_2
                    if (
                        state[case] != OPEN
                        and apart_2 <= recur_2
                        and 0 <= observed_at - self.cleaned_at[case] <= RECUR
                        and (recurs_of == NONE or apart_2 < recur_2 or self._older(case, recurs_of))
                    ):
                        recurs_of, recur_2 = case, apart_2
        return join, recurs_of

    def _joinable(self, case: int, observed_at: int) -> bool:
        state = self.state[case]
        return state == OPEN or (state == CLEANED and observed_at - self.cleaned_at[case] < REOPEN)

    def _older(self, case: int, than: int) -> bool:
        """Cases are numbered in order of id, opened ones after all others."""
        return (self.observed_at[case], case) < (self.observed_at[than], than)

    def _open(self, number: int, observed_at: int, recurs_of: int) -> int:
        self.observed_at.append(observed_at)
        self.state.append(OPEN)
        self.cleaned_at.append(0)
        self.opened.append(number)
        self.recurs_of.append(recurs_of)
        return len(self.state) - 1
