"""At most once, whoever dies: against a real mail server, with real threads and processes."""

import smtplib
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from reports import notifications, relay, tasks
from reports.codes import grouped
from reports.contacts import ContactDetails
from reports.models import Message
from reports.notifications import channels, sending
from reports.notifications.letters import NotHandedOver, Unreachable
from tests.reports.small_smtp import SmallSmtp

MESSAGES = next(outbox for outbox in relay.OUTBOXES if outbox.table == "reports_message")


@pytest.fixture
def smtp(settings):
    server = SmallSmtp()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
    yield server
    server.close()


@pytest.fixture
def due(told):
    """Makes a message whose minute is over."""

    def make(**fields) -> Message:
        one = told(**fields)
        notifications.schedule(one, "received")
        Message.objects.update(next_try=timezone.now() - timedelta(seconds=1))
        return Message.objects.get(report=one)

    return make


def again(message: Message) -> Message:
    message.refresh_from_db()
    return message


@pytest.mark.django_db
def test_the_relay_hands_a_message_over_when_its_minute_is_over(told):
    notifications.schedule(told(), "received")
    assert relay.lease(MESSAGES) == []
    Message.objects.update(next_try=timezone.now() - timedelta(seconds=1))
    assert relay.lease(MESSAGES) == list(Message.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_letter_arrives_as_it_was_written(smtp, due):
    message = due(language="vi")
    tasks.send_message(message.pk)
    letter = smtp.letters[0]
    assert smtp.recipients == ["lan@example.org"]
    assert letter["Subject"].startswith("Đã nhận phản ánh: DN ")
    assert "Xem phản ánh" in letter.get_body(("plain",)).get_content()
    assert "Xem phản ánh" in letter.get_body(("html",)).get_content()
    assert letter["To"] == "lan@example.org"
    assert again(message).sent_at is not None and message.processed_at is not None


@pytest.mark.django_db
def test_the_same_id_published_ten_times_sends_one_letter(smtp, due):
    message = due()
    for _ in range(10):
        tasks.send_message(message.pk)
    assert len(smtp.letters) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_send_one_letter(smtp, due):
    message = due()
    smtp.slow_s = 1.0  # long enough for all of them to come while the first is at it
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        sending.send_message(message.pk)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(smtp.letters) == 1


@pytest.mark.django_db(transaction=True)
def test_an_undo_and_a_worker_at_once_either_send_or_cancel(smtp, case, told, after_photo):
    from reports import casework
    from reports.casework import Visit

    outcomes = set()
    for _ in range(6):
        smtp.letters.clear()
        thing = case("confirmed")
        told(thing)
        casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
        message = Message.objects.get(report__case=thing)
        start = threading.Barrier(2)

        def work(pk=message.pk, start=start) -> None:
            start.wait()
            sending.send_message(pk)
            connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        start.wait()
        casework.reopen(thing, None, "wrong case")
        thread.join()
        again(message)
        assert (message.sent_at is not None) == (len(smtp.letters) == 1)
        assert (message.sent_at is None) == (message.cancelled_at is not None)
        outcomes.add(len(smtp.letters))
    assert outcomes <= {0, 1}


# --- a provider that fails --------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("say", [{"RCPT": "451 4.7.1 greylisted"}, {"MAIL": "421 4.3.2 too busy"}, {"DATA": "452 4.3.1 full"}, {"CONNECT": "554 not now"}])
def test_a_server_that_says_not_now_is_asked_again_later(smtp, due, say):
    message = due()
    smtp.say = say
    with pytest.raises(tasks.TaskFailed):
        tasks.send_message(message.pk)
    assert again(message).claimed_at is None and message.failed_at is None
    assert 25 < (message.next_try - timezone.now()).total_seconds() <= 30
    smtp.say = {}
    Message.objects.update(next_try=timezone.now())
    tasks.send_message(message.pk)
    assert len(smtp.letters) == 1
    assert again(message).last_error == ""


@pytest.mark.django_db
def test_a_server_that_is_away_costs_ten_tries_over_hours_and_then_a_dead_letter(smtp, due):
    message = due()
    smtp.close()
    waited = timedelta()
    for _ in range(relay.PATIENCE):
        before = timezone.now()
        with pytest.raises(tasks.TaskFailed):
            tasks.send_message(message.pk)
        waited += again(message).next_try - before
    assert timedelta(hours=4) < waited < timedelta(hours=8)
    Message.objects.update(next_try=timezone.now())
    assert relay.lease(MESSAGES) == []
    assert again(message).failed_at is not None
    assert message.last_error == "ConnectionRefusedError"
    assert message.claimed_at is None, "it has certainly not gone out"


@pytest.mark.django_db
def test_a_mailbox_that_does_not_exist_ends_it_at_once_with_a_word(smtp, due):
    message = due()
    smtp.say = {"RCPT": "550 5.1.1 no such mailbox"}
    tasks.send_message(message.pk)
    assert again(message).last_error == sending.ADDRESS_REFUSED
    assert message.processed_at is not None and message.sent_at is None
    assert message.attempts == 1


@pytest.mark.django_db
def test_a_connection_that_breaks_after_the_letter_leaves_a_doubt_and_no_second_letter(smtp, due):
    message = due()
    smtp.drop_after_data = True
    with pytest.raises(tasks.TaskFailed):
        tasks.send_message(message.pk)
    smtp.drop_after_data = False
    assert again(message).failed_at is not None and message.claimed_at is not None
    Message.objects.update(next_try=timezone.now())
    assert relay.lease(MESSAGES) == []
    tasks.send_message(message.pk)
    assert len(smtp.letters) == 1


@pytest.mark.django_db
def test_a_person_may_have_a_doubtful_letter_sent_again_under_the_same_message_id(smtp, due):
    message = due()
    smtp.drop_after_data = True
    with pytest.raises(tasks.TaskFailed):
        tasks.send_message(message.pk)
    smtp.drop_after_data = False
    assert relay.retry("reports_message", [message.pk]) == 1
    tasks.send_message(message.pk)
    assert len({letter["Message-ID"] for letter in smtp.letters}) == 1 and len(smtp.letters) == 2
    assert again(message).sent_at is not None


@pytest.mark.django_db
def test_the_log_and_the_row_say_what_failed_and_never_to_whom(smtp, due, caplog):
    message = due(email="canary@example.org")
    smtp.say = {"RCPT": "451 4.2.1 <canary@example.org> is busy", "DATA": "554 canary@example.org"}
    result = tasks.send_message.apply(args=[message.pk])
    assert result.failed()
    assert "canary" not in caplog.text + str(result.result) + result.traceback + again(message).last_error
    assert message.last_error == "SMTPRecipientsRefused"


@pytest.mark.django_db
def test_a_letter_that_cannot_be_written_is_tried_again_and_was_never_claimed(due, monkeypatch):
    from reports.notifications import wording

    def broken(message):
        raise LookupError

    message = due()
    monkeypatch.setattr(wording, "letter", broken)
    with pytest.raises(tasks.TaskFailed):
        tasks.send_message(message.pk)
    assert (again(message).claimed_at, message.attempts, message.failed_at) == (None, 1, None)


class Stub:
    """A channel that ends as it is told."""

    name = "stub"

    def __init__(self, error):
        self.error, self.tries = error, 0

    def can_reach(self, contact: ContactDetails) -> bool:
        return True

    def address_of(self, contact: ContactDetails) -> str:
        return contact.email

    def send(self, to, letter) -> None:
        self.tries += 1
        raise self.error


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "left"),
    [
        (NotHandedOver(), {"claimed": False, "failed": False, "processed": False}),
        (Unreachable(), {"claimed": True, "failed": False, "processed": True}),
        (TimeoutError(), {"claimed": True, "failed": True, "processed": False}),
    ],
)
def test_what_a_channel_says_decides_what_becomes_of_a_message(due, monkeypatch, error, left):
    stub = Stub(error)
    monkeypatch.setattr(channels, "CHANNELS", {"stub": stub})
    message = due()
    tasks.send_message.apply(args=[message.pk])
    again(message)
    found = {"claimed": message.claimed_at is not None, "failed": message.failed_at is not None, "processed": message.processed_at is not None}
    assert found == left
    assert stub.tries == 1


@pytest.mark.parametrize(
    ("status", "sure"), [(401, True), (422, True), (429, True), (500, True), (503, True), (502, False), (504, False), (200, False)]
)
def test_what_a_provider_s_interface_answers_is_sure_or_not(status, sure):
    from anymail.exceptions import AnymailRequestsAPIError
    from requests import Response

    from reports.notifications.email import _surely_refused

    response = Response()
    response.status_code = status
    assert _surely_refused(AnymailRequestsAPIError(response=response)) is sure


def test_no_connection_is_sure_and_a_lost_answer_is_not(settings):
    from anymail.backends.postmark import EmailBackend
    from django.core.mail import EmailMessage

    from reports.notifications.email import _surely_refused

    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x"}
    server = SmallSmtp()  # any server that does not speak HTTP will do
    port = server.port
    for url, sure in ((f"http://127.0.0.1:{port}/", False), ("http://127.0.0.1:1/", True)):
        settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x", "POSTMARK_API_URL": url, "REQUESTS_TIMEOUT": 2}
        with pytest.raises(Exception) as caught:
            EmailBackend().send_messages([EmailMessage("s", "b", "a@example.org", ["b@example.org"])])
        assert _surely_refused(caught.value) is sure
    server.close()


def test_smtp_answers_are_sure_and_silence_is_not():
    from reports.notifications.email import _surely_refused

    assert _surely_refused(smtplib.SMTPDataError(451, b"no"))
    assert not _surely_refused(smtplib.SMTPServerDisconnected("gone"))
    assert not _surely_refused(TimeoutError())


# --- a worker that dies with the letter in its hand -------------------------------------------

WORKER = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "citylab.settings"
from citylab import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", int(sys.argv[2]), 60
django.setup()
from reports.notifications import sending
sending.send_message(int(sys.argv[3]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_claim_and_answer_never_sends_twice_and_the_staff_is_told(smtp, due, client, member):
    message = due()
    smtp.hang_after_data = True
    name = connection.settings_dict["NAME"]
    worker = subprocess.Popen([sys.executable, "-c", WORKER, name, str(smtp.port), str(message.pk)], cwd=Path(__file__).parents[2])
    assert smtp.taken.wait(60)
    worker.kill()
    worker.wait()
    smtp.hang_after_data = False

    sending.send_message(message.pk)  # the broker gives the lost task to another worker at once
    assert again(message).failed_at is None, "it may still be on its way"
    Message.objects.update(next_try=timezone.now(), claimed_at=timezone.now() - timedelta(seconds=sending.CLAIM_S + 1))
    assert relay.lease(MESSAGES) == [message.pk]
    sending.send_message(message.pk)
    assert again(message).failed_at is not None and message.last_error == "killed"
    assert relay.lease(MESSAGES) == []
    assert len(smtp.letters) == 1

    client.force_login(member("administrator"))
    assert grouped(message.report.code) in client.get(reverse("dead-letters")).content.decode()


@pytest.mark.django_db
def test_a_claim_outlives_every_task(settings):
    from citylab.celery import app

    assert app.conf.task_time_limit < sending.CLAIM_S


def test_the_worker_serves_the_queue_of_messages():
    root = Path(__file__).parents[2]
    sys.path.insert(0, str(root / "bin"))
    from stack import services

    queues = services.worker()[services.worker().index("--queues") + 1].split(",")
    assert MESSAGES.queue in queues

