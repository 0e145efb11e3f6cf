"""What is forgotten, and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.cube import compare_with_recount
from reports.models import Contact
from reports.retention import forget

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(noon):
    def make(report):
        return Contact.objects.create(report=report, sealed=b"x", purposes=["progress"], consent_text="Yes", consented_at=noon)

    return make


def test_device_hashes_go_after_thirty_days_and_no_count_changes(report, noon):
    old, young = report(reporter=b"phone", at=noon - timedelta(days=31)), report(reporter=b"phone", at=noon - timedelta(days=29))
    assert forget(noon).devices == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.reporter, bytes(young.reporter)) == (None, b"phone")
    assert old.counts
    assert not list(compare_with_recount())


def test_contact_data_goes_ninety_days_after_closing(report, case, contact, noon):
    contact(report(case("verified", closed_at=noon - timedelta(days=91))))
    kept = contact(report(case("verified", closed_at=noon - timedelta(days=89))))
    open_case = contact(report(case()))
    assert forget(noon).contacts == 1
    assert set(Contact.objects.all()) == {kept, open_case}


def test_contact_data_of_a_withdrawn_report_goes_although_the_case_is_open(report, contact, noon):
    contact(report(withdrawn_at=noon - timedelta(days=91)))
    assert forget(noon).contacts == 1


def test_the_nightly_job_forgets_and_every_task_of_the_clock_exists(report):
    from citylab.celery import app
    from reports.tasks import forget as nightly

    old = report(reporter=b"phone", at=timezone.now() - timedelta(days=40))
    nightly.apply()
    old.refresh_from_db()
    assert old.reporter is None
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
