"""What is forgotten, and when."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.cube import compare_with_recount
from reports.models import Contact, DataRequest, Draft, Photo, Verdict
from reports.retention import forget

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(noon):
    def make(report):
        return Contact.objects.create(report=report, sealed=b"x", purposes=["progress"], consent_text="Yes", consented_at=noon)

    return make


def photo(report, at, **fields) -> Photo:
    """A photo that was checked and is private, received at a moment."""
    return Photo.objects.create(
        **{"report": report, "state": "clean", "original_sha256": "0" * 64, "original_name": "o", "original_size": 1, "original_format": "JPEG",
           "large_name": "l", "small_name": "s", "received_at": at, "next_try": at, "processed_at": at, **fields},
    )  # fmt: skip


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


def test_originals_of_photos_go_after_thirty_days_and_what_is_shown_stays(report, noon):
    old, young = photo(report(), noon - timedelta(days=31)), photo(report(), noon - timedelta(days=29))
    assert forget(noon).originals == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.original_name, old.state, old.large_name) == ("", "clean", "l")
    assert young.original_name == "o"


def test_a_photo_that_never_passed_the_check_is_given_up_after_thirty_days(report, noon):
    stuck = photo(report(), noon - timedelta(days=31), state="quarantined", processed_at=None, failed_at=noon - timedelta(days=30))
    assert forget(noon).originals == 1
    stuck.refresh_from_db()
    assert (stuck.state, stuck.original_name, stuck.failed_at) == ("rejected", "", None)
    assert forget(noon).originals == 0


def test_a_photo_whose_original_is_gone_is_no_work_for_the_gate(report, noon):
    from reports.photos.processing import process_photo

    gone = photo(report(), noon, state="quarantined", processed_at=None, original_name="")
    process_photo(gone.pk)
    gone.refresh_from_db()
    assert gone.state == "rejected" and gone.processed_at


def test_devices_of_verdicts_go_after_thirty_days_and_the_verdict_stays(case, noon):
    said = case("cleaned")
    for days, device in ((31, b"a"), (29, b"b")):
        Verdict.objects.create(case=said, cleaned_at=said.cleaned_at, clean=False, source="near", reporter=device, at=noon - timedelta(days=days))
    assert forget(noon).verdict_devices == 1
    assert Verdict.objects.count() == 2


def test_drafts_go_twenty_hours_after_they_were_begun_however_often_they_were_touched(db, noon):
    for hours in (21, 19):
        draft = Draft.objects.create(uuid=uuid.uuid4())
        Draft.objects.filter(pk=draft.pk).update(created_at=noon - timedelta(hours=hours), touched_at=noon)
    assert forget(noon).drafts == 1
    assert Draft.objects.count() == 1


def test_words_of_answered_requests_go_after_ninety_days_and_open_ones_stay(report, noon):
    sent = report()
    old = DataRequest.objects.create(report=sent, kind="other", text="số 0905", answer="x", created_at=noon, due_at=noon, closed_at=noon - timedelta(days=91))
    waiting = DataRequest.objects.create(report=sent, kind="other", text="số 0905", created_at=noon - timedelta(days=99), due_at=noon)
    assert forget(noon).requests == 1
    old.refresh_from_db()
    waiting.refresh_from_db()
    assert (old.text, old.answer, waiting.text) == ("", "", "số 0905")


def test_the_nightly_job_forgets_and_every_task_of_the_clock_exists(report):
    from citylab.celery import app
    from reports.tasks import forget as nightly

    old = report(reporter=b"phone", at=timezone.now() - timedelta(days=40))
    nightly.apply()
    old.refresh_from_db()
    assert old.reporter is None
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
