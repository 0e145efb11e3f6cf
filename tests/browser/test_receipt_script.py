"""What the script adds to receipts and places: news, copying, sharing, an answer from where one stands. And all of it without one."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from reports import casework
from reports.codes import secret_token
from reports.models import Report, Verdict
from tests.lively_city import fill
from tests.page_weight import weigh
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

MOST_BYTES = 110 * 1024
MOST_SCRIPT = 25 * 1024
SOON = "Math.random = () => 0; const later = setTimeout; window.setTimeout = (f, ms, ...a) => later(f, ms > 20000 ? 300 : ms, ...a);"  # 45 s become 0.3


@pytest.fixture
def city(site):
    """The city pack with a few cases in every state."""
    call_command("load_city", verbosity=0)
    return fill()


@pytest.fixture
def here(page):
    """Puts the phone somewhere: `here(case, accuracy=12, metres_north=0)`."""

    def put(case, accuracy: float = 12, metres_north: float = 0) -> None:
        page.context.grant_permissions(["geolocation"])
        point = case.public_location
        page.context.set_geolocation({"longitude": point.x, "latitude": point.y + metres_north / 110_600, "accuracy": accuracy})

    return put


@pytest.fixture
def plain(browser, browser_context_args):
    """A browser without JavaScript."""
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    yield context.new_page()
    context.close()


def secret_of(report: Report) -> str:
    return f"/p/{report.code}/{secret_token(report.uuid)}/"


def test_the_public_link_is_copied_and_the_next_step_in_zalo_is_said(city, site, page, watched):
    watched(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sent = city.reports["new"]
    page.goto(site + secret_of(sent))
    page.get_by_role("button", name="Gửi link vào Zalo của tôi").click()
    expect(page.get_by_role("status").filter(has_text="Cloud của tôi")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}/p/{sent.code}/"
    page.get_by_role("button", name="Chép link riêng").click()
    expect(page.get_by_role("status").filter(has_text="Đã chép link riêng")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == site + secret_of(sent)


def test_where_copying_is_forbidden_it_is_said_what_to_do(city, site, page, watched):
    watched(page)
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false;")
    page.goto(f"{site}/p/{city.reports['new'].code}/")
    page.get_by_role("button", name="Gửi link vào Zalo của tôi").click()
    expect(page.get_by_role("status").filter(has_text="Nhấn giữ link ở trên")).to_be_visible()


def test_sharing_is_offered_where_the_phone_can_and_only_ever_the_public_link(city, site, page, watched):
    watched(page)
    sent = city.reports["new"]
    page.add_init_script("navigator.share = (what) => { window.shared = what; return Promise.resolve(); };")
    page.goto(site + secret_of(sent))
    page.get_by_role("button", name="Chia sẻ").click()
    assert page.evaluate("shared.url") == f"{site}/p/{sent.code}/"
    assert secret_token(sent.uuid) not in page.evaluate("JSON.stringify({...shared, title: ''})")


def test_sharing_is_not_offered_where_the_phone_cannot(city, site, page):
    page.add_init_script("delete Navigator.prototype.share;")
    page.goto(f"{site}/p/{city.reports['new'].code}/")
    expect(page.get_by_role("button", name="Gửi link vào Zalo của tôi")).to_be_visible()
    expect(page.get_by_role("button", name="Chia sẻ")).to_be_hidden()


def test_news_comes_into_the_open_page_and_is_said_to_screen_readers(city, site, page, watched, member):
    watched(page)
    page.add_init_script(SOON)
    case, sent = city.cases["new"], city.reports["new"]
    page.goto(site + secret_of(sent))
    page.get_by_text("Thêm ghi chú").click()
    page.get_by_label("Chỉ người xử lý đọc ghi chú này.").fill("đang gõ dở")
    casework.refuse(case, member(), "Đất riêng.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Phản ánh này không xử lý được", timeout=60_000)
    expect(page.locator("#news")).to_have_text("Tin mới: Phản ánh này không xử lý được.")
    expect(page.get_by_text("Lý do: Đất riêng.")).to_be_visible()
    expect(page.get_by_label("Chỉ người xử lý đọc ghi chú này.")).to_have_value("đang gõ dở")


def test_a_page_without_news_is_left_alone_and_one_without_a_network_too(city, site, page, watched):
    watched(page)
    page.add_init_script(SOON)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/api/v1/receipts/" in request.url else None)
    page.goto(f"{site}/p/{city.reports['confirmed'].code}/")
    page.evaluate("document.querySelector('h1').dataset.mark = 'old'")
    page.wait_for_timeout(1500)
    assert len(asked) >= 2
    assert page.evaluate("document.querySelector('h1').dataset.mark") == "old"
    page.context.set_offline(True)
    page.wait_for_timeout(1000)
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_own_page_is_kept_in_the_list_on_this_phone(city, site, page, watched):
    watched(page)
    sent = city.reports["confirmed"]
    page.goto(site + secret_of(sent))
    wait_until(page, "async () => (await indexedDB.databases()).some(({name}) => name === 'citylab')")
    page.goto(site + "/cua-toi/")
    expect(page.get_by_text(sent.code[5:])).to_be_visible()


def test_one_tap_answers_from_the_place_and_says_thanks(city, site, page, here, watched, accessible, picture):
    watched(page)
    case = city.cases["cleaned"]
    here(case)
    page.goto(f"{site}/diem-rac/{case.code}/")
    page.get_by_role("button", name="Chưa sạch").click()
    expect(page.get_by_text("Câu trả lời đã được ghi nhận.")).to_be_visible()
    said = Verdict.objects.get()
    assert (said.clean, said.source, said.reporter is not None) == (False, "near", True) and said.distance_m < 1
    accessible(page)
    picture(page, "spot-answered")


@pytest.mark.parametrize("metres, accuracy, words", [(300, 12, "Chỉ nhận câu trả lời trong vòng 100 m"), (0, 900, "Vị trí chưa đủ chính xác")])
def test_whoever_is_elsewhere_or_nowhere_in_particular_is_told(metres, accuracy, words, city, site, page, here, watched, accessible, picture):
    watched(page)
    case = city.cases["cleaned"]
    here(case, accuracy, metres)
    page.goto(f"{site}/diem-rac/{case.code}/")
    page.get_by_role("button", name="Đã sạch").click()
    expect(page.get_by_text(words).first).to_be_visible()
    accessible(page)
    assert not Verdict.objects.exists()
    if metres:
        picture(page, "spot-too-far")


def test_a_denied_position_is_said_and_the_sign_named(city, site, page, watched):
    watched(page)
    page.goto(f"{site}/diem-rac/{city.cases['cleaned'].code}/")
    page.get_by_role("button", name="Đã sạch").click()
    expect(page.locator("#here-told")).to_contain_text("quét bảng QR")


def test_from_the_sign_to_the_answer_without_javascript(city, site, plain):
    from django.contrib.gis.geos import Point

    case = city.cases["cleaned"]
    type(city.sign).objects.filter(pk=city.sign.pk).update(location=Point(case.public_location.x, case.public_location.y, srid=4326))
    plain.goto(f"{site}/q/{city.sign.code}/")
    plain.locator(f"a[href*='{case.code}']").first.click()
    plain.get_by_role("button", name="Đã sạch").click()
    expect(plain.get_by_text("Câu trả lời đã được ghi nhận.")).to_be_visible()
    assert Verdict.objects.get().source == "sign"


def test_without_javascript_everything_of_the_reporter_works(city, site, plain):
    sent = city.reports["cleaned"]
    plain.goto(site + secret_of(sent) + "?answer=not-clean")
    expect(plain.get_by_role("radio", name="Chưa sạch")).to_be_checked()
    assert not Verdict.objects.exists()
    plain.get_by_role("button", name="Gửi câu trả lời").click()
    expect(plain.get_by_text("Câu trả lời đã được ghi nhận.")).to_be_visible()
    plain.get_by_text("Thêm ghi chú").click()
    plain.get_by_label("Chỉ người xử lý đọc ghi chú này.").fill("vẫn còn hai bao")
    plain.get_by_role("button", name="Gửi ghi chú").click()
    expect(plain.get_by_text("vẫn còn hai bao")).to_be_visible()
    expect(plain.get_by_role("button", name="Gửi link vào Zalo của tôi")).to_be_hidden()
    expect(plain.get_by_text(f"{site}/p/{sent.code}/")).to_be_visible()
    plain.get_by_role("link", name="Dữ liệu của tôi: xem, sửa, xóa").click()
    plain.get_by_text("Yêu cầu xóa hoặc việc khác").click()
    plain.get_by_label("Xóa mọi dữ liệu cá nhân").check()
    plain.get_by_role("button", name="Gửi yêu cầu").click()
    expect(plain.get_by_text("Đã nhận yêu cầu.")).to_be_visible()


def test_with_the_keyboard_alone_the_answer_is_given(city, site, page, watched):
    watched(page)
    page.goto(site + secret_of(city.reports["cleaned"]))
    while page.evaluate("document.activeElement.id") != "answer-clean":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Câu trả lời đã được ghi nhận.")).to_be_visible()
    assert not Verdict.objects.get().clean


def test_an_error_is_on_top_with_a_link_beside_the_field_and_in_the_title(city, site, page, watched, accessible, picture):
    watched(page)
    page.goto(site + secret_of(city.reports["new"]))
    page.evaluate("document.querySelectorAll('[required]').forEach((e) => e.required = false)")
    page.get_by_text("Thêm ghi chú").click()
    page.get_by_role("button", name="Gửi ghi chú").click()
    expect(page).to_have_title(re.compile("^Lỗi:"))
    expect(page.locator("#summary")).to_be_focused()
    page.get_by_role("link", name="Hãy ghi vài chữ trước.").click()
    expect(page.locator("#note")).to_be_focused()
    accessible(page)
    picture(page, "receipt-secret-error")


def test_receipts_and_places_keep_their_budget(city, site, page):
    code, token = city.secret("cleaned")
    for address in (f"/p/{code}/", f"/p/{code}/{token}/", f"/diem-rac/{city.cases['verified'].code}/", f"/du-lieu-cua-toi/{code}/{token}/"):
        weight = weigh(page, site + address)
        print(address.split("/")[1], weight.total, weight.of("script"), weight.requests)
        assert weight.total <= MOST_BYTES and weight.of("script") <= MOST_SCRIPT and weight.of("font") == 0, weight.told()


@pytest.mark.parametrize("width, text", [(320, 1), (360, 2)])
def test_nothing_is_cut_off_on_a_narrow_phone_or_at_double_size(width, text, city, site, page):
    page.set_viewport_size({"width": width, "height": 780})
    code, token = city.secret("cleaned")
    for address in (f"/p/{code}/{token}/", f"/p/{code}/{token}/?withdraw", f"/diem-rac/{city.cases['cleaned'].code}/", f"/du-lieu-cua-toi/{code}/{token}/", "/du-lieu-cua-toi/"):
        page.goto(site + address)
        page.evaluate(f"document.documentElement.style.fontSize = '{text * 100}%'; document.querySelectorAll('details').forEach((d) => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
