"""Weeks are ISO weeks by the city's own clocks."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.weeks import (
    local_mondays,
    monday_of,
    monday_of_number,
    parse_week,
    week_label,
    week_number,
    week_numbers,
)

DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))


@given(DAYS)
def test_a_week_has_one_monday_one_label_and_one_number(day: date) -> None:
    monday = monday_of(day)
    year, week, _ = day.isocalendar()
    assert monday.weekday() == 0
    assert 0 <= (day - monday).days <= 6
    assert week_label(day) == week_label(monday) == f"{year}-W{week:02d}"
    assert parse_week(week_label(day)) == parse_week(day.isoformat()) == monday
    assert monday_of_number(week_number(day)) == monday
    assert week_numbers([day])[0] == week_number(week_label(day)) == week_number(week_number(day))
    assert week_number(day + timedelta(days=7)) == week_number(day) + 1


def test_the_last_days_of_a_year_may_lie_in_the_first_week_of_the_next() -> None:
    assert week_label(date(2024, 12, 31)) == "2025-W01"
    assert parse_week("2020-W53") == date(2020, 12, 28)
    assert parse_week("2024-w5") == parse_week(" 2024W05 ") == date(2024, 1, 29)


@pytest.mark.parametrize("text", ["2024-W53", "2024-W00", "week 3", "", "2024-13-01"])
def test_what_is_no_week_is_refused_with_an_example_of_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a week\. Write it as 2024-W52"):
        parse_week(text)


def test_a_late_sunday_evening_lies_in_another_week_by_universal_time() -> None:
    moment = ["2024-12-29T20:00:00+00:00"]  # already Monday in Đà Nẵng
    assert local_mondays(moment, "Asia/Ho_Chi_Minh").tolist() == [date(2024, 12, 30)]
    assert local_mondays(moment, "UTC").tolist() == [date(2024, 12, 23)]


@given(st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), min_size=1, max_size=5))
def test_many_moments_get_the_mondays_that_the_calendar_gives_each(moments: list[datetime]) -> None:
    aware = pd.DatetimeIndex(moments, tz="UTC")
    expected = [monday_of(moment.date()) for moment in aware.tz_convert("America/Santiago")]
    assert local_mondays(aware, "America/Santiago").tolist() == expected


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        local_mondays(["2024-01-01T00:00:00"], "UTC")


def test_missing_and_meaningless_weeks_are_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        week_numbers(np.array(["2024-01-01", "NaT"], "datetime64[D]"))
    with pytest.raises(ValueError, match="dates or week numbers"):
        week_numbers([1.5])
    assert week_numbers([]).shape == (0,)
