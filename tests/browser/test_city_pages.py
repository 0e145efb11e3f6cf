"""The city's pages in a real browser: the list without a script, the map on a tap, what all of it weighs, signs at the desk."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from reports.models import Area, Case
from reports.public_list.filter import PAGE
from tests.lively_city import fill
from tests.page_weight import Weight, _compressed
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

KIB = 1024
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
MOST_OF_THE_MAP = 600 * KIB


@pytest.fixture
def city(site):
    call_command("load_city", verbosity=0)
    return fill()


@pytest.fixture
def many(city, case):
    """More cases than a page of the list holds, some at one place."""
    unit = Area.objects.units().first()
    return [case(lon=108.21 + (number % 5) / 500, lat=16.05, at=timezone.now() - timedelta(days=number), area=unit) for number in range(PAGE + 8)]


@pytest.fixture
def plain(browser, browser_context_args):
    """A browser without JavaScript."""
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    yield context.new_page()
    context.close()


def test_without_a_script_the_list_is_filtered_paged_and_drawn(plain, site, many):
    plain.goto(f"{site}/ban-do/")
    expect(plain.locator("svg.overview circle").first).to_be_visible()
    expect(plain.locator(".site")).to_have_count(PAGE)
    expect(plain.locator("#open-map")).to_be_hidden()
    plain.get_by_role("link", name="Cũ hơn").click()
    expect(plain).to_have_url(re.compile("after="))
    plain.get_by_text("Loại rác, phường xã, thời gian").click()
    plain.get_by_label("Thời gian").select_option("7")
    plain.get_by_role("button", name="Hiện").click()
    expect(plain).to_have_url(re.compile("days=7"))
    assert 0 < plain.locator(".site").count() < PAGE
    plain.get_by_role("link", name="Đã dọn", exact=True).click()
    expect(plain).to_have_url(re.compile("days=7.*state=cleaned|state=cleaned.*days=7"))
    plain.get_by_role("link", name="Bỏ lọc").click()
    expect(plain.locator(".site .state.good")).to_have_count(2)


def test_on_a_phone_the_map_waits_for_a_tap(page, site, many, watched, accessible, picture):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    watched(page)
    page.goto(f"{site}/ban-do/", wait_until="networkidle")
    assert not [url for url in asked if "city_map.js" in url or "maplibre" in url or "/tiles/" in url]
    accessible(page)
    picture(page, "city-map-list")
    page.set_viewport_size({"width": 360, "height": 780})
    page.get_by_role("button", name="Mở bản đồ di chuyển được").click()
    expect(page.locator(".stage[data-idle]")).to_be_visible(timeout=30_000)
    expect(page.locator("svg.overview")).to_have_count(0)
    expect(page.get_by_text("Điểm nóng: rác được báo nhiều hơn mức ngẫu nhiên.")).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "CANVAS", "who tapped goes on at the map"
    page.locator("#map").scroll_into_view_if_needed()
    accessible(page)
    picture(page, "city-map-open")


def test_list_and_open_map_weigh_at_most_600_kilobytes(page, site, many):
    answers: list = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{site}/ban-do/", wait_until="networkidle")
    page.get_by_role("button", name="Mở bản đồ di chuyển được").click()
    expect(page.locator(".stage[data-idle]")).to_be_visible(timeout=30_000)
    page.wait_for_timeout(500)
    weight = Weight()
    for answer in answers:
        if not answer.url.startswith(("data:", "blob:")) and not 300 <= answer.status < 400:
            body = answer.body() if answer.status != 204 else b""
            kind = "script" if answer.url.endswith(".js") else answer.request.resource_type
            weight.parts.append((answer.url, kind, _compressed(body, kind)))
    print(weight.told())
    assert weight.total <= MOST_OF_THE_MAP, weight.told()


def test_on_a_wide_screen_the_map_opens_by_itself_beside_the_list(page, site, many, watched, picture):
    watched(page)
    page.set_viewport_size(WIDE)
    page.goto(f"{site}/ban-do/")
    expect(page.locator(".stage[data-idle]")).to_be_visible(timeout=30_000)
    first, stage = page.locator(".site").first.bounding_box(), page.locator(".stage").bounding_box()
    assert first["x"] + first["width"] <= stage["x"], "the list stands on the left"
    assert page.evaluate("document.activeElement.tagName") == "BODY", "nothing takes the keyboard away"
    picture(page, "city-map-wide")


def test_a_point_of_the_map_says_what_it_is_and_leads_to_its_page(page, site, city, watched):
    watched(page)
    page.set_viewport_size(WIDE)
    page.goto(f"{site}/ban-do/")
    expect(page.locator(".stage[data-idle]")).to_be_visible(timeout=30_000)
    case = Case.objects.get(status="new")
    place = page.evaluate("([lon, lat]) => { const p = window.map.project([lon, lat]); return [p.x, p.y]; }", list(case.public_location.coords))
    wait_until(page, "window.map.queryRenderedFeatures({layers: ['sites']}).length > 0")
    page.locator(".stage canvas").click(position={"x": place[0], "y": place[1]})
    card = page.locator(".chosen")
    expect(card).to_contain_text("Quá hạn từ")
    assert card.get_by_role("link", name="Xem điểm rác này").get_attribute("href") == f"/diem-rac/{case.code}/"
    card.get_by_role("button", name="Đóng").click()
    expect(card).to_have_count(0)


def test_the_list_can_be_narrowed_to_what_the_map_shows(page, site, city, watched):
    watched(page)
    page.set_viewport_size(WIDE)
    page.goto(f"{site}/ban-do/?state=all")
    expect(page.locator(".stage[data-idle]")).to_be_visible(timeout=30_000)
    case = Case.objects.get(status="confirmed")
    page.evaluate("(centre) => window.map.jumpTo({center: centre, zoom: 16.5})", list(case.public_location.coords))
    wait_until(page, "document.querySelector('.stage').dataset.box?.startsWith('108.22')")
    page.get_by_role("link", name="Chỉ xem điểm trong khung này").click()
    expect(page).to_have_url(re.compile("box="))
    expect(page.locator(".site")).to_have_count(1)
    expect(page.locator(f'.site a[href="/diem-rac/{case.code}/"]')).to_be_visible()
    expect(page.get_by_text("Chỉ phần bản đồ đã chọn.")).to_be_visible()


def test_where_maps_cannot_be_drawn_the_picture_stays(page, site, city):
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null; window.WebGL2RenderingContext = undefined;")
    page.goto(f"{site}/ban-do/")
    page.get_by_role("button", name="Mở bản đồ di chuyển được").click()
    expect(page.get_by_text("Không mở được bản đồ ở đây. Hình vẽ và danh sách nói cùng nội dung.")).to_be_visible(timeout=30_000)
    expect(page.locator("svg.overview")).to_be_visible()


def test_the_map_is_moved_by_the_keyboard_alone(page, site, city):
    page.set_viewport_size(WIDE)
    page.goto(f"{site}/ban-do/")
    expect(page.locator(".stage[data-idle]")).to_be_visible(timeout=30_000)
    page.locator(".stage canvas").focus()
    before = page.evaluate("window.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    wait_until(page, "(before) => window.map.getCenter().lng > before", before)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.title || document.activeElement.ariaLabel") == "Phóng to"


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("address", ["/ban-do/?q=cho+han&unit=20194", "/phuong/?q=zzz", "/phuong/hai-van/", "/q/000000/", "/so-lieu/"])
def test_no_page_of_the_city_scrolls_sideways(page, site, city, address, width):
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(site + address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 1280:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    "name,address",
    [("unit", "/phuong/hai-van/"), ("unit-former", "/phuong/?q=hoa"), ("sign-unknown", "/q/000000/"), ("map-fault", "/ban-do/?q=xyzxyz&box=a"), ("unit-en", "/en/unit/hai-van/"), ("figures-en", "/en/figures/")],
)
def test_axe_finds_nothing_on_the_other_pages_of_the_city(page, site, city, watched, accessible, picture, name, address):
    Area.objects.units().exclude(code="20194").update(approximate=True)
    Area.objects.filter(code="20194").update(approximate=False)
    watched(page)
    page.goto(site + address)
    accessible(page)
    picture(page, f"city-{name}")


def test_figures_are_one_picture_and_a_table_that_opens(page, site, many, accessible, watched):
    watched(page)
    page.goto(f"{site}/so-lieu/")
    expect(page.locator("svg.bars")).to_be_visible()
    page.get_by_text("Bảng số").click()
    expect(page.locator("table.numbers tbody tr")).to_have_count(13)
    accessible(page)
    link = page.locator("table.numbers tbody tr").last.get_by_role("link").first
    number = int(link.inner_text())
    link.click()
    expect(page.locator("#list")).to_have_text(f"{number} điểm rác")


def test_signs_are_made_and_printed_at_the_desk(page, site, city, member, watched, accessible, picture):
    member("dispatcher", username="lan", first_name="Lan")
    watched(page)
    page.set_viewport_size(WIDE)
    page.goto(f"{site}{reverse('staff-signs')}")
    page.get_by_label("Tên đăng nhập").fill("lan")
    page.get_by_label("Mật khẩu").fill("a long password")
    page.keyboard.press("Enter")
    page.get_by_label("Tên", exact=True).fill("Chợ Hàn, cổng Bạch Đằng")
    page.get_by_label("hoặc toạ độ").fill("16.0678, 108.2208")
    page.get_by_role("button", name="Tạo bảng QR").click()
    expect(page.get_by_role("status")).to_contain_text("Chợ Hàn, cổng Bạch Đằng có mã")
    accessible(page)
    picture(page, "staff-signs")
    answer = page.request.get(site + page.get_by_role("link", name="A4").last.get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf" and answer.body().startswith(b"%PDF-")
    page.set_viewport_size(WIDE)
    page.get_by_role("row").filter(has_text="Chợ Hàn").get_by_role("button", name="Ngừng dùng").click()
    expect(page.get_by_role("row").filter(has_text="Chợ Hàn")).to_contain_text("ngừng dùng")
