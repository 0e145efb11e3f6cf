"""What comes after sending: notes, withdrawal, correction, erasure, and requests about data."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from analytics.cube import compare_with_recount
from reports import contacts, voice
from reports.contacts import ContactDetails
from reports.follow_up import (
    NotTaken,
    add_note,
    correct_contact,
    delete_contact,
    erase,
    stop_messages,
    withdraw_report,
)
from reports.follow_up.notes import MOST_NOTES
from reports.follow_up.requests import MOST_OPEN, answer, ask, requests_for
from reports.intake import Refused
from reports.models import Case, Contact, Message, Notice, Photo, Report, VoiceNote
from reports.photos import upkeep
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo():
    """Makes a published photo of a report, with all its files named."""

    def make(report, position: int = 1, state: str = "published", **fields) -> Photo:
        now = timezone.now()
        names = {name: f"{position}/{name}" for name in ("original_name", "large_name", "small_name", "public_large_name", "public_small_name")}
        return Photo.objects.create(
            **{"report": report, "position": position, "state": state, "original_sha256": "0" * 64, "original_size": 1, "original_format": "JPEG",
               "received_at": now, "next_try": now, "processed_at": now, "published_at": now, **names, **fields},
        )  # fmt: skip

    return make


def contact_of(report, email: str = "lan@example.org") -> Contact:
    return correct_contact(report, ContactDetails(email=email, consent=True))


def code_of(error) -> str:
    return error.value.code


# --- notes ----------------------------------------------------------------------------------------


def test_a_note_is_kept_beside_the_report_whose_own_words_stay(report):
    sent = report()
    note = add_note(sent, "  thêm một bao nữa ")
    sent.refresh_from_db()
    assert (note.text, sent.description) == ("thêm một bao nữa", "túi ni lông")


def test_the_same_note_twice_is_one(report):
    sent = report()
    assert add_note(sent, "thêm") == add_note(sent, "thêm ")
    assert sent.notes.count() == 1


@pytest.mark.parametrize("text, code", [(" \0 ", "nothing_said"), ("x" * 4001, "text_too_long")])
def test_a_note_needs_words_and_has_an_end(report, text, code):
    with pytest.raises(NotTaken) as error:
        add_note(report(), text)
    assert code_of(error) == code


def test_notes_have_a_limit(report):
    sent = report()
    for number in range(MOST_NOTES):
        add_note(sent, str(number))
    with pytest.raises(NotTaken) as error:
        add_note(sent, "one more")
    assert code_of(error) == "too_many_notes"


def test_a_note_is_composed_text(report):
    assert add_note(report(), "ra\u0301c\u202e").text == "rác"


# --- withdrawal -----------------------------------------------------------------------------------


def test_a_withdrawn_report_keeps_its_code_and_gives_up_its_content(report, photo):
    sent = report()
    photo(sent)
    voice.receive_voice(sent, recording())
    add_note(sent, "thêm")
    contact_of(sent)
    withdraw_report(sent)
    left = Report.objects.get(code=sent.code)
    assert left.withdrawn_at and left.redacted_at and left.description == ""
    assert not left.notes.exists() and not Contact.objects.exists()
    shown = Photo.objects.get()
    assert shown.state == "rejected" and not Photo.objects.public().exists()
    names = ("original_name", "large_name", "small_name", "public_large_name", "public_small_name")
    assert {getattr(shown, name) for name in names} == {""}
    assert VoiceNote.objects.get().name == ""


def test_withdrawing_the_only_report_withdraws_its_open_case(report):
    sent = report()
    withdraw_report(sent)
    sent.case.refresh_from_db()
    assert sent.case.status == "withdrawn"
    assert sent.case.events.get().kind == "withdrawn"


def test_a_shared_case_goes_on(report, case):
    shared = case()
    first, second = report(shared), report(shared)
    withdraw_report(first)
    shared.refresh_from_db()
    assert shared.status == "new"
    withdraw_report(second)
    shared.refresh_from_db()
    assert shared.status == "withdrawn"


def test_a_cleaned_case_stays_cleaned_when_its_reporter_withdraws(report, case):
    cleaned = case("cleaned")
    withdraw_report(report(cleaned))
    cleaned.refresh_from_db()
    assert cleaned.status == "cleaned"


def test_the_case_of_a_notice_is_never_withdrawn(report, case, two_areas):
    spoken = case()
    Notice.objects.create(title="Sau bão", stretch=two_areas[0].polygon, starts_at=timezone.now(), case=spoken)
    withdraw_report(report(spoken))
    spoken.refresh_from_db()
    assert spoken.status == "new"


def test_a_report_withdrawn_before_grouping_opens_no_case(report):
    from reports.grouping import process

    sent = report()
    Report.objects.filter(pk=sent.pk).update(case=None, processed_at=None)
    Case.objects.all().delete()
    withdraw_report(sent)
    assert process([sent.pk]) == 0
    assert not Case.objects.exists()


def test_withdrawing_twice_changes_nothing_more(report):
    sent = report()
    first = withdraw_report(sent)
    assert withdraw_report(sent).withdrawn_at == first.withdrawn_at
    assert sent.case.events.count() == 1


def test_counters_agree_with_a_recount_after_withdrawing_and_erasing(report):
    withdraw_report(report())
    erase(report(reporter=b"phone"))
    assert not list(compare_with_recount())


def test_messages_that_wait_are_cancelled_and_sent_ones_stay(report):
    sent, now = report(), timezone.now()
    waiting = Message.objects.create(report=sent, kind="cleaned", channel="email", created_at=now, next_try=now)
    gone = Message.objects.create(report=sent, kind="received", channel="email", created_at=now, next_try=now, sent_at=now, processed_at=now)
    withdraw_report(sent)
    waiting.refresh_from_db()
    gone.refresh_from_db()
    assert waiting.cancelled_at and waiting.processed_at and gone.cancelled_at is None


def test_nothing_can_be_added_to_a_withdrawn_report(report):
    sent = withdraw_report(report())
    for act in (lambda: add_note(sent, "x"), lambda: contact_of(sent)):
        with pytest.raises(NotTaken) as error:
            act()
        assert code_of(error) == "withdrawn"
    with pytest.raises(voice.VoiceRefused) as refused:
        voice.receive_voice(sent, recording())
    assert refused.value.code == "report_gone"


# --- erasure --------------------------------------------------------------------------------------


def test_erasing_forgets_everything_personal_and_keeps_row_code_and_counts(report, photo):
    sent = report(reporter=b"phone")
    photo(sent)
    voice.receive_voice(sent, recording())
    add_note(sent, "thêm")
    contact_of(sent)
    erase(sent)
    left = Report.objects.get(code=sent.code)
    assert (left.description, left.reporter, left.counts, left.withdrawn_at) == ("", None, True, None)
    assert left.redacted_at and not left.notes.exists() and not Contact.objects.exists()
    assert Photo.objects.get().original_name == "" and VoiceNote.objects.get().name == ""
    left.case.refresh_from_db()
    assert left.case.status == "new"


def test_erasing_again_keeps_the_time_of_the_first(report):
    sent = report()
    first = erase(sent).redacted_at
    assert erase(sent).redacted_at == first


def test_the_nightly_check_asks_for_no_file_whose_name_was_emptied(report, photo):
    sent = report()
    photo(sent)
    withdraw_report(sent)
    assert upkeep.check_photos().is_whole


def test_the_application_role_may_do_all_of_it():
    """The columns that these verbs write are among those that the application may change."""
    from citylab.database_roles import REPORT_CHANGES

    assert {"description", "redacted_at", "withdrawn_at", "processed_at", "failed_at", "last_error", "reporter"} <= set(REPORT_CHANGES)


# --- contact --------------------------------------------------------------------------------------


def test_a_corrected_contact_replaces_the_old_one_and_is_sealed(report):
    sent = report()
    contact_of(sent, "old@example.org")
    contact = contact_of(sent, "new@example.org")
    assert Contact.objects.count() == 1
    assert contacts.unseal(Contact.objects.get()).email == "new@example.org"
    assert b"example" not in bytes(contact.sealed)


def test_a_contact_that_cannot_be_used_is_refused_with_the_reason(report):
    sent = report()
    for details in (ContactDetails(email="nobody", consent=True), ContactDetails(email="a@b.vn"), ContactDetails(consent=True)):
        with pytest.raises(Refused):
            correct_contact(sent, details)
    assert not Contact.objects.exists()


def test_stopping_keeps_the_contact_and_deleting_removes_it(report):
    sent = report()
    assert not stop_messages(sent)
    contact_of(sent)
    assert stop_messages(sent) and Contact.objects.get().stopped_at
    assert delete_contact(sent) and not Contact.objects.exists()


# --- requests about data ----------------------------------------------------------------------------


def test_a_request_is_due_after_two_working_days(report, settings):
    friday = settings.CITY.calendar.first_moment(date(2026, 10, 16)) + timedelta(hours=10)
    asked = ask(report(), "delete", now=friday)
    assert settings.CITY.calendar.local_day(asked.due_at - timedelta(microseconds=1)).isoformat() == "2026-10-20"


def test_the_same_request_twice_is_one_and_there_is_a_limit(report):
    sent = report()
    assert ask(sent, "delete") == ask(sent, "delete")
    for number in range(MOST_OPEN - 1):
        ask(sent, "other", str(number))
    with pytest.raises(NotTaken) as error:
        ask(sent, "other", "one more")
    assert code_of(error) == "too_many_requests"


def test_an_answered_request_may_be_asked_again(report, member):
    sent = report()
    first = ask(sent, "see")
    answer(first, member(), "Đã gửi.")
    assert ask(sent, "see") != first


def test_an_answer_can_erase_and_is_given_once(report, member):
    sent, person = report(reporter=b"phone"), member()
    asked = ask(sent, "delete")
    answered = answer(asked, person, "Đã xoá.", erasing=True)
    sent.refresh_from_db()
    assert sent.description == "" and answered.closed_by == person
    with pytest.raises(NotTaken) as error:
        answer(asked, member(), "Chưa xoá.")
    assert code_of(error) == "answered"


def test_an_answer_that_came_too_late_erases_nothing(report, member):
    sent = report()
    asked = ask(sent, "other", "xin hỏi")
    answer(asked, member(), "Đã trả lời.")
    with pytest.raises(NotTaken):
        answer(asked, member(), "Xoá.", erasing=True)
    sent.refresh_from_db()
    assert sent.description == "túi ni lông"


def test_an_officer_sees_requests_of_their_areas_only(report, case, member, two_areas):
    west, east = two_areas
    asked = ask(report(case(area=west)), "see")
    assert list(requests_for(member("officer", areas=[west]))) == [asked]
    assert not requests_for(member("officer", areas=[east])).exists()
    assert requests_for(member("dispatcher")).count() == 1


def test_a_report_is_locked_together_with_the_case_it_really_belongs_to(report, case):
    from django.db import transaction

    from reports.follow_up.locking import lock

    sent = report()
    with transaction.atomic():
        locked, of = lock(sent)
        assert (locked.pk, of.pk) == (sent.pk, sent.case_id)
    assert not connection.needs_rollback
