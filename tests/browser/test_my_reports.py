"""“Phản ánh của tôi”: the list that only this phone has, its news, and how it moves to another phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone(page, wire, two_areas):
    return Phone(page, wire.url, "/cua-toi/")


@pytest.fixture
def cleaned(case, report):
    """A report of a case that has been cleaned since."""
    from reports.models import CaseEvent

    sent = report(case(status="verified", at=timezone.now() - timedelta(days=3)), at=timezone.now() - timedelta(days=3))
    CaseEvent.objects.create(case=sent.case, kind="cleaned", at=timezone.now() - timedelta(days=1), from_status="confirmed", to_status="cleaned")
    return sent


def secret(wire, report) -> str:
    from reports.codes import secret_token

    return f"{wire.url}/p/{report.code}/{secret_token(report.uuid)}/"


def remember(phone, wire, report, **more) -> None:
    row = {"code": report.code, "secret_url": secret(wire, report), "at": report.received_at.timestamp() * 1000, "words": "Gần bãi biển Mỹ Khê", **more}
    phone.page.evaluate("(row) => kept.remember(row)", row)


def test_a_phone_that_sent_nothing_is_told_so(phone, accessible, picture, watched):
    watched(phone.page)
    phone.open()
    expect(phone.page.get_by_text("Chưa có phản ánh nào trên điện thoại này.")).to_be_visible()
    accessible(phone.page)
    picture(phone.page, "mine-nothing")


def test_a_report_that_was_sent_is_in_the_list_and_leads_to_its_secret_page(phone, wire, watched):
    from reports.models import Report

    watched(phone.page)
    phone.put()
    phone.emptied()
    phone.open()
    link = phone.page.get_by_role("link", name="Gần bãi biển Mỹ Khê")
    expect(link).to_have_attribute("href", secret(wire, Report.objects.get()))
    expect(phone.page.get_by_text("Đã cập nhật.")).to_be_visible()
    expect(phone.page.get_by_text("Đã nhận phản ánh")).to_be_visible()


def test_news_is_shown_until_it_was_looked_at(phone, wire, cleaned, accessible, picture, watched):
    watched(phone.page)
    remember(phone, wire, cleaned)
    phone.page.goto(wire.url + "/")
    badge = phone.page.get_by_role("link", name=re.compile("1 phản ánh của tôi vừa có tin mới"))
    expect(badge).to_have_attribute("href", "/cua-toi/")
    accessible(phone.page)
    picture(phone.page, "home-news")
    badge.click()
    expect(phone.page.get_by_text("Tin mới", exact=True)).to_be_visible()
    expect(phone.page.get_by_text("Đã cập nhật.")).to_be_visible()
    accessible(phone.page)
    picture(phone.page, "mine")
    phone.page.goto(wire.url + "/")
    expect(phone.page.get_by_role("link", name="Phản ánh của tôi")).to_be_visible()
    expect(badge).to_have_count(0)


def test_what_was_so_when_the_report_was_sent_is_no_news(phone, wire, report):
    sent = report(at=timezone.now())
    remember(phone, wire, sent)
    phone.page.goto(wire.url + "/")
    with phone.page.expect_response("**/api/v1/receipts/**"):
        phone.page.goto(wire.url + "/cua-toi/")
    expect(phone.page.get_by_text("Đã cập nhật.")).to_be_visible()
    expect(phone.page.get_by_text("Tin mới", exact=True)).to_be_hidden()


def test_without_network_the_list_shows_what_was_known_last(phone, wire, cleaned):
    remember(phone, wire, cleaned, title="Đã dọn xong")
    phone.page.route("**/api/v1/receipts/**", lambda route: route.abort())
    phone.open()
    expect(phone.page.get_by_text("Chưa xem được tin mới vì không có mạng.")).to_be_visible()
    expect(phone.page.get_by_text("Đã dọn xong", exact=True)).to_be_visible()


def test_an_entry_is_removed_and_put_back(phone, wire, cleaned):
    remember(phone, wire, cleaned)
    phone.open()
    phone.page.get_by_role("button", name="Bỏ khỏi danh sách").click()
    expect(phone.page.get_by_role("listitem")).to_have_count(0)
    expect(phone.page.get_by_text("Đã bỏ khỏi danh sách. Phản ánh vẫn được xử lý.")).to_be_visible()
    assert phone.mine() == []
    phone.page.get_by_role("button", name="Đưa lại vào danh sách").click()
    expect(phone.page.get_by_role("listitem")).to_have_count(1)
    assert [row["secret_url"] for row in phone.mine()] == [secret(wire, cleaned)]


def test_the_list_moves_to_another_phone(phone, wire, cleaned, browser, browser_context_args, accessible, picture):
    remember(phone, wire, cleaned)
    phone.open()
    phone.page.get_by_text("Đổi điện thoại hoặc đổi ứng dụng?").click()
    links = phone.page.get_by_label("Mang danh sách này theo").input_value()
    accessible(phone.page)
    picture(phone.page, "mine-move")
    phone.page.get_by_role("button", name="Chép danh sách").click()
    expect(phone.page.locator("#mine-status")).to_have_text(re.compile("Đã chép|bôi đen"))
    assert links == secret(wire, cleaned)

    other = browser.new_context(**browser_context_args)
    new = Phone(other.new_page(), wire.url, "/cua-toi/")
    new.page.get_by_text("Đổi điện thoại hoặc đổi ứng dụng?").click()
    new.page.get_by_label("Dán danh sách từ máy khác").fill(f"Các phản ánh của tôi:\n{links}\nhttps://example.com/p/{cleaned.code}/\n")
    new.page.get_by_role("button", name="Thêm vào danh sách").click()
    expect(new.page.get_by_text("Đã thêm 1 phản ánh vào danh sách.")).to_be_visible()
    expect(new.page.get_by_role("listitem").get_by_role("link")).to_have_attribute("href", secret(wire, cleaned))
    other.close()


def test_a_list_from_elsewhere_never_leads_to_another_site(phone, wire):
    phone.page.evaluate("kept.adopt('https://example.com/p/7K4QX29MWB/AAAAAAAAAAAAAAAAAAAAAA/')")
    assert [row["secret_url"] for row in phone.mine()] == [f"{wire.url}/p/7K4QX29MWB/AAAAAAAAAAAAAAAAAAAAAA/"]


@pytest.mark.parametrize("path", ["/", "/cua-toi/"])
def test_the_box_for_a_code_takes_the_whole_address(path, phone, wire, cleaned):
    phone.page.goto(wire.url + path)
    phone.page.locator("#code").fill(f"Xem {secret(wire, cleaned)}")
    phone.page.get_by_role("button", name="Xem", exact=True).click()
    phone.page.wait_for_url(secret(wire, cleaned))


def test_the_list_survives_in_the_browser_of_zalo_without_any_account(browser, browser_context_args, wire, two_areas):
    zalo = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Zalo iOS/470 ZaloTheme/light"
    context = browser.new_context(**{**browser_context_args, "user_agent": zalo})
    context.add_init_script("delete Navigator.prototype.serviceWorker; delete Navigator.prototype.share; delete Navigator.prototype.locks")
    phone = Phone(context.new_page(), wire.url, "/cua-toi/")
    phone.put()
    phone.emptied()
    phone.open()
    expect(phone.page.get_by_role("listitem")).to_have_count(1)
    assert context.cookies() == []
    context.close()


def test_without_javascript_the_page_explains_and_the_code_box_works(browser, browser_context_args, wire, cleaned, picture):
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    page = context.new_page()
    page.goto(wire.url + "/cua-toi/")
    expect(page.get_by_text("Mỗi biên nhận có một link riêng.")).to_be_visible()
    picture(page, "mine-plain")
    page.locator("#code").fill(cleaned.code.lower())
    page.get_by_role("button", name="Xem", exact=True).click()
    page.wait_for_url(f"**/p/{cleaned.code}/")
    context.close()


def test_markup_in_a_place_stays_text(phone, wire, cleaned):
    remember(phone, wire, cleaned, words="<img src=x onerror=alert(1)>")
    phone.open()
    expect(phone.page.get_by_role("link", name="<img src=x onerror=alert(1)>")).to_be_visible()


def test_what_a_tap_brought_is_not_talked_over_by_a_late_answer(phone, wire, cleaned):
    remember(phone, wire, cleaned)
    answers = []
    phone.page.route("**/api/v1/receipts/**", lambda route: answers.append(route))
    with phone.page.expect_request("**/api/v1/receipts/**"):  # asked before the tap, answered after it
        phone.open()
    phone.page.get_by_role("button", name="Bỏ khỏi danh sách").click()
    expect(phone.page.get_by_text("Đã bỏ khỏi danh sách. Phản ánh vẫn được xử lý.")).to_be_visible()
    with phone.page.expect_response("**/api/v1/receipts/**"):
        answers[0].continue_()
    phone.page.wait_for_timeout(500)
    expect(phone.page.get_by_text("Đã bỏ khỏi danh sách. Phản ánh vẫn được xử lý.")).to_be_visible()
