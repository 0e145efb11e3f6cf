"""Numbers and times as people write them."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from reports.imports.values import moments, numbers

ZONE = "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    "written",
    [
        "2024-12-25T07:30:00+07:00", "2024-12-25T00:30:00Z", "2024-12-25 07:30", "2024/12/25 07:30:00", "25/12/2024 07:30", "25/12/2024 7:30",
        "25-12-2024 07:30:00", "25.12.2024, 07:30", " 2024-12-25T07:30 ", "1735086600", "1735086600000", "1735086600.0",
        datetime(2024, 12, 25, 7, 30), datetime(2024, 12, 25, 0, 30, tzinfo=UTC), 1735086600, 1735086600.0,
        datetime(2024, 12, 25, 3, 30, tzinfo=timezone(timedelta(hours=3))),
    ],
)  # fmt: skip
def test_one_moment_written_in_many_ways_is_one_moment(written):
    read = moments([written, None], ZONE)
    assert read.values[0] == np.datetime64("2024-12-25T00:30:00", "us")
    assert read.given.tolist() == [True, False]


@pytest.mark.parametrize("written", ["2024-12-25", "25/12/2024", "20241225", "2024/12/25", date(2024, 12, 25)])
def test_a_day_without_a_time_begins_by_the_clocks_of_the_city(written):
    assert moments([written], ZONE).values[0] == np.datetime64("2024-12-24T17:00:00", "us")


@pytest.mark.parametrize("written", ["", "  ", None, float("nan")])
def test_nothing_is_missing_and_not_wrong(written):
    read = moments([written], ZONE)
    assert np.isnat(read.values[0]) and not read.given[0]


@pytest.mark.parametrize(
    "written", ["yesterday", "12/25/2024", "31/02/2024", "2024-13-01", "45292.5", 45292.5, "7:30", "2024", True, "2024-12-25T25:00", "1704010112000000"]
)
def test_what_is_no_moment_is_never_guessed_at(written):
    read = moments(["2024-12-25", written], ZONE)
    assert np.isnat(read.values).tolist() == [False, True]
    assert read.given.tolist() == [True, True]


def test_a_column_of_one_form_is_read_like_each_of_its_values():
    column = ["2024-12-25T07:30:00", "1999-02-28 23:59", "2024-02-29", "2024-12-25T07:30:00.123456"]
    one_by_one = [moments([value, ""], ZONE).values[0] for value in column]
    assert moments(column, ZONE).values.tolist() == [one.item() for one in one_by_one]
    assert np.isnat(moments([*column, "2024-02-30"], ZONE).values).tolist() == [False] * 4 + [True]


def test_how_many_times_name_no_zone_is_told():
    assert moments(["2024-12-25T07:30", "2024-12-25T07:30Z", "", "1735086600"], ZONE).without_zone == 1


def test_days_since_a_date_are_days_on_the_citys_clocks():
    read = moments(["0.0", "0.5", "365", "", "x"], ZONE, date(2024, 1, 1))
    assert read.values[:3].astype(str).tolist() == ["2023-12-31T17:00:00.000000", "2024-01-01T05:00:00.000000", "2024-12-30T17:00:00.000000"]
    assert np.isnat(read.values[3:]).all() and read.given.tolist() == [True, True, True, False, True]
    days = moments([88.2], "Europe/Berlin", date(2024, 1, 1)).values[0]
    assert days == np.datetime64("2024-03-29T03:48:00", "us"), "winter time; two days later it would be summer time"
    assert moments([90.2], "Europe/Berlin", date(2024, 1, 1)).values[0] == np.datetime64("2024-03-31T02:48:00", "us")


def test_an_hour_that_comes_twice_is_the_first_and_one_that_is_skipped_an_hour_later():
    twice, skipped = moments(["2024-10-27T02:30", "2024-03-31T02:30"], "Europe/Berlin").values
    assert twice == np.datetime64("2024-10-27T00:30", "us")
    assert skipped == np.datetime64("2024-03-31T01:30", "us")


def test_numbers_have_a_point_or_a_comma_and_nothing_else():
    read = numbers(["16.05", "16,05", " 16.05 ", "", None, "1.234,5", "16°", "inf", "nan", 16.05, True])
    assert read.values[:3].tolist() == [16.05] * 3 and read.values[9] == 16.05
    assert np.isnan(read.values[3:9]).all()
    assert read.given.tolist() == [True, True, True, False, False, True, True, True, True, True, True]


def test_numbers_are_read_to_the_last_digit():
    written = ["108.22081234567891", "0.1", "-75.22630137295494"]
    assert numbers(written).values.tolist() == numbers([*written, ""]).values[:3].tolist() == [float(text) for text in written]
