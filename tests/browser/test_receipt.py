"""What became of a report, in a real browser: the receipt in each state, the reporter's page, the page of a place, “my data”."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from reports.codes import secret_token
from reports.contacts import ContactDetails
from reports.follow_up import add_note, correct_contact, withdraw_report
from reports.follow_up.requests import answer, ask
from reports.models import Case, Report, Verdict
from reports.voice import receive_voice
from tests.lively_city import fill
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db(transaction=True)

MOST_BYTES = 110 * 1024
STATES = ("new", "confirmed", "cleaned", "verified", "refused")


@pytest.fixture
def city(site):
    """The city pack with a few cases in every state."""
    call_command("load_city", verbosity=0)
    return fill()


@pytest.fixture
def here(page):
    """Puts the phone somewhere: `here(case, accuracy=12, metres_north=0)`."""

    def put(case: Case, accuracy: float = 12, metres_north: float = 0) -> None:
        page.context.grant_permissions(["geolocation"])
        point = case.public_location
        page.context.set_geolocation({"longitude": point.x, "latitude": point.y + metres_north / 110_600, "accuracy": accuracy})

    return put


@pytest.fixture
def sign_in(client, page, site):
    """Signs a member in: `sign_in(member("dispatcher"))`."""

    def enter(person) -> None:
        client.force_login(person)
        page.context.add_cookies([{"name": "session", "value": client.session.session_key, "url": site}])

    return enter


def receipt_of(report: Report) -> str:
    return f"/p/{report.code}/"


def secret_of(report: Report) -> str:
    return f"/p/{report.code}/{secret_token(report.uuid)}/"


def data_of(report: Report) -> str:
    return f"/du-lieu-cua-toi/{report.code}/{secret_token(report.uuid)}/"


def spot_of(case: Case) -> str:
    return f"/diem-rac/{case.code}/"


@pytest.mark.parametrize("state", STATES)
def test_the_receipt_in_each_state(state, city, site, page, watched, accessible, picture):
    watched(page)
    page.goto(site + receipt_of(city.reports[state]))
    expect(page.locator(".code")).to_contain_text(city.reports[state].code[5:])
    accessible(page)
    picture(page, f"receipt-{state}")


def test_a_withdrawn_receipt_says_so(city, site, page, watched, accessible, picture):
    watched(page)
    withdraw_report(city.reports["new"])
    page.goto(site + receipt_of(city.reports["new"]))
    expect(page.get_by_role("heading", level=1)).to_have_text("Đã rút lại")
    accessible(page)
    picture(page, "receipt-withdrawn")


@pytest.mark.parametrize("state", ["new", "cleaned"])
def test_the_reporters_own_page(state, city, site, page, watched, accessible, picture):
    watched(page)
    sent = city.reports[state]
    add_note(sent, "Có thêm hai bao nữa ở sau kè.")
    receive_voice(sent, recording())
    page.goto(site + secret_of(sent))
    accessible(page)
    picture(page, f"receipt-secret-{state}")
    page.screenshot(path=f".local/screenshots/receipt-secret-{state}-whole.png", full_page=True)


@pytest.mark.parametrize("state", ["confirmed", "cleaned", "verified", "refused"])
def test_the_page_of_a_place(state, city, site, page, watched, accessible, picture):
    watched(page)
    page.goto(site + spot_of(city.cases[state]))
    accessible(page)
    picture(page, f"spot-{state}")
    page.set_viewport_size({"width": 360, "height": 780})
    page.screenshot(path=f".local/screenshots/spot-{state}-whole.png", full_page=True)


def test_my_data_is_opened_with_the_private_link_and_shows_everything(city, site, page, watched, accessible, picture, member):
    watched(page)
    sent = city.reports["confirmed"]
    correct_contact(sent, ContactDetails(email="lan@example.org", consent=True, purposes=("progress",)))
    answer(ask(sent, "see"), member(), "Mọi dữ liệu ở trên trang này.")
    ask(sent, "delete", "Xin xóa giúp.")
    page.goto(site + "/du-lieu-cua-toi/")
    accessible(page)
    picture(page, "my-data-ask")
    page.get_by_label("Link riêng của phản ánh").fill(site + secret_of(sent))
    page.get_by_role("button", name="Mở").click()
    expect(page).to_have_url(re.compile("/du-lieu-cua-toi/.+"))
    expect(page.get_by_text("lan@example.org").first).to_be_visible()
    accessible(page)
    picture(page, "my-data")
    page.set_viewport_size({"width": 360, "height": 780})
    page.screenshot(path=".local/screenshots/my-data-whole.png", full_page=True)


def test_withdrawing_asks_first_and_is_said_afterwards(city, site, page, watched, accessible, picture):
    watched(page)
    sent = city.reports["new"]
    page.goto(site + secret_of(sent))
    page.get_by_role("link", name="Rút phản ánh").click()
    accessible(page)
    picture(page, "receipt-withdraw")
    assert Report.objects.get(pk=sent.pk).withdrawn_at is None
    page.get_by_role("button", name="Rút phản ánh").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đã rút lại")
    expect(page.get_by_role("status").filter(has_text="Đã rút phản ánh.")).to_be_visible()
    assert Case.objects.get(pk=sent.case_id).status == "withdrawn"


def test_the_staffs_pages_on_requests(city, site, page, watched, accessible, picture, member, sign_in):
    watched(page)
    asked = ask(city.reports["new"], "delete", "Xin xóa ảnh và số điện thoại.")
    ask(city.reports["cleaned"], "other", "Ai đã xem ảnh?", now=timezone.now() - timedelta(days=9))
    sign_in(member("dispatcher"))
    page.goto(site + "/dieu-hanh/yeu-cau-du-lieu/")
    accessible(page)
    picture(page, "staff-data-requests")
    page.get_by_role("link", name=re.compile("Xóa", re.I)).first.click()
    accessible(page)
    picture(page, "staff-data-request")
    page.get_by_label("Trả lời (người báo sẽ đọc)").fill("Đã xóa.")
    page.get_by_label(re.compile("Xóa mọi dữ liệu cá nhân")).check()
    page.get_by_role("button", name="Trả lời").click()
    expect(page.get_by_text("Đã trả lời và đã xóa mọi dữ liệu cá nhân.")).to_be_visible()
    asked.refresh_from_db()
    assert asked.answer == "Đã xóa." and Report.objects.get(pk=asked.report_id).description == ""


def test_what_residents_added_is_on_the_page_of_their_case(city, site, page, watched, accessible, picture, member, sign_in):
    watched(page)
    sent = city.reports["cleaned"]
    add_note(sent, "Có thêm hai bao nữa ở sau kè.")
    receive_voice(sent, recording())
    correct_contact(sent, ContactDetails(phone="0905 000 000", consent=True, purposes=("questions",)))
    Verdict.objects.create(case=sent.case, cleaned_at=sent.case.cleaned_at, clean=False, source="near", reporter=b"1" * 32, distance_m=24, at=timezone.now())
    sign_in(member("dispatcher"))
    page.goto(site + f"/dieu-hanh/diem-rac/{sent.case.code}/")
    accessible(page)
    picture(page, "staff-case-residents")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.screenshot(path=".local/screenshots/staff-case-residents-whole.png", full_page=True)
    page.get_by_role("button", name="Mở thông tin liên hệ").click()
    expect(page.get_by_text("0905 000 000")).to_be_visible()
    accessible(page)
    picture(page, "staff-contact")
