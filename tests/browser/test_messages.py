"""Where a letter leads: one button that stops it, one that answers; and how the letter looks on a phone and on a desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override
from playwright.sync_api import expect

from reports import casework, notifications
from reports.casework import Visit
from reports.models import Contact, Message, Verdict
from reports.notifications import links, wording
from reports.notifications.email import letter_as_mail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cleaned(case, told, after_photo):
    """A report in the language, whose case was just cleaned."""

    def make(language: str = "vi"):
        thing = case("confirmed", due_at=timezone.now() + timedelta(days=3))
        one = told(thing, language=language)
        casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
        return one

    return make


def stop_url(site: str, report) -> str:
    with override(report.language):
        return links.stop_url(report)


def test_one_tap_stops_the_messages_and_another_brings_them_back(page, site, cleaned, watched, accessible, picture):
    watched(page)
    one = cleaned()
    page.goto(stop_url(site, one))
    expect(page.get_by_role("heading", level=1)).to_have_text("Dừng nhận tin?")
    assert Contact.objects.get().stopped_at is None, "opening the page changes nothing"
    accessible(page)
    picture(page, "stop-messages")
    page.get_by_role("button", name="Dừng nhận tin").click()
    expect(page.get_by_role("status")).to_contain_text("Đã dừng nhận tin")
    assert Contact.objects.get().stopped_at is not None
    accessible(page)
    picture(page, "stopped-messages")
    page.get_by_role("button", name="Nhận tin trở lại").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dừng nhận tin?")
    assert Contact.objects.get().stopped_at is None


def test_the_answer_in_the_letter_is_given_with_the_second_tap(page, site, cleaned, watched, accessible, picture):
    watched(page)
    one = cleaned()
    with override("vi"):
        page.goto(links.answer_url(one, "dirty"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Nơi này đã sạch chưa?")
    assert not Verdict.objects.exists(), "opening the page says nothing"
    accessible(page)
    picture(page, "clean-answer")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Chưa sạch").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã trả lời: chưa sạch")
    assert Verdict.objects.get().clean is False
    accessible(page)
    picture(page, "clean-answered")


def test_the_pages_speak_english_too(page, site, cleaned, watched):
    watched(page)
    one = cleaned("en")
    page.goto(stop_url(site, one))
    assert "/en/stop/" in page.url
    expect(page.get_by_role("heading", level=1)).to_have_text("Stop messages?")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ["received", "cleaned", "refused"])
def test_the_letter_fits_a_phone_and_asks_no_other_host(kind, language, page, site, case, told, after_photo, watched, accessible, picture):
    watched(page)
    thing = case("confirmed", due_at=timezone.now() + timedelta(days=3))
    one = told(thing, language=language)
    if kind == "received":
        notifications.schedule(one, "received")
    elif kind == "cleaned":
        casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
    else:
        casework.refuse(thing, None, "Rác nằm trong khu đất tư có rào. Đã báo chủ đất tự dọn trước ngày 30/11.")
    html = letter_as_mail("lan@example.org", wording.letter(Message.objects.select_related("report__case").get(kind=kind))).alternatives[0].content
    page.set_content(html)
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 780})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    accessible(page)
    assert page.evaluate("document.images.length + document.scripts.length + document.querySelectorAll('link').length") == 0
    picture(page, f"letter-{kind}-{language}")


def test_the_case_tells_the_staff_what_went_out(context, site, case, told, member, after_photo, settings, watched, accessible, picture):
    from django.test import Client

    from tests.reports.notification_fixtures import send_all

    thing = case("confirmed")
    told(thing, email="lan@example.org")
    told(thing, email="", phone="0905 000 000")
    casework.clean(thing, None, Visit(distance_m=8, photos=(after_photo(thing),)))
    send_all()
    told(thing)
    notifications.schedule(thing.reports.last(), "cleaned")
    client = Client()
    client.force_login(member(), backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page = watched(context.new_page())
    page.goto(f"{site}/dieu-hanh/diem-rac/{thing.code}/#messages")
    page.set_viewport_size({"width": 1280, "height": 800})
    section = page.locator("#messages")
    expect(section).to_contain_text("Đã gửi lúc")
    expect(section).to_contain_text("Không gửi: không có địa chỉ e-mail")
    accessible(page)
    section.scroll_into_view_if_needed()
    picture(page, "case-messages")
