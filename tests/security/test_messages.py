"""Messages as a weapon: against headers, against the reader of the mail, against somebody else's mailbox, against logs."""

import uuid

import pytest
from django.core import mail
from django.utils import timezone

from reports import casework, notifications
from reports.contacts import ContactDetails, refusals_of, seal
from reports.intake import Refused, Submission, submit_report
from reports.models import Case, Contact, Message
from reports.notifications import sending, wording
from reports.notifications.channels import channel_for
from reports.notifications.email import letter_as_mail
from tests.reports.notification_fixtures import send_all

pytestmark = pytest.mark.django_db

INJECTIONS = [
    "lan@example.org\nBcc: everybody@example.org",
    "lan@example.org\r\nBcc: everybody@example.org",
    "lan@example.org\x0bBcc: everybody@example.org",
    "lan@example.org\u2028Bcc: everybody@example.org",
    "lan@example.org\x85Bcc: everybody@example.org",
    "lan@example.org,everybody@example.org",
    "lan@example.org;everybody@example.org",
    "lan@example.org everybody@example.org",
    "<lan@example.org>",
    "Lan <lan@example.org>",
    '"lan, everybody@example.org"@example.org',
    "lan@example.org\0",
    "lan@[127.0.0.1]",
    "lan@localhost",
    "lan@example.org%0aBcc:everybody@example.org",
    "@example.org",
    "a" * 65 + "@example.org",
    "lan@" + "a" * 190 + ".org",
]


def recipients() -> set[str]:
    return {address for sent in mail.outbox for address in sent.recipients()}


@pytest.mark.parametrize("address", INJECTIONS)
def test_no_address_brings_a_header_or_a_second_recipient(address, told):
    one = told()
    # As if it had slipped past the form: sealed as it is.
    Contact.objects.filter(report=one).update(sealed=seal(ContactDetails(email=address, consent=True)))
    notifications.schedule(one, "received")
    send_all()
    assert recipients() <= {address}
    for sent in mail.outbox:
        letter = sent.message()
        assert letter["Bcc"] is None and letter["Cc"] is None
        assert len(letter.get_all("To")) == 1 and "everybody" not in letter["To"].replace(address, "")
    assert "everybody" not in "".join(recipients())
    message = Message.objects.get()
    assert message.processed_at is not None and message.failed_at is None, "an address that is none is no reason to try again"


@pytest.mark.parametrize("address", INJECTIONS)
def test_the_door_refuses_most_of_them_and_keeps_nothing_of_it(address, two_areas):
    contact = ContactDetails(email=address, consent=True)
    submission = Submission(
        uuid=uuid.uuid4(), channel="web", location=(108.2208, 16.06), accuracy_m=10.0, location_source="gps", description="x", contact=contact
    )
    try:
        submit_report(submission, anywhere=True)
    except Refused as refused:
        assert set(refused.codes) == {"contact"}
        assert not Contact.objects.exists()


def test_the_name_of_a_reporter_is_in_no_letter(told):
    one = told()
    details = ContactDetails(email="lan@example.org", name="Lan\r\nBcc: everybody@example.org <script>", consent=True)
    Contact.objects.filter(report=one).update(sealed=seal(details))
    notifications.schedule(one, "received")
    send_all()
    assert len(mail.outbox) == 1
    assert "everybody" not in mail.outbox[0].message().as_string()


NASTY = '<script>alert(1)</script><img src="https://evil.example/x.png" onerror=x>{{ settings.SECRET_KEY }}{% debug %}\r\n.\r\nBcc: x@example.org\n\n'


def test_markup_in_a_reason_stays_text(case, told):
    thing = case()
    told(thing)
    casework.refuse(thing, None, NASTY)
    send_all()
    sent = mail.outbox[0]
    html = sent.alternatives[0].content
    assert "<script" not in html and "<img" not in html and "&lt;script&gt;" in html
    assert "{{ settings.SECRET_KEY }}" in html, "shown as it was typed, not run"
    assert sent.message()["Bcc"] is None
    assert "\n" not in sent.subject


def test_a_reason_of_a_hundred_thousand_letters_makes_a_letter_of_an_ordinary_size(case, told):
    thing = case()
    told(thing)
    casework.refuse(thing, None, "Đất tư. " * 12_500)
    send_all()
    assert len(mail.outbox[0].message().as_bytes()) < 40_000


def test_a_place_with_markup_in_its_name_stays_text(told, two_areas):
    one = told()
    Case.objects.update(public_location=None)
    type(two_areas[0]).objects.update(name="<b>West</b>\r\nBcc: x@example.org", full_name="<b>West</b>\r\nBcc: x@example.org")
    notifications.schedule(one, "received")
    send_all()
    sent = mail.outbox[0]
    assert "<b>West" in sent.body and "<b>West" not in sent.alternatives[0].content
    assert sent.message()["Bcc"] is None


def test_bidirectional_marks_in_a_reason_do_not_turn_the_letter_round(case, told):
    thing = case()
    told(thing)
    casework.refuse(thing, None, "đất tư \u202egro.live\u202c")
    send_all()
    assert "\u202e" not in mail.outbox[0].body + mail.outbox[0].alternatives[0].content


def test_every_link_of_a_letter_leads_to_this_site(told, settings):
    import re

    settings.SITE_URL = "https://citylab.example.org"
    one = told()
    message = Message.objects.create(report=one, kind="received", created_at=timezone.now(), next_try=timezone.now())
    sent = letter_as_mail("lan@example.org", wording.letter(message))
    urls = re.findall(r"[a-z]+://[^\s\"'<>]+", sent.body + sent.alternatives[0].content)
    assert urls and all(url.startswith("https://citylab.example.org/") for url in urls)


def test_a_mailbox_whose_owner_was_not_asked_gets_few_letters_however_it_is_written(told):
    for number in range(sending.MOST_A_DAY + 5):
        notifications.schedule(told(email=f"v{'I' if number % 2 else 'i'}ctim+{number}@example.org"), "received")
    send_all()
    assert len(mail.outbox) == sending.MOST_A_DAY


def test_the_hash_of_a_mailbox_needs_the_server_s_key(told, settings):
    first = sending._recipient("lan@example.org")
    settings.REPORTER_KEY = "another"
    assert sending._recipient("lan@example.org") != first


def test_a_contact_sealed_with_a_lost_key_stops_nothing_else(told, settings):
    from cryptography.fernet import Fernet

    settings_key = settings.CONTACT_KEY
    settings.CONTACT_KEY = Fernet.generate_key().decode()
    lost = told(email="lost@example.org")
    settings.CONTACT_KEY = settings_key
    kept = told(email="kept@example.org")
    for one in (lost, kept):
        notifications.schedule(one, "received")
    send_all()
    assert recipients() == {"kept@example.org"}
    assert Message.objects.get(report=lost).last_error == sending.FORGOTTEN


def test_nothing_personal_stands_on_the_row_of_a_message(told):
    one = told(email="canary@example.org", phone="0905 123 456")
    notifications.schedule(one, "received")
    send_all()
    row = str(vars(Message.objects.get()))
    assert "canary" not in row and "0905" not in row


# --- how people write a number and an address -------------------------------------------------


@pytest.mark.parametrize(
    "phone",
    ["0905 123 456", "0905.123.456", "0905-123-456", "+84 905 123 456", "+84905123456", "84 905 123 456", "(+84) 905 123 456", "0236 3822 791", "0905\u00a0123\u00a0456", "０９０５１２３４５６", "1022 0236"],
)  # fmt: skip
def test_telephone_numbers_as_people_write_them_are_taken(phone):
    assert refusals_of(ContactDetails(phone=phone, consent=True).cleaned()) == []


@pytest.mark.parametrize("phone", ["......", "- - - -", "12345", "0905 123 456 / 0905", "call me", "+", "0905123456" * 3, "()()()()"])
def test_what_nobody_can_call_is_refused(phone):
    assert [refusal.code for refusal in refusals_of(ContactDetails(phone=phone, consent=True).cleaned())] == ["phone_unreadable"]


@pytest.mark.parametrize("email", ["lan@example.org", "Lan.Nguyen+rac@Example.ORG", " lan@example.org ", "lan@sub.example.com.vn", "lan_1@example.org"])
def test_usual_addresses_are_taken_and_can_be_reached(email):
    details = ContactDetails(email=email, consent=True).cleaned()
    assert refusals_of(details) == []
    assert channel_for(details).name == "email"


@pytest.mark.parametrize("email", ["lan", "lan@", "@example.org", "lan@example", "lan@@example.org", "lan@exa mple.org", "lan@-example.org", "lan..nguyen@example.org", "lan@example..org", "lán@example.org"])
def test_an_address_that_no_letter_reaches_is_refused_while_it_can_be_corrected(email):
    assert [refusal.code for refusal in refusals_of(ContactDetails(email=email, consent=True).cleaned())] == ["email_unreadable"]

