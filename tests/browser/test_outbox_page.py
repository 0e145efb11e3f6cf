"""The page of what waits, and what the first page says about it."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)

NOWHERE = {"type": "Point", "coordinates": [0, 0]}
ZALO = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/154.0 Mobile Safari/537.36 Zalo android/260901903"
MESSENGER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/MessengerForiOS;FBAV/480]"
FACEBOOK = "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Version/4.0 Chrome/130.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/490;]"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
WEBVIEW = "Mozilla/5.0 (Linux; Android 14; SM-A245F; wv) AppleWebKit/537.36 Version/4.0 Chrome/130.0 Mobile Safari/537.36"


def jpeg(side: int = 900) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def phone(page, wire, two_areas):
    return Phone(page, wire.url, "/cho-gui/")


def test_nothing_waits(phone, accessible, picture, watched):
    watched(phone.page)
    phone.open()
    expect(phone.page.get_by_text("Không có gì chờ trên điện thoại này.")).to_be_visible()
    expect(phone.page.get_by_role("button", name="Gửi ngay")).to_be_hidden()
    accessible(phone.page)
    picture(phone.page, "waiting-nothing")


def test_what_waits_is_shown_with_its_size_and_tries_and_can_be_sent_now(phone, wire, accessible, picture):
    from reports.models import Report

    wire.cut()
    phone.put([jpeg(), jpeg()])
    phone.tried()
    phone.put()
    page = phone.page
    expect(page.get_by_text("2 phản ánh chưa gửi")).to_be_visible()
    expect(page.get_by_text("Chưa gửi. Giữ trang này hoặc mở lại khi có mạng.")).to_be_visible()
    first = page.get_by_role("listitem").first
    expect(first).to_contain_text(re.compile(r"DN [0-9A-Z]{5} [0-9A-Z]{5}"))
    expect(first).to_contain_text(re.compile(r"2 ảnh, [\d.,]+ (KB|MB)"))
    expect(first).to_contain_text("Chưa có mạng.")
    expect(first).to_contain_text(re.compile(r"Đã thử \d+ lần."))
    accessible(page)
    picture(page, "waiting")
    wire.mend()
    page.get_by_role("button", name="Gửi ngay").click()
    expect(page.get_by_text("Không còn gì chờ trên điện thoại này. Mọi thứ đã gửi.")).to_be_visible()
    assert Report.objects.count() == 2


def test_a_report_is_deleted_only_after_a_question(phone, wire, accessible):
    wire.cut()
    phone.put()
    page = phone.page
    page.get_by_role("button", name="Xóa khỏi điện thoại này").click()
    expect(page.get_by_text("Xóa hẳn phản ánh này? Phản ánh chưa được gửi.")).to_be_visible()
    expect(page.get_by_role("button", name="Giữ lại")).to_be_focused()
    accessible(page)
    page.get_by_role("button", name="Giữ lại").click()
    assert len(phone.list()) == 1
    page.get_by_role("button", name="Xóa khỏi điện thoại này").click()
    page.get_by_role("button", name="Xóa hẳn").click()
    expect(page.get_by_role("listitem")).to_have_count(0)
    assert phone.list() == []


def test_a_refused_report_says_why_and_opens_to_be_corrected(phone, accessible, picture):
    phone.put([jpeg()], location=NOWHERE)
    page = phone.page
    expect(page.get_by_text("Chưa tiếp nhận được phản ánh này.")).to_be_visible()
    assert phone.list()[0]["message"] in page.inner_text("main")
    accessible(page)
    picture(page, "waiting-refused")
    page.get_by_role("button", name="Mở ra sửa").click()
    page.wait_for_url("**/bao/**")


def test_a_refused_photo_is_told_and_taken_off_the_list(phone, accessible, picture):
    phone.put([b"no photo at all", jpeg()])
    page = phone.page
    expect(page.get_by_text("Phản ánh đã đến nơi, nhưng có phần không dùng được.")).to_be_visible()
    expect(page.get_by_text("Tệp này không phải là ảnh.")).to_be_visible()
    expect(page.get_by_role("link", name="Xem biên nhận")).to_have_attribute("href", re.compile(r"/p/[0-9A-Z]{10}/.+/"))
    accessible(page)
    picture(page, "waiting-photo-refused")
    page.get_by_role("button", name="Đã xem, bỏ khỏi danh sách").click()
    expect(page.get_by_role("listitem")).to_have_count(0)


def test_an_id_that_is_taken_leads_to_the_receipt_or_to_a_new_report(phone, accessible, picture):
    from reports.models import Report

    name = phone.put(description="một")
    phone.emptied()
    phone.put(id=name, description="hai")
    page = phone.page
    expect(page.get_by_text("Trước đó đã nhận một phản ánh mang mã này")).to_be_visible()
    expect(page.get_by_role("link", name="Xem biên nhận")).to_be_visible()
    accessible(page)
    picture(page, "waiting-taken")
    page.get_by_role("button", name="Gửi thành phản ánh mới").click()
    expect(page.get_by_role("listitem")).to_have_count(0)
    assert sorted(Report.objects.values_list("description", flat=True)) == ["hai", "một"]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (ZALO, "Mở lại đúng trang này trong Zalo: ứng dụng khác"), (MESSENGER, "trong Messenger: ứng dụng khác"), (FACEBOOK, "trong Facebook: ứng dụng khác"),
        (SAFARI, "trong Safari: ứng dụng và trình duyệt khác"), (WEBVIEW, "trong chính ứng dụng này"),
    ],
    ids=["Zalo", "Messenger", "Facebook", "Safari", "another app"],
)  # fmt: skip
def test_the_page_says_what_to_do_in_the_app_the_person_is_in(agent, words, browser, browser_context_args, wire, two_areas):
    context = browser.new_context(**{**browser_context_args, "user_agent": agent})
    phone = Phone(context.new_page(), wire.url, "/cho-gui/")
    wire.cut()
    phone.put()
    expect(phone.page.locator("#waiting-keep")).to_contain_text(words)
    week = phone.page.get_by_text("Nếu bảy ngày không mở trang")
    expect(week).to_be_visible() if "iPhone" in agent else expect(week).to_be_hidden()
    context.close()


def test_a_browser_that_keeps_nothing_is_told_so(context, wire, two_areas):
    context.add_init_script("Object.defineProperty(self, 'indexedDB', {value: {open() { throw new DOMException('no', 'SecurityError') }}})")
    page = context.new_page()
    page.goto(wire.url + "/cho-gui/")
    expect(page.get_by_text("Trình duyệt này không giữ được gì")).to_be_visible()


def test_the_first_page_says_what_waits_and_what_is_half_written(phone, wire, accessible, picture):
    wire.cut()
    phone.put()
    phone.tried()
    phone.page.evaluate("kept.draft.save({id: 'x'}, [new Blob(['ảnh'])])")
    wire.mend()
    phone.page.route(re.compile("/api/v1/reports/$"), lambda route: route.abort())
    phone.page.goto(wire.url + "/")
    waits = phone.page.get_by_role("link", name="1 phản ánh chưa gửi Giữ trang này hoặc mở lại khi có mạng.")
    expect(waits).to_have_attribute("href", "/cho-gui/")
    expect(phone.page.get_by_role("link", name="Có một phản ánh viết dở")).to_have_attribute("href", "/bao/")
    accessible(phone.page)
    picture(phone.page, "home-waiting")


def test_the_page_speaks_english(page, wire, two_areas, picture):
    phone = Phone(page, wire.url, "/en/waiting/")
    wire.cut()
    phone.put([jpeg()], language="en")
    phone.tried()
    expect(page.get_by_text("Not sent yet. Keep this page, or open it again when there is a network.")).to_be_visible()
    expect(page.get_by_role("listitem")).to_contain_text("1 photo")
    picture(page, "waiting-english")


def test_everything_can_be_done_with_the_keyboard(phone, wire):
    wire.cut()
    phone.put()
    page = phone.page
    page.get_by_role("button", name="Xóa khỏi điện thoại này").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Xóa hẳn")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem")).to_have_count(0)
