"""News for reporters: on consent only, three at most, taken back within the minute, in the report's language."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from reports import casework, intake, notifications
from reports.casework import Visit
from reports.contacts import ContactDetails
from reports.intake import Submission, submit_report
from reports.models import Contact, Message
from reports.notifications import channels, sending, wording
from reports.notifications.email import letter_as_mail
from tests.reports.notification_fixtures import send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def cleaned(member, after_photo):
    """Cleans a case as a crew does."""

    def clean(case, **visit):
        return casework.clean(case, member(), Visit(distance_m=8, photos=(after_photo(case),), **visit))

    return clean


def waiting() -> list[str]:
    return list(Message.objects.unprocessed().order_by("id").values_list("kind", flat=True))


def submission(**fields) -> Submission:
    return Submission(
        uuid=uuid.uuid4(), channel="web", **{"location": (108.2208, 16.06), "accuracy_m": 10.0, "location_source": "gps",
        "description": "túi ni lông", "language": "vi", **fields},
    )  # fmt: skip


# --- consent ----------------------------------------------------------------------------------


def test_a_report_with_consent_is_answered_with_one_message_that_waits_a_minute(two_areas):
    before = timezone.now()
    receipt = submit_report(submission(contact=ContactDetails(email="lan@example.org", consent=True)), anywhere=True)
    message = Message.objects.get()
    assert (message.report, message.kind, message.sent_at) == (receipt.report, "received", None)
    assert 59 <= (message.next_try - before).total_seconds() <= 65
    assert mail.outbox == []


def test_a_report_sent_again_brings_no_second_message(two_areas):
    first = submission(contact=ContactDetails(email="lan@example.org", consent=True))
    submit_report(first, anywhere=True)
    submit_report(first, anywhere=True)
    assert Message.objects.count() == 1


def test_without_a_contact_nobody_is_told(two_areas, case, report, cleaned):
    submit_report(submission(), anywhere=True)
    thing = case("confirmed")
    report(thing)
    cleaned(thing)
    assert not Message.objects.exists()


def test_consent_to_questions_is_no_consent_to_news(case, told, cleaned):
    thing = case("confirmed")
    told(thing, purposes=("questions",))
    cleaned(thing)
    assert not Message.objects.exists()


def test_consent_taken_back_within_the_minute_is_respected(case, told, cleaned):
    thing = case("confirmed")
    one = told(thing)
    cleaned(thing)
    Contact.objects.filter(report=one).update(purposes=[])
    send_all()
    assert mail.outbox == []
    assert Message.objects.get().last_error == sending.STOPPED


def test_who_stopped_is_told_nothing_more(case, told, cleaned):
    thing = case("confirmed")
    one = told(thing)
    cleaned(thing)
    Contact.objects.filter(report=one).update(stopped_at=timezone.now())
    send_all()
    assert mail.outbox == []
    casework.reopen(thing, None, "still there")
    cleaned(thing)
    assert waiting() == []


@pytest.mark.parametrize("gone", ["withdrawn", "contact"])
def test_a_withdrawn_report_and_a_deleted_contact_get_nothing(gone, case, told, cleaned):
    thing = case("confirmed")
    one = told(thing)
    cleaned(thing)
    if gone == "withdrawn":
        one.withdrawn_at = timezone.now()
        one.save()
    else:
        Contact.objects.all().delete()
    send_all()
    assert mail.outbox == []


def test_a_report_withdrawn_before_is_not_even_scheduled(case, told, cleaned):
    thing = case("confirmed")
    told(thing, withdrawn_at=timezone.now())
    cleaned(thing)
    assert not Message.objects.exists()


def test_who_stopped_before_anything_was_sent_is_not_even_scheduled(case, told, cleaned):
    thing = case("confirmed")
    one = told(thing)
    Contact.objects.filter(report=one).update(stopped_at=timezone.now())
    cleaned(thing)
    assert not Message.objects.exists()


# --- which, when, and how often ---------------------------------------------------------------


def test_everybody_who_reported_a_place_is_told_once_that_it_is_clean(case, told, report, cleaned):
    thing = case("confirmed")
    told(thing, email="lan@example.org")
    told(thing, email="minh@example.org")
    report(thing)
    cleaned(thing)
    send_all()
    assert sorted(m.to[0] for m in mail.outbox) == ["lan@example.org", "minh@example.org"]


def test_an_undo_within_the_minute_takes_the_message_back_and_cleaning_again_brings_it(case, told, cleaned):
    thing = case("confirmed")
    told(thing)
    cleaned(thing)
    casework.reopen(thing, None, "wrong case")
    assert waiting() == []
    send_all()
    assert mail.outbox == []
    cleaned(thing)
    assert waiting() == ["cleaned"]
    send_all()
    assert len(mail.outbox) == 1


def test_a_refusal_that_is_undone_is_not_told(case, told):
    thing = case()
    told(thing)
    casework.refuse(thing, None, "private land")
    assert waiting() == ["refused"]
    casework.reopen(thing, None, "it is public land")
    send_all()
    assert mail.outbox == []


def test_a_verb_that_fails_leaves_no_message(case, told, after_photo):
    thing = case("confirmed")
    told(thing)
    with pytest.raises(RuntimeError), transaction.atomic():
        casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
        raise RuntimeError
    assert not Message.objects.exists()


def test_whatever_happens_nobody_gets_a_fourth_message(case, told, cleaned):
    thing = case("confirmed")
    one = told(thing)
    notifications.schedule(one, "received")
    for _round in range(4):
        cleaned(thing)
        send_all()
        casework.reopen(thing, None, "again")
        send_all()
        casework.refuse(thing, None, "private land")
        send_all()
        casework.reopen(thing, None, "again")
        notifications.schedule(one, "received")
        send_all()
    assert len(mail.outbox) == 3
    assert len({m.extra_headers["Message-ID"] for m in mail.outbox}) == 3
    assert not Message.objects.unprocessed().exists(), "what went out does not wait again"


def test_the_database_itself_allows_one_message_of_a_kind(told, noon):
    one = told()
    Message.objects.create(report=one, kind="cleaned", created_at=noon, next_try=noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(report=one, kind="cleaned", created_at=noon, next_try=noon)


def test_a_message_that_is_no_longer_true_does_not_go_out(case, told, cleaned):
    thing = case("confirmed")
    told(thing)
    cleaned(thing)
    type(thing).objects.filter(pk=thing.pk).update(status="confirmed", closed_at=None)
    send_all()
    assert mail.outbox == []
    assert Message.objects.get().cancelled_at is not None, "so that the next cleaning brings it after all"


def test_merged_cases_tell_each_reporter_once(case, told, cleaned):
    duplicate, target = case("confirmed"), case("confirmed")
    told(duplicate, email="lan@example.org")
    told(target, email="minh@example.org")
    casework.merge(duplicate, None, target)
    cleaned(target)
    send_all()
    assert sorted(m.to[0] for m in mail.outbox) == ["lan@example.org", "minh@example.org"]


def test_who_reported_by_telephone_only_is_shown_to_the_staff_instead(case, told, cleaned):
    thing = case("confirmed")
    told(thing, email="", phone="0905 000 000")
    cleaned(thing)
    send_all()
    message = Message.objects.get()
    assert (message.last_error, message.sent_at) == (sending.NO_CHANNEL, None)
    assert message.processed_at is not None


def test_a_report_held_for_a_look_is_not_confirmed_by_mail(told):
    one = told(held="device")
    notifications.schedule(one, "received")
    send_all()
    assert mail.outbox == []


def test_a_stranger_s_address_is_not_flooded(case, told, monkeypatch):
    monkeypatch.setattr(sending, "MOST_A_DAY", 3)
    for number in range(6):
        notifications.schedule(told(email=f"Victim+{number}@Example.org"), "received")
    notifications.schedule(told(email="other@example.org"), "received")
    send_all()
    assert len([m for m in mail.outbox if "ictim" in m.to[0]]) == 3
    assert mail.outbox[-1].to == ["other@example.org"]
    assert Message.objects.filter(last_error=sending.TOO_MANY).count() == 3


# --- the letter -------------------------------------------------------------------------------


def letter_of(report, kind, case=None):
    message = Message.objects.create(report=report, kind=kind, created_at=timezone.now(), next_try=timezone.now())
    return wording.letter(message)


def words_of_html(html: str) -> str:
    body = html[html.index("<body") :]
    body = re.sub(r'<a href="([^"]+)"[^>]*>(.*?)</a>', r"\2: \1 ", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ["received", "cleaned", "refused"])
def test_text_and_html_say_the_same(kind, language, case, told, cleaned):
    thing = case("confirmed", due_at=timezone.now() + timedelta(days=3))
    one = told(thing, language=language)
    if kind == "cleaned":
        cleaned(thing)
    elif kind == "refused":
        casework.refuse(thing, None, "Đất tư nhân <b>&</b> có rào.\nGọi 1022.")
    one.refresh_from_db()
    message = Message.objects.filter(kind=kind).first() or (notifications.schedule(one, kind) and Message.objects.get(kind=kind))
    letter = wording.letter(message)
    made = letter_as_mail("lan@example.org", letter)
    html = words_of_html(made.alternatives[0].content)
    for line in filter(None, made.body.splitlines()):
        assert " ".join(line.split()) in html, line
    for line in [letter.heading, letter.code, letter.hint, *letter.lines, *letter.after, letter.why, letter.stop.url, letter.main.url]:
        assert line in made.body


def test_each_report_is_answered_in_its_own_language(case, told, cleaned, settings):
    thing = case("confirmed")
    told(thing, language="vi", email="lan@example.org")
    told(thing, language="en", email="ann@example.org")
    told(thing, language="", email="old@example.org")
    cleaned(thing)
    send_all()
    said = {m.to[0]: m for m in mail.outbox}
    assert said["lan@example.org"].subject.startswith("Chỗ này đã dọn xong: DN ")
    assert said["ann@example.org"].subject.startswith("The place has been cleaned: DN ")
    assert said["old@example.org"].subject.startswith("Chỗ này đã dọn xong")
    assert "/en/" in said["ann@example.org"].body and "/en/" not in said["lan@example.org"].body
    assert "/dung-tin/" in said["lan@example.org"].body
    assert said["ann@example.org"].extra_headers["Content-Language"] == "en"
    assert f"{settings.CITY.name_en} City Lab" in said["ann@example.org"].body


def test_dates_are_written_as_the_language_writes_them(case, told, noon):
    thing = case("cleaned", cleaned_at=noon)
    vietnamese = " ".join(letter_of(told(thing, language="vi"), "cleaned").lines)
    english = " ".join(letter_of(told(thing, language="en"), "cleaned").lines)
    assert "18/11/2026 12:00" in vietnamese
    assert "18 Nov 2026, 12:00" in english


def test_nothing_found_is_not_called_cleaned(case, told, cleaned):
    thing = case("confirmed")
    told(thing, language="en")
    cleaned(thing, nothing_found=True)
    send_all()
    assert mail.outbox[0].subject.startswith("Looked at, nothing found")
    assert "cleaned" not in mail.outbox[0].body.casefold().replace("it is clean", "")


def test_a_refusal_gives_the_reason_and_whom_to_ask(case, told):
    thing = case()
    told(thing, language="en")
    casework.refuse(thing, None, "It lies on private land.")
    send_all()
    assert "“It lies on private land.”" in mail.outbox[0].body
    assert "0236 1022" in mail.outbox[0].body


def test_the_headers_stop_by_one_click_and_answer_no_machine(told, settings):
    settings.SITE_URL = "https://citylab.example.org"
    made = letter_as_mail("lan@example.org", letter_of(told(), "received"))
    headers = made.message()
    assert re.fullmatch(r"<https://citylab\.example\.org/dung-tin/\w{10}/[\w-]{22}/>", headers["List-Unsubscribe"])
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[a-z2-7]{26}@citylab\.example\.org>", headers["Message-ID"])
    assert [part.get_content_type() for part in headers.walk()][1:] == ["text/plain", "text/html"]


def test_without_https_nothing_is_promised_that_rfc_8058_forbids(told, settings):
    settings.SITE_URL = "http://localhost:8000"
    headers = letter_as_mail("lan@example.org", letter_of(told(), "received")).message()
    assert headers["List-Unsubscribe"] and not headers["List-Unsubscribe-Post"]


def test_the_same_message_has_the_same_key_and_no_other_has_it(told):
    one, two = told(), told()
    letters = [letter_of(one, "received"), letter_of(one, "cleaned" if one.case.cleaned_at else "refused"), letter_of(two, "received")]
    assert len({letter.key for letter in letters}) == 3
    assert wording.letter(Message.objects.get(report=one, kind="received")).key == letters[0].key


def test_no_letter_carries_the_secret_of_the_report(case, told, cleaned):
    thing = case("confirmed")
    one = told(thing)
    notifications.schedule(one, "received")
    cleaned(thing)
    send_all()
    secret = intake.secret_token(one.uuid)
    assert len(mail.outbox) == 2
    for made in mail.outbox:
        assert secret not in made.message().as_string() and secret not in made.body + made.alternatives[0].content
        assert str(one.uuid) not in made.body + made.alternatives[0].content
        assert one.description not in made.body, "what the reporter wrote is nobody else's to read"


# --- channels ---------------------------------------------------------------------------------


class Pigeon:
    """A channel that nobody else knows of."""

    name = "pigeon"

    def __init__(self):
        self.flown = []

    def can_reach(self, contact):
        return bool(contact.phone)

    def address_of(self, contact):
        return contact.phone

    def send(self, to, letter):
        self.flown.append((to, letter.subject, letter.main.url))


def test_a_new_channel_is_one_row_of_the_table(case, told, cleaned, monkeypatch):
    pigeon = Pigeon()
    monkeypatch.setitem(channels.CHANNELS, pigeon.name, pigeon)
    thing = case("confirmed")
    told(thing, email="", phone="0905 000 000")
    cleaned(thing)
    send_all()
    assert [to for to, *_ in pigeon.flown] == ["0905 000 000"]
    assert Message.objects.get().channel == "pigeon"


def test_without_a_provider_e_mail_reaches_nobody_and_the_log_holds_no_address(case, told, cleaned, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    caplog.set_level("DEBUG")
    assert not channels.CHANNELS["email"].can_reach(ContactDetails(email="lan@example.org"))
    thing = case("confirmed")
    one = told(thing, email="lan@example.org")
    cleaned(thing)
    send_all()
    assert Message.objects.get().channel == "log"
    assert "Chỗ này đã dọn xong" in caplog.text
    assert "lan@" not in caplog.text and "West" not in caplog.text and "/dung-tin/" not in caplog.text
    assert intake.secret_token(one.uuid) not in caplog.text


@pytest.mark.parametrize("address", ["", "lan", "lan@", "lan@example", "ôn@example.org", "a@b@example.org"])
def test_an_address_that_no_provider_takes_is_not_tried(address):
    assert not channels.CHANNELS["email"].can_reach(ContactDetails(email=address))


def test_consent_is_asked_again_at_the_door_of_every_channel(told):
    one = told()
    consent_row = one.contact
    assert sending.why_not(Message(report=one, kind="received")) == ""
    consent_row.purposes = ["questions"]
    assert sending.why_not(Message(report=one, kind="received")) == sending.STOPPED

