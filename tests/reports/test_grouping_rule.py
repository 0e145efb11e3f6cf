"""The rule of grouping on arrays, against a slow second telling of it with geodesic distances."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.grouping.rule import CLEANED, OPEN, VERIFIED, CaseColumns, Grouping, ReportColumns, cases_of_points, group

GEOD = pyproj.Geod(ellps="WGS84")
DAY = 86_400_000_000
NOW = 20_000 * DAY
HERE = (108.2208, 16.06)


def east(metres: float, of: tuple[float, float] = HERE, bearing: float = 90) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*of, bearing, metres)
    return lon, lat


def reports(*rows: dict) -> ReportColumns:
    """Reports at (metres east of here) on a day, with whatever else a row names."""
    rows_ = [{"at": 0.0, "day": 0.0, "id": number, **row} for number, row in enumerate(rows)]
    places = [(np.nan, np.nan) if row["at"] is None else row["at"] if isinstance(row["at"], tuple) else east(row["at"]) for row in rows_]
    extra = {
        name: [row.get(name, usual) for row in rows_]
        for name, usual in (("group", 0), ("accuracy_m", np.nan), ("same_case", -1), ("other_place", False))
    }
    return ReportColumns.of(
        [lon for lon, _ in places], [lat for _, lat in places], [int(NOW + row["day"] * DAY) for row in rows_],
        id=[row["id"] for row in rows_], **extra,
    )  # fmt: skip


def cases(*rows: dict) -> CaseColumns:
    """Cases at (metres east of here), opened 100 days ago unless a row says else; `cleaned` is a day."""
    rows_ = [{"at": 0.0, "day": -100.0, "group": 0, "state": OPEN, "cleaned": 0.0, **row} for row in rows]
    places = [(np.nan, np.nan) if row["at"] is None else row["at"] if isinstance(row["at"], tuple) else east(row["at"]) for row in rows_]
    return CaseColumns(
        lon=np.array([lon for lon, _ in places], float), lat=np.array([lat for _, lat in places], float),
        observed_at=np.array([int(NOW + row["day"] * DAY) for row in rows_], np.int64),
        group=np.array([row["group"] for row in rows_], np.int64), state=np.array([row["state"] for row in rows_], np.int8),
        cleaned_at=np.array([int(NOW + row["cleaned"] * DAY) for row in rows_], np.int64),
    )  # fmt: skip


def test_a_report_within_thirty_metres_joins_and_one_beyond_opens_another():
    assert group(reports({}, {"at": 29.9, "day": 1})).case.tolist() == [0, 0]
    assert group(reports({}, {"at": 30.1, "day": 1})).case.tolist() == [0, 1]


def test_its_own_accuracy_widens_the_reach_up_to_sixty_metres():
    assert group(reports({}, {"at": 49, "day": 1, "accuracy_m": 20})).case.tolist() == [0, 0]
    assert group(reports({}, {"at": 51, "day": 1, "accuracy_m": 20})).case.tolist() == [0, 1]
    assert group(reports({}, {"at": 59, "day": 1, "accuracy_m": 500})).case.tolist() == [0, 0]
    assert group(reports({}, {"at": 61, "day": 1, "accuracy_m": 500})).case.tolist() == [0, 1]


def test_an_open_case_takes_reports_however_long_it_has_been_open():
    assert group(reports({"day": 0}), cases({"day": -4000})).case.tolist() == [0]


def test_other_kinds_of_waste_are_other_cases_and_unknown_fits_any():
    nets, foam = 1, 2
    grouping = group(reports({"group": nets}, {"group": foam, "day": 1}, {"group": nets, "day": 2}, {"day": 3}))
    assert grouping.case.tolist() == [0, 1, 0, 0]
    assert group(reports({"day": 0}, {"group": foam, "day": 1})).case.tolist() == [0, 0]


def test_the_nearest_case_wins_and_the_older_one_of_two_equally_near():
    assert group(reports({"at": 20}), cases({"at": 0}, {"at": 30})).case.tolist() == [1]
    same_place = cases({"at": 10, "day": -5}, {"at": 10, "day": -9}, {"at": 10, "day": -9})
    assert group(reports({"at": 0}), same_place).case.tolist() == [1]


def test_a_case_cleaned_less_than_two_weeks_ago_is_joined_and_reopened():
    grouping = group(reports({"day": 0}), cases({"state": CLEANED, "cleaned": -13.9}))
    assert (grouping.case.tolist(), grouping.reopened.tolist(), grouping.reopened_by.tolist()) == ([0], [0], [0])


def test_once_reopened_a_case_is_open_for_the_next_reports():
    grouping = group(reports({"day": 0}, {"day": 40}), cases({"state": CLEANED, "cleaned": -1}))
    assert grouping.case.tolist() == [0, 0]
    assert grouping.reopened.tolist() == [0]


def test_what_was_seen_before_the_cleaning_joins_without_reopening():
    grouping = group(reports({"day": -3}), cases({"state": CLEANED, "cleaned": -1}))
    assert grouping.case.tolist() == [0]
    assert grouping.reopened.size == 0


@pytest.mark.parametrize(
    ("case", "comes_back"),
    [
        ({"state": CLEANED, "cleaned": -15}, True),
        ({"state": VERIFIED, "cleaned": -1}, True),
        ({"state": VERIFIED, "cleaned": -89.9, "at": 59}, True),
        ({"state": VERIFIED, "cleaned": -90.1}, False),
        ({"state": VERIFIED, "cleaned": -1, "at": 61}, False),
        ({"state": VERIFIED, "cleaned": 1}, False),
    ],
)
def test_waste_at_a_place_that_was_clean_opens_a_case_that_comes_back_from_the_cleaned_one(case, comes_back):
    grouping = group(reports({"day": 0}), cases(case))
    assert grouping.case.tolist() == [1]
    assert grouping.recurs_of.tolist() == [0 if comes_back else -1]


def test_the_residents_yes_wins_over_distance_kind_and_time():
    there = cases({"at": 400, "group": 2, "state": VERIFIED, "cleaned": -60}, {"at": 1})
    grouping = group(reports({"group": 1, "same_case": 0}), there)
    assert grouping.case.tolist() == [0]
    assert grouping.reopened.tolist() == [0]


def test_the_residents_no_another_place_opens_another_case():
    grouping = group(reports({"day": 0}, {"at": 1, "day": 1, "other_place": True}))
    assert grouping.case.tolist() == [0, 1]


def test_a_report_without_a_point_opens_a_case_that_nobody_joins_by_distance():
    assert group(reports({"at": None}, {"at": None, "day": 1}, {"day": 2})).case.tolist() == [0, 1, 2]
    assert group(reports({"at": None, "same_case": 0}), cases({})).case.tolist() == [0]


def test_a_case_does_not_drift_after_the_reports_that_join_it():
    grouping = group(reports({"at": 0}, {"at": 25, "day": 1}, {"at": 50, "day": 2}))
    assert grouping.case.tolist() == [0, 0, 1]


def test_a_late_report_joins_or_opens_what_it_finds_and_moves_nothing():
    """What the docstring says about the order of arrival: here it matters."""
    first, middle, last = {"at": 0, "day": 0}, {"at": 25, "day": 1}, {"at": 50, "day": 2}
    assert group(reports(first, middle, last)).case.tolist() == [0, 0, 1]
    without_middle = group(reports(first, last))
    assert without_middle.case.tolist() == [0, 1]
    later = group(reports({**middle, "at": 26}), cases({"at": 0, "day": 0}, {"at": 50, "day": 2}))
    assert later.case.tolist() == [1], "the nearer case, which was opened after the report was observed"


def test_reports_of_the_same_moment_are_taken_in_order_of_id():
    row, column = {"at": 0}, {"at": 29}
    far = {"at": 58}
    assert group(reports({**row, "id": 1}, {**column, "id": 2}, {**far, "id": 3})).case.tolist() == [0, 0, 1]
    assert group(reports({**row, "id": 2}, {**column, "id": 1}, {**far, "id": 3})).case.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("lon", "lat"), [(180.0, -16.9), (-180.0, 67.0), (0.0, 0.0), (24.0, 78.2), (108.2, 16.06)])
@pytest.mark.parametrize("bearing", range(0, 360, 30))
def test_distances_hold_across_the_180th_meridian_the_equator_and_far_north(lon, lat, bearing):
    start = east(12, (lon, lat), bearing + 180)
    for metres, together in ((29.999, True), (30.001, False)):
        end = east(metres, start, bearing)
        assert group(reports({"at": start}, {"at": end, "day": 1})).case.tolist() == [0, 0 if together else 1]
    for metres, together in ((59.999, True), (60.001, False)):
        wide = {"at": east(metres, start, bearing), "day": 1, "accuracy_m": 100}
        assert group(reports({"at": start}, wide)).case.tolist() == [0, 0 if together else 1]


# ------------------------------------------------------------------ a slow second telling of the same rule


@dataclass
class Case:
    lon: float
    lat: float
    observed_at: int
    group: int
    state: int
    cleaned_at: int


def slow_group(columns: ReportColumns, there: CaseColumns) -> Grouping:
    known = [
        Case(*row)
        for row in zip(*(getattr(there, name).tolist() for name in ("lon", "lat", "observed_at", "group", "state", "cleaned_at")), strict=True)
    ]
    case, opened, recurs_of, reopened, reopened_by = [-1] * len(columns), [], [], [], []
    for at in sorted(range(len(columns)), key=lambda at: (columns.observed_at[at], columns.id[at])):
        lon, lat, moment, kind = (getattr(columns, name)[at] for name in ("lon", "lat", "observed_at", "group"))
        reach = min(30 + (0 if np.isnan(columns.accuracy_m[at]) else columns.accuracy_m[at]), 60)
        near = []
        if not np.isnan(lon):
            for number, one in enumerate(known):
                if not np.isnan(one.lon):
                    near.append((GEOD.inv(lon, lat, one.lon, one.lat)[2], one.observed_at, number))
        joinable = [
            row for row in near
            if row[0] <= reach
            and (known[row[2]].group in (0, kind) or kind == 0)
            and (known[row[2]].state == OPEN or (known[row[2]].state == CLEANED and known[row[2]].cleaned_at > moment - 14 * DAY))
        ]  # fmt: skip
        clean = [
            row for row in near
            if row[0] <= 60 and known[row[2]].state != OPEN and moment - 90 * DAY <= known[row[2]].cleaned_at <= moment
        ]  # fmt: skip
        if columns.same_case[at] >= 0:
            found = int(columns.same_case[at])
        elif joinable and not columns.other_place[at]:
            found = min(joinable)[2]
        else:
            found = len(known)
            known.append(Case(lon, lat, moment, kind, OPEN, 0))
            opened.append(at)
            recurs_of.append(min(clean)[2] if clean else -1)
        if known[found].state != OPEN and moment > known[found].cleaned_at:
            known[found].state = OPEN
            reopened.append(found)
            reopened_by.append(at)
        case[at] = found
    return Grouping(*(np.array(column, np.int64) for column in (case, opened, recurs_of, reopened, reopened_by)))


# Metres apart on a lattice that no reach falls on, so that the two ways of measuring agree on every comparison.
offsets = st.tuples(st.integers(-12, 12), st.integers(-12, 12)).map(lambda xy: east(xy[0] * 11.13, east(xy[1] * 10.87, HERE, 0)))
report_rows = st.fixed_dictionaries(
    {
        "at": st.one_of(st.none(), offsets, offsets, offsets),
        "day": st.integers(-200, 100).map(lambda half: half / 2),
        "group": st.integers(0, 2),
        "accuracy_m": st.sampled_from([np.nan, 0.0, 8.0, 17.0, 90.0]),
        "same_case": st.sampled_from([-1, -1, -1, -1, 0, 1]),
        "other_place": st.sampled_from([False, False, False, True]),
    }
)
case_rows = st.fixed_dictionaries(
    {
        "at": st.one_of(offsets, offsets, offsets, st.none()),
        "day": st.integers(-200, -100),
        "group": st.integers(0, 2),
        "state": st.sampled_from([OPEN, CLEANED, VERIFIED]),
        "cleaned": st.integers(-100, 20).map(lambda quarter: quarter + 0.25),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(report_rows, max_size=25), st.lists(case_rows, min_size=2, max_size=8))
def test_the_rule_equals_its_slow_telling_with_geodesic_distances(rows, known):
    columns, there = reports(*rows), cases(*known)
    fast, slow = group(columns, there), slow_group(columns, there)
    for name in ("case", "opened", "recurs_of", "reopened", "reopened_by"):
        assert getattr(fast, name).tolist() == getattr(slow, name).tolist(), name


@settings(max_examples=100, deadline=None)
@given(st.lists(report_rows, min_size=2, max_size=25, unique_by=lambda row: row["day"]), st.lists(case_rows, min_size=2, max_size=8), st.randoms())
def test_the_order_in_which_reports_arrive_does_not_matter(rows, known, random):
    there = cases(*known)
    arrival = list(range(len(rows)))
    random.shuffle(arrival)
    straight = group(reports(*rows), there)
    shuffled = group(reports(*[rows[at] for at in arrival]), there)
    back = {at: position for position, at in enumerate(arrival)}
    assert [shuffled.case[back[at]] for at in range(len(rows))] == straight.case.tolist()
    assert [arrival[at] for at in shuffled.opened] == straight.opened.tolist()


def test_points_of_a_file_form_cases_whose_place_is_their_first_point():
    places = [east(metres) for metres in (50, 0, 20, 49)]
    moments = np.array(["2024-01-04", "2024-01-01", "2024-01-02", "2024-01-03T00:00:01"], "datetime64[s]")
    case, opened = cases_of_points([lon for lon, _ in places], [lat for _, lat in places], moments)
    assert case.tolist() == [1, 0, 0, 1]
    assert opened.tolist() == [1, 3]


def test_a_hundred_thousand_points_in_one_spot_are_a_matter_of_a_moment():
    """No pair of reports is compared, only reports and cases: else this would be five thousand million comparisons."""
    rng = np.random.default_rng(3)
    lon, lat = HERE[0] + rng.normal(0, 2e-5, 100_000), HERE[1] + rng.normal(0, 2e-5, 100_000)
    case, opened = cases_of_points(lon, lat, np.arange(100_000))
    assert opened.size == len(set(case.tolist())) == 1
    assert all(itertools.starmap(lambda a, b: a <= b, itertools.pairwise(opened.tolist())))
