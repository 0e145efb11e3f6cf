"""Deadlines in working days, in the city's own time."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citylab.cities.pack import city_pack
from citylab.working_days import WorkingCalendar

UTC = UTC
INVENTED = str(Path(__file__).parents[1] / "cities" / "puerto_ceibal")
CITY = city_pack("danang").calendar
PLAIN = WorkingCalendar(ZoneInfo("UTC"), frozenset({1, 2, 3, 4, 5}))
DAYS = st.dates(date(2026, 1, 1), date(2028, 11, 30))


def test_the_day_of_receipt_is_not_counted():
    thursday = datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert PLAIN.due_day(thursday, 3) == date(2026, 11, 24)


def test_a_deadline_ends_with_its_last_day():
    assert CITY.due_at(datetime(2026, 11, 16, 1, tzinfo=UTC), 3) == datetime(2026, 11, 19, 17, tzinfo=UTC)


def test_late_evening_in_london_is_already_the_next_day_in_the_city():
    assert CITY.local_day(datetime(2026, 11, 18, 17, 30, tzinfo=UTC)) == date(2026, 11, 19)
    assert city_pack(INVENTED).calendar.local_day(datetime(2026, 11, 19, 2, 30, tzinfo=UTC)) == date(2026, 11, 18)


def test_the_lunar_new_year_pushes_a_deadline_past_the_whole_week():
    friday_before = datetime(2026, 2, 13, 3, tzinfo=UTC)
    assert CITY.due_day(friday_before, 3) == date(2026, 2, 25)


def test_a_holiday_in_the_middle_costs_a_day():
    assert CITY.due_day(datetime(2026, 11, 20, 3, tzinfo=UTC), 3) == date(2026, 11, 26)


def test_an_exchanged_saturday_is_worked_and_its_monday_is_free():
    assert CITY.is_working(date(2026, 8, 22)) and not CITY.is_working(date(2026, 8, 31))
    assert CITY.due_day(datetime(2026, 8, 21, 3, tzinfo=UTC), 1) == date(2026, 8, 22)


def test_another_city_works_on_saturdays_and_has_its_own_holidays():
    calendar = city_pack(INVENTED).calendar
    friday = datetime(2026, 11, 13, 15, tzinfo=UTC)
    # Saturday, Monday, Tuesday, Wednesday; Thursday is City Day; Friday
    assert calendar.due_day(friday, 5) == date(2026, 11, 20)
    assert calendar.is_working(date(2027, 11, 21))


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="without a time zone"):
        CITY.due_day(datetime(2026, 11, 18, 8), 3)


def test_a_deadline_cannot_lie_before_its_beginning():
    with pytest.raises(ValueError, match="before its beginning"):
        CITY.add(date(2026, 11, 18), -1)


def test_a_city_that_never_works_is_refused():
    with pytest.raises(ValueError, match="at least one working weekday"):
        WorkingCalendar(ZoneInfo("UTC"), frozenset())


def test_no_working_days_means_that_day_or_the_next_working_one():
    assert PLAIN.add(date(2026, 11, 20), 0) == date(2026, 11, 20)
    assert PLAIN.add(date(2026, 11, 21), 0) == date(2026, 11, 23)


def test_a_day_begins_when_the_clocks_say_so_even_where_midnight_is_skipped():
    # In Santiago the clocks go from 23:59 to 1:00 on a day in spring.
    calendar = WorkingCalendar(ZoneInfo("America/Santiago"), frozenset({1, 2, 3, 4, 5}))
    skipped = next(
        day
        for day in (date(2026, 8, 1) + timedelta(days=step) for step in range(90))
        if datetime(day.year, day.month, day.day, tzinfo=calendar.time_zone).astimezone(UTC).astimezone(calendar.time_zone).hour == 1
    )
    first = calendar.first_moment(skipped)
    assert first.date() == skipped
    assert calendar.local_day(first.astimezone(UTC) - timedelta(seconds=1)) < skipped


@given(day=DAYS, working_days=st.integers(1, 30))
def test_a_deadline_falls_on_a_working_day_with_so_many_working_days_up_to_it(day, working_days):
    due = CITY.add(day, working_days)
    assert CITY.is_working(due)
    assert CITY.between(day, due) == working_days


@given(day=DAYS, one=st.integers(1, 20), more=st.integers(1, 10))
def test_more_days_end_later(day, one, more):
    assert CITY.add(day, one + more) > CITY.add(day, one)
