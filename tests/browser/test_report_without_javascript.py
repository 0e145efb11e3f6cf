"""A report on plain pages, in a real browser without JavaScript: the whole way, its looks, and the keyboard alone."""

from __future__ import annotations

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = {"width": 320, "height": 640}
PHONE = {"width": 360, "height": 780}


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "rac.jpg"
    Image.effect_noise((640, 480), 60).convert("RGB").save(path, "JPEG")
    return path


@pytest.fixture
def city(case, noon):
    """Two units, the city's kinds of waste, a market, and an open case beside it."""
    from django.conf import settings
    from django.contrib.gis.geos import Point

    from reports.models import Place, WasteType

    for row in settings.CITY.waste_types:
        WasteType.objects.create(
            code=row.code, group=row.group, name=row.name, name_en=row.name_en, resident=row.resident, icon=row.icon,
            hazard=row.hazard, order=row.order,
        )  # fmt: skip
    known = case(status="confirmed", lon=108.2051, lat=16.0551, due_at=noon)
    Place.objects.create(kind="market", code="m1", name="Chợ Hàn", search="cho han", location=Point(108.205, 16.055, srid=4326), area=known.area)
    return known


@pytest.fixture
def plain(browser, browser_context_args, watched):
    """A browser without JavaScript and without cookies to keep."""
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    yield watched(context.new_page())
    assert context.cookies() == []
    context.close()


@pytest.fixture
def scriptless(browser, browser_context_args, watched):
    """A browser that runs scripts but gets none from the site: axe needs one, the pages stay plain."""
    context = browser.new_context(**browser_context_args)
    context.route(re.compile(r"/build/[\w.-]+\.js"), lambda route: route.fulfill(body="", content_type="text/javascript"))
    yield watched(context.new_page())
    context.close()


def go_on(page, name: str | re.Pattern = "Tiếp tục"):
    with page.expect_navigation():  # until it is whole: a click alone waits for the first byte
        page.get_by_role("button", name=name, exact=isinstance(name, str)).click()


def back(page):
    with page.expect_navigation():
        page.get_by_role("link", name="Quay lại").click()


def search(page, text: str):
    page.get_by_label("Tìm tên nơi hoặc tên đường").fill(text)
    go_on(page, "Tìm")


def to_place(page, site, photo):
    page.goto(site + "/")
    page.get_by_role("link", name="Báo rác").click()
    page.get_by_label("Chọn ảnh có sẵn").set_input_files(photo)
    go_on(page)


def to_send(page, site, photo):
    to_place(page, site, photo)
    search(page, "cho han")
    page.get_by_role("radio", name=re.compile("Chợ Hàn")).check()
    go_on(page, re.compile("Tiếp tục|Đúng chỗ này"))
    page.get_by_role("checkbox", name="Chai nhựa, nắp").check()
    page.get_by_role("radio", name="Một xe đẩy").check()
    go_on(page)
    go_on(page, "Không, chỗ khác")


def test_the_whole_way_from_the_first_page_to_the_receipt(plain, site, city, photo):
    from reports.models import Photo, Report

    to_place(plain, site, photo)
    expect(plain).to_have_url(re.compile(r"/bao/[0-9a-f-]{36}/vi-tri/$"))
    search(plain, "cho han")
    plain.get_by_role("radio", name=re.compile("Chợ Hàn")).check()
    go_on(plain)
    plain.get_by_role("checkbox", name="Chai nhựa, nắp").check()
    plain.get_by_role("radio", name="Một xe đẩy").check()
    go_on(plain)
    expect(plain.get_by_role("heading", name="Có phải chỗ này không?")).to_be_visible()
    go_on(plain, "Đúng, chỗ này")
    expect(plain.locator("#review")).to_contain_text("Chợ Hàn")
    plain.get_by_label("Ghi chú").fill("túi ni lông")
    go_on(plain, "Gửi")
    plain.wait_for_url("**/p/**")
    assert re.search(r"DN [0-9A-Z]{5} [0-9A-Z]{5}", plain.inner_text("main"))
    report = Report.objects.get()
    assert (report.place.code, report.amount, report.same_case, Photo.objects.get().report) == ("m1", "cart", city, report)


def test_back_leads_back_and_nothing_is_lost_on_the_way(plain, site, city, photo):
    to_send(plain, site, photo)
    back(plain)
    expect(plain.get_by_role("heading", name="Có phải chỗ này không?")).to_be_visible()
    back(plain)
    expect(plain.get_by_role("checkbox", name="Chai nhựa, nắp")).to_be_checked()
    back(plain)
    expect(plain.get_by_role("heading", level=1)).to_contain_text("Chợ Hàn")
    back(plain)
    expect(plain.get_by_text("rac.jpg")).to_be_visible()


def test_the_browser_s_back_after_sending_shows_the_receipt(plain, site, city, photo):
    from reports.models import Report

    to_send(plain, site, photo)
    go_on(plain, "Gửi")
    plain.wait_for_url("**/p/**")
    receipt = plain.url
    plain.go_back()
    expect(plain).to_have_url(receipt.rsplit("/", 2)[0] + "/")  # the public one: an address that was passed on opens nothing private
    assert Report.objects.count() == 1


def test_back_to_the_very_first_form_and_on_again_leads_to_the_same_receipt(plain, site, two_areas):
    from reports.models import Report

    plain.goto(site + "/bao/")
    go_on(plain, "Bỏ qua ảnh")
    plain.get_by_label("Hoặc chọn phường, xã").select_option("W1")
    go_on(plain)
    go_on(plain)
    plain.get_by_label("Ghi chú").fill("túi ni lông")
    go_on(plain, "Gửi")
    plain.wait_for_url("**/p/**")
    receipt = plain.url
    for _ in range(12):
        plain.go_back()
        if plain.url.endswith("/bao/"):
            break
    go_on(plain, "Bỏ qua ảnh")
    plain.wait_for_url("**/p/**")
    assert (plain.url, Report.objects.count()) == (receipt, 1)


def test_what_is_missing_is_said_on_top_and_beside_the_field(plain, site, city):
    plain.goto(site + "/bao/")
    go_on(plain, "Bỏ qua ảnh")
    plain.get_by_label("Tả chỗ đó").fill("sau cổng chợ")
    go_on(plain)
    expect(plain).to_have_title(re.compile("^Lỗi:"))
    expect(plain.locator("#summary")).to_be_focused()
    expect(plain.locator(".error")).to_have_text("Tìm tên nơi hoặc chọn phường, xã.")
    expect(plain.get_by_label("Tả chỗ đó")).to_have_value("sau cổng chợ")
    plain.locator("#summary a").click()
    expect(plain.locator("#q")).to_be_in_viewport()


def test_dangerous_and_burning_waste_stop_before_anything_is_sent(plain, site, city, photo):
    to_place(plain, site, photo)
    plain.get_by_label("Hoặc chọn phường, xã").select_option("W1")
    go_on(plain)
    touch, fire = plain.get_by_text("Đừng chạm tay."), plain.get_by_role("link", name="Gọi 114")
    expect(touch).to_be_hidden()
    expect(fire).to_be_hidden()
    plain.get_by_role("checkbox", name=re.compile("Vật nguy hiểm")).check()
    plain.get_by_role("radio", name="Đốt rác").check()
    expect(touch).to_be_visible()
    expect(fire).to_be_visible()
    expect(plain.get_by_role("link", name="gọi 0236 1022")).to_be_visible()


def test_the_keyboard_alone_sends_a_report(plain, site, city):
    from reports.models import Report

    plain.goto(site + "/")
    press_until(plain, lambda: "/bao/" in (plain.evaluate("document.activeElement.href") or ""))
    enter(plain)
    press_until(plain, lambda: plain.evaluate("document.activeElement.name") == "skip")
    enter(plain)
    press_until(plain, lambda: plain.evaluate("document.activeElement.id") == "q")
    plain.keyboard.type("cho han")
    enter(plain)
    press_until(plain, lambda: plain.evaluate("document.activeElement.name") == "pick")
    plain.keyboard.press("ArrowUp")
    plain.keyboard.press("Space")
    press_until(plain, lambda: plain.evaluate("document.activeElement.name") == "next")
    enter(plain)
    press_until(plain, lambda: plain.evaluate("document.activeElement.value") == "nets")
    plain.keyboard.press("Space")
    press_until(plain, lambda: plain.evaluate("document.activeElement.name") == "next")
    enter(plain)
    press_until(plain, lambda: plain.evaluate("document.activeElement.value") == "new")
    enter(plain)
    press_until(plain, lambda: plain.evaluate("document.activeElement.id") == "description")
    plain.keyboard.type("túi ni lông")
    press_until(plain, lambda: plain.evaluate("document.activeElement.name") == "send")
    enter(plain)
    expect(plain).to_have_url(re.compile("/p/"))
    report = Report.objects.get()
    assert (report.place.code, list(report.waste_types.values_list("code", flat=True))) == ("m1", ["nets"])


def enter(page):
    with page.expect_navigation():
        page.keyboard.press("Enter")


def press_until(page, reached, most: int = 60):
    for _ in range(most):
        page.keyboard.press("Tab")
        if reached():
            return
    raise AssertionError("the keyboard does not get there")


def pages_on_the_way(page, site, photo):
    """Each page of the way, by name, as it comes by."""
    page.goto(site + "/")
    yield "home"
    page.get_by_role("link", name="Báo rác").click()
    page.wait_for_load_state("load")
    yield "photo"
    go_on(page)
    yield "photo-error"
    page.get_by_label("Chọn ảnh có sẵn").set_input_files(photo)
    go_on(page)
    back(page)
    yield "photo-kept"
    go_on(page)
    yield "place"
    go_on(page)
    yield "place-error"
    search(page, "cho han")
    yield "place-found"
    page.get_by_role("radio", name=re.compile("Chợ Hàn")).check()
    go_on(page)
    yield "kind"
    page.get_by_role("checkbox", name=re.compile("Vật nguy hiểm")).check()
    page.get_by_role("radio", name="Đốt rác").check()
    yield "kind-danger"
    go_on(page)
    yield "nearby"
    go_on(page, "Không, chỗ khác")
    yield "send"
    page.locator("summary", has_text="Nói thay vì gõ chữ").click()
    page.get_by_label("Email").fill("lan@example")
    go_on(page, "Gửi")
    yield "send-error"
    page.goto(f"{site}/bao/00000000-0000-4000-8000-000000000000/gui/")
    yield "expired"


def test_axe_finds_nothing_on_any_step_and_each_is_worth_a_look(scriptless, site, city, photo, accessible, picture):
    for name in pages_on_the_way(scriptless, site, photo):
        accessible(scriptless)
        picture(scriptless, f"plain-{name}")
        scriptless.set_viewport_size(PHONE)


@pytest.mark.parametrize("text", [100, 200])
def test_no_step_scrolls_sideways_at_320_pixels_and_at_twice_the_text_size(plain, site, city, photo, text):
    plain.set_viewport_size(NARROW if text == 100 else PHONE)
    for name in pages_on_the_way(plain, site, photo):
        plain.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
        wide = plain.evaluate("document.documentElement.scrollWidth")
        assert wide <= plain.viewport_size["width"], name


def test_everything_that_can_be_tapped_is_48_pixels_high(plain, site, city, photo):
    small = """() => [...document.querySelectorAll('a, button, select, input:not([type=hidden]), textarea, summary')]
        .filter(e => e.offsetParent && !e.closest('.skip') && !e.closest('.summary'))
        .map(e => (e.closest('label') ?? e)).filter(e => e.getBoundingClientRect().height < 43.5 || e.getBoundingClientRect().width < 43.5)
        .map(e => e.outerHTML.slice(0, 90))"""
    for name in pages_on_the_way(plain, site, photo):
        assert plain.evaluate(small) == [], name
