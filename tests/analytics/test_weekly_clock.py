"""Each Monday at six by the city's clocks the week before is frozen, once, and a missed Monday is caught up."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.models import WeeklyReport
from analytics.weekly import tasks
from analytics.weekly.freeze import freeze
from analytics.weekly.period import Period, due_weeks, last_due_week
from citylab.models import JobRun
from citylab.working_days import WorkingCalendar
from tests.analytics.weekly_history import CENTRE, MONDAY, ZONE
from tests.rows import case_row, copy_rows

BERLIN = WorkingCalendar(ZoneInfo("Europe/Berlin"), frozenset({1, 2, 3, 4, 5}))
SANTIAGO = WorkingCalendar(ZoneInfo("America/Santiago"), frozenset({1, 2, 3, 4, 5}))
WEEK = timedelta(weeks=1)


def six(weeks: int) -> datetime:
    """06:00 of the Monday so many weeks after MONDAY."""
    day = MONDAY + weeks * WEEK
    return datetime(day.year, day.month, day.day, 6, tzinfo=ZONE)


@pytest.fixture
def week(db):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(5)])


def test_a_week_is_due_at_six_on_monday_by_the_citys_clocks_and_not_a_second_before():
    assert last_due_week(six(1)) == MONDAY
    assert last_due_week(six(1) - timedelta(seconds=1)) == MONDAY - WEEK
    assert last_due_week(datetime(2026, 10, 25, 23, 0, tzinfo=UTC)) == MONDAY, "06:00 in the city is 23:00 of Sunday in Greenwich"
    assert last_due_week(six(1) + timedelta(days=6, hours=23)) == MONDAY


@pytest.mark.parametrize("calendar", [BERLIN, SANTIAGO])
def test_where_clocks_change_a_week_is_still_due_at_six(calendar):
    for monday in (date(2026, 3, 23), date(2026, 3, 30), date(2026, 4, 6), date(2026, 9, 7), date(2026, 10, 19), date(2026, 10, 26)):
        after = monday + WEEK
        moment = datetime(after.year, after.month, after.day, 6, tzinfo=calendar.time_zone)
        assert last_due_week(moment.astimezone(UTC), calendar) == monday
        assert last_due_week(moment.astimezone(UTC) - timedelta(seconds=1), calendar) == monday - WEEK


def test_weeks_in_which_the_clocks_change_have_the_hours_they_have():
    def hours(day: date) -> float:
        period = Period.of(day, BERLIN)
        return (period.end.astimezone(UTC) - period.start.astimezone(UTC)).total_seconds() / 3600

    assert (hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 6, 1))) == (167, 169, 168)


def test_weeks_follow_each_other_without_a_gap_where_midnight_is_skipped():
    monday = date(2026, 8, 3)
    for back in range(60):
        assert Period.of(monday + back * WEEK, SANTIAGO).end == Period.of(monday + (back + 1) * WEEK, SANTIAGO).start


def test_missed_weeks_are_due_oldest_first_but_not_before_the_first_report_nor_more_than_eight():
    assert due_weeks(six(3), MONDAY, set()) == [MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK]
    assert due_weeks(six(3), MONDAY, {MONDAY + WEEK}) == [MONDAY, MONDAY + 2 * WEEK]
    assert due_weeks(six(30), MONDAY, set()) == [MONDAY + back * WEEK for back in range(22, 30)]
    assert due_weeks(six(3), None, set()) == []


@pytest.mark.django_db
def test_two_beats_freeze_the_week_once_as_a_draft(week):
    assert tasks.freeze_due(six(1)) == ["2026-W43"]
    assert tasks.freeze_due(six(1) + timedelta(hours=1)) == []
    edition = WeeklyReport.objects.get()
    assert (edition.week, edition.edition, edition.status) == (MONDAY, 1, "draft")
    assert list(JobRun.objects.values_list("job", "period")) == [("freeze-week", "2026-W43")]


@pytest.mark.django_db
def test_nothing_is_frozen_before_six(week):
    assert tasks.freeze_due(six(1) - timedelta(minutes=1)) == []


@pytest.mark.django_db
def test_missed_mondays_are_caught_up(week):
    assert tasks.freeze_due(six(3) + timedelta(days=2)) == ["2026-W43", "2026-W44", "2026-W45"]


@pytest.mark.django_db
def test_a_week_frozen_by_hand_is_not_frozen_again_when_it_changed(week):
    freeze(MONDAY)
    copy_rows("reports_case", [case_row(CENTRE, MONDAY)])
    assert tasks.freeze_due(six(1)) == []
    assert WeeklyReport.objects.count() == 1


@pytest.mark.django_db
def test_a_week_that_fails_hinders_no_other_and_is_tried_again(week, tmp_path):
    (tmp_path / "media").mkdir()
    blocked = tmp_path / "media" / "editions"
    blocked.write_text("where the folder should be")
    assert tasks.freeze_due(six(2)) == []
    assert not JobRun.objects.exists() and not WeeklyReport.objects.exists()
    blocked.unlink()
    assert tasks.freeze_due(six(2)) == ["2026-W43", "2026-W44"]


@pytest.mark.django_db
def test_a_city_without_a_report_freezes_nothing(db):
    assert tasks.freeze_due(six(1)) == []


def test_the_clock_knows_the_task_by_its_name():
    from celery import current_app

    from citylab.celery import app

    app.loader.import_default_modules()
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "analytics.tasks.freeze_due_weeks" in named & set(app.tasks)
    assert current_app.tasks["analytics.tasks.freeze_due_weeks"] is app.tasks["analytics.tasks.freeze_due_weeks"]
