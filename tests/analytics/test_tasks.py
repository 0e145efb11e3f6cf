"""What happens by the clock: it happens once, does nothing where there is nothing to do, and shouts when counters lie."""

import logging
from datetime import timedelta

import h3.api.basic_int as h3
import pytest
from django.utils import timezone

from analytics import tasks
from analytics.models import CellWeek, HotspotRun
from analytics.weeks import monday_of
from citylab.celery import app
from citylab.models import JobRun
from tests.rows import case_row, copy_rows

CENTRE = h3.latlng_to_cell(16.055, 108.205, 10)


@pytest.fixture
def cases(db) -> None:
    last_week = monday_of(timezone.localdate()) - timedelta(weeks=1)
    copy_rows("reports_case", [case_row(cell, last_week) for cell in h3.grid_disk(CENTRE, 2)])


def test_every_job_of_the_clock_is_a_task() -> None:
    app.loader.import_default_modules()

    wanted = {entry["task"] for entry in app.conf.beat_schedule.values() if entry["task"].startswith("analytics.")}
    assert wanted == {"analytics.tasks." + name for name in tasks.__all__}
    assert wanted <= set(app.tasks)


def test_a_refresh_happens_when_something_changed(cases) -> None:
    tasks.refresh_hotspots()
    tasks.refresh_hotspots()
    assert HotspotRun.objects.count() == 1

    copy_rows("reports_case", [case_row(CENTRE, monday_of(timezone.localdate()) - timedelta(weeks=1))])
    tasks.refresh_hotspots(something_new=1)

    assert HotspotRun.objects.count() == 2
    assert set(HotspotRun.objects.values_list("until", flat=True)) == {monday_of(timezone.localdate())}


@pytest.mark.django_db
def test_a_city_without_cases_is_left_alone() -> None:
    tasks.refresh_hotspots()

    assert not HotspotRun.objects.exists()


@pytest.mark.django_db
def test_the_counters_are_checked_once_a_night(cases, caplog) -> None:
    with caplog.at_level(logging.INFO):
        tasks.check_counters()
        tasks.check_counters()

    assert [record.message for record in caplog.records if "counters" in record.message] == ["counters: equal to a recount"]
    assert JobRun.objects.filter(job="check-counters").count() == 1


@pytest.mark.django_db
def test_a_counter_that_lies_is_told_as_an_error(cases, caplog) -> None:
    CellWeek.objects.filter(cell=CENTRE).update(cases=5)

    tasks.check_counters()

    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2
    assert f"cell {CENTRE:x}" in errors[1]
    assert "5 cases and 0 reports kept, 1 and 0 counted" in errors[1]


@pytest.mark.django_db
def test_old_runs_are_pruned_once_a_night(cases) -> None:
    tasks.refresh_hotspots()
    tasks.prune_runs()
    tasks.prune_runs()

    assert HotspotRun.objects.count() == 1
    assert JobRun.objects.filter(job="prune-runs").count() == 1
