"""The pages that letters lead to, and what the staff reads about messages."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from reports import casework, grouping, notifications
from reports.casework import Visit
from reports.codes import grouped, secret_token
from reports.models import Contact, Message, Verdict
from reports.notifications.links import ANSWER, STOP, answer_url, stop_url, token_for
from reports.retention import forget
from tests.reports.notification_fixtures import consent, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def cleaned(case, told, after_photo):
    def make(**fields):
        thing = case("confirmed")
        one = told(thing, **fields)
        casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
        return one

    return make


def path(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


def stop_path(report) -> str:
    with override("vi"):
        return path(stop_url(report))


def answer_path(report, answer: str = "clean") -> str:
    with override("vi"):
        return path(answer_url(report, answer))


# --- stopping ---------------------------------------------------------------------------------


def test_opening_the_page_stops_nothing(client, cleaned):
    one = cleaned()
    for method in (client.get, client.head):
        assert method(stop_path(one)).status_code == 200
    assert Contact.objects.get(report=one).stopped_at is None


def test_a_tap_stops_and_takes_back_what_waits(client, cleaned):
    one = cleaned()
    answer = client.post(stop_path(one), {"stop": "1"})
    assert (answer.status_code, answer["Location"]) == (303, stop_path(one))
    assert Contact.objects.get(report=one).stopped_at is not None
    send_all()
    assert mail.outbox == []
    assert "Đã dừng nhận tin" in client.get(stop_path(one)).content.decode()


def test_the_mail_program_s_one_click_needs_no_cookie_and_gets_no_redirect(cleaned, settings):
    from django.test import Client

    one = cleaned()
    answer = Client(enforce_csrf_checks=True).post(stop_path(one), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert answer.cookies == {}
    assert Contact.objects.get(report=one).stopped_at is not None


def test_stopping_twice_is_stopping_once_and_it_can_be_taken_back(client, cleaned):
    one = cleaned()
    client.post(stop_path(one))
    first = Contact.objects.get(report=one).stopped_at
    client.post(stop_path(one))
    assert Contact.objects.get(report=one).stopped_at == first
    client.post(stop_path(one), {"again": "1"})
    assert Contact.objects.get(report=one).stopped_at is None


def test_after_taking_it_back_the_next_news_comes(client, cleaned, after_photo):
    one = cleaned()
    client.post(stop_path(one))
    client.post(stop_path(one), {"again": "1"})
    casework.reopen(one.case, None, "still there")
    casework.clean(one.case, None, Visit(distance_m=8, photos=(after_photo(one.case),)))
    send_all()
    assert len(mail.outbox) == 1


def test_one_report_s_stop_leaves_the_others_alone(client, cleaned):
    one, other = cleaned(), cleaned()
    client.post(stop_path(one))
    assert Contact.objects.get(report=other).stopped_at is None


def test_after_the_contact_is_deleted_the_page_says_so_and_nothing_breaks(client, cleaned):
    one = cleaned()
    Contact.objects.all().delete()
    assert "đã được xóa" in client.get(stop_path(one)).content.decode()
    assert client.post(stop_path(one)).status_code == 303


@pytest.mark.parametrize("name", ["stop-messages", "clean-answer"])
def test_no_other_token_opens_the_pages(name, client, cleaned):
    one, other = cleaned(), cleaned()
    own = {"stop-messages": STOP, "clean-answer": ANSWER}[name]
    foreign = {"stop-messages": ANSWER, "clean-answer": STOP}[name]
    tokens = [token_for(foreign, one.uuid), token_for(own, other.uuid), secret_token(one.uuid), "x", "é" * 22, token_for(own, one.uuid)[:-1]]
    for token in tokens:
        for method in (client.get, client.post):
            assert method(reverse(name, args=[one.code, token])).status_code == 404
    assert client.get(reverse(name, args=["nonsense", token_for(own, one.uuid)])).status_code == 404
    assert client.get(reverse(name, args=[one.code, token_for(own, one.uuid)])).status_code == 200


def test_a_token_of_a_letter_does_not_open_the_reporter_s_own_page(client, cleaned):
    one = cleaned()
    for purpose in (STOP, ANSWER):
        assert client.get(reverse("receipt-secret", args=[one.code, token_for(purpose, one.uuid)])).status_code == 404


@pytest.mark.parametrize("make", [stop_path, answer_path])
def test_nobody_keeps_the_pages_or_is_told_their_address(make, client, cleaned):
    answer = client.get(make(cleaned()))
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer.cookies == {}


# --- answering --------------------------------------------------------------------------------


def test_opening_the_link_answers_nothing_and_the_button_answers(client, cleaned):
    one = cleaned()
    client.get(answer_path(one, "dirty"))
    assert not Verdict.objects.exists()
    assert client.post(answer_path(one), {"answer": "clean"}).status_code == 303
    verdict = Verdict.objects.get()
    assert (verdict.clean, verdict.source, verdict.report) == (True, "reporter", one)


def test_not_clean_reopens_the_case_and_the_answer_is_shown(client, cleaned):
    one = cleaned()
    client.post(answer_path(one), {"answer": "dirty"})
    one.case.refresh_from_db()
    assert one.case.status == "confirmed"
    assert "chưa sạch" in client.get(answer_path(one)).content.decode()


def test_an_answer_can_be_changed_while_it_is_asked(client, cleaned):
    one = cleaned()
    client.post(answer_path(one), {"answer": "clean"})
    client.post(answer_path(one), {"answer": "dirty"})
    assert Verdict.objects.get().clean is False


def test_too_late_is_said_and_changes_nothing(client, cleaned):
    one = cleaned()
    type(one.case).objects.update(cleaned_at=timezone.now() - timedelta(days=15))
    answer = client.post(answer_path(one), {"answer": "dirty"})
    assert answer.status_code == 422
    assert "Lỗi:" in answer.content.decode() and "Đã hết hạn trả lời" in answer.content.decode()
    assert not Verdict.objects.exists()


def test_a_form_without_an_answer_is_told_so(client, cleaned):
    assert client.post(answer_path(cleaned()), {"answer": "<b>"}).status_code == 422


def test_a_report_that_waits_for_grouping_has_nothing_to_answer(client, told):
    one = told()
    one.case, one.processed_at = None, None
    one.save()
    assert client.get(answer_path(one)).status_code == 200
    assert client.post(answer_path(one), {"answer": "clean"}).status_code == 422


# --- who came late ----------------------------------------------------------------------------


def test_a_report_that_arrives_after_the_cleaning_of_what_it_saw_is_told(case, told, after_photo):
    thing = case("confirmed")
    seen = timezone.now() - timedelta(hours=2)
    casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
    late = told(thing, at=seen)
    type(late).objects.filter(pk=late.pk).update(case=None, processed_at=None)
    grouping.process([late.pk])
    late.refresh_from_db()
    assert late.case == thing
    assert list(Message.objects.values_list("report", "kind")) == [(late.pk, "cleaned")]


def test_waste_seen_after_the_cleaning_reopens_and_nobody_is_told_that_it_is_clean(case, told, after_photo):
    thing = case("confirmed")
    first = told(thing)
    casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
    later = told(thing, at=timezone.now())
    type(later).objects.filter(pk=later.pk).update(case=None, processed_at=None)
    grouping.process([later.pk])
    assert not Message.objects.unprocessed().exists(), "the news of the cleaning was not out yet and is not true any more"
    assert Message.objects.get().report == first


# --- staff ------------------------------------------------------------------------------------


def page_of(client, member, case) -> str:
    client.force_login(member())
    return client.get(reverse("case", args=[case.code])).content.decode()


def test_the_case_shows_what_went_out_and_why_not(client, member, case, told, after_photo):
    thing = case("confirmed")
    lan, minh = told(thing, email="lan@example.org"), told(thing, email="", phone="0905 000 000")
    casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
    assert "nếu không bị thu lại" in page_of(client, member, thing)
    send_all()
    page = page_of(client, member, thing)
    assert "Đã gửi lúc" in page and "Không gửi: không có địa chỉ e-mail" in page
    assert grouped(lan.code) in page and grouped(minh.code) in page
    assert "lan@" not in page and "0905" not in page


def test_what_was_taken_back_is_said(client, member, case, told, after_photo):
    thing = case("confirmed")
    told(thing)
    casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
    casework.reopen(thing, None, "wrong case")
    assert "Đã thu lại" in page_of(client, member, thing)


def test_a_doubtful_letter_is_shown_under_failed_work_and_an_administrator_may_send_it(client, member, told):
    one = told()
    notifications.schedule(one, "received")
    now = timezone.now()
    Message.objects.update(failed_at=now, claimed_at=now, last_error="killed")
    client.force_login(member("dispatcher"))
    assert "không rõ đã gửi được chưa" in client.get(reverse("dead-letters")).content.decode().casefold()
    client.force_login(member("administrator"))
    message = Message.objects.get()
    assert "Vẫn gửi" in client.get(reverse("dead-letters")).content.decode()
    client.post(reverse("dead-letter-retry", args=["message", message.pk]))
    message.refresh_from_db()
    assert (message.failed_at, message.claimed_at, message.attempts) == (None, None, 0)


def test_the_state_of_the_queue_knows_messages(client, member, told):
    notifications.schedule(told(), "received")
    client.force_login(member())
    assert client.get("/statusz").json()["queues"]["message"]["waiting"] == 1


# --- what is forgotten ------------------------------------------------------------------------


def test_messages_go_with_the_contact_and_the_hash_of_the_mailbox_after_thirty_days(case, report, noon):
    over, young = report(case("verified", closed_at=noon - timedelta(days=91))), report(case("verified", closed_at=noon - timedelta(days=40)))
    for one in (over, young):
        consent(one)
        Message.objects.create(
            report=one, kind="cleaned", created_at=noon - timedelta(days=40), next_try=noon, processed_at=noon, recipient=b"x" * 32
        )
    forgotten = forget(noon)
    assert (forgotten.messages, forgotten.recipients) == (1, 2)
    assert Message.objects.get().report == young
    assert Message.objects.get().recipient is None
