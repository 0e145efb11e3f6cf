"""The staff draw a notice on the map, with the mouse and with the keyboard alone."""

import json

import pytest
from django.conf import settings
from django.test import Client

from reports.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(page, site, member, two_areas, watched):
    """The list of notices, opened by a dispatcher at a desk."""
    client = Client()
    client.force_login(member("dispatcher", first_name="Lan"), backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": site}])
    watched(page)
    page.set_viewport_size({"width": 1280, "height": 900})

    def go(address: str = "/dieu-hanh/thong-bao/"):
        page.goto(site + address)
        page.wait_for_selector("#map[data-idle]")
        return page

    return go


def look_closer(page) -> None:
    """The map over the small city of the tests."""
    page.evaluate("map.jumpTo({center: [108.205, 16.055], zoom: 15})")


def test_a_stretch_is_drawn_with_the_mouse(desk, accessible, picture):
    page = desk()
    accessible(page)
    look_closer(page)
    page.fill("#title", "Sau bão: đang dọn bãi Mỹ Khê")
    page.fill("#text", "Xin đừng chất thêm rác ở đoạn này.")
    box = page.locator("#map").bounding_box()
    for x, y in ((0.3, 0.4), (0.5, 0.5), (0.7, 0.45)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(400)  # two clicks at once would be a double click
    assert json.loads(page.input_value("#geojson"))["type"] == "LineString"
    assert "3" in page.inner_text("#draw-status")
    picture(page, "staff-notices")
    page.get_by_role("button", name="Đăng thông báo").click()
    page.wait_for_selector("h1:has-text('Sau bão')")
    notice = Notice.objects.get()
    assert notice.case is not None and notice.stretch.num_points > 10
    page.wait_for_selector("#map[data-idle]")
    accessible(page)
    picture(page, "staff-notice")


def test_an_area_is_drawn_with_the_keyboard_alone(desk):
    page = desk()
    look_closer(page)
    page.fill("#title", "Đang dọn")
    page.locator("input[name=shape][value=area]").focus()
    page.keyboard.press("Space")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.locator("#draw-here").focus()
        page.keyboard.press("Enter")
        page.locator("#map canvas").focus()
        page.keyboard.press(key)
        page.evaluate("new Promise((done) => map.once('moveend', done))")
    assert json.loads(page.input_value("#geojson"))["type"] == "Polygon"
    page.locator("#draw-undo").focus()
    page.keyboard.press("Enter")
    assert page.input_value("#geojson") == ""  # two corners are no area
    page.locator("#draw-here").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Đăng thông báo").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Đang dọn')")
    assert Notice.objects.exists()


def test_a_day_stands_beside_its_field_in_the_pages_words_whatever_the_browsers_language(desk):
    page = desk()
    page.fill("#ends_on", "2026-12-05")
    page.keyboard.press("Tab")
    told = page.locator("#ends_on + output")
    assert told.inner_text() == "Thứ Bảy, 05/12/2026"
    page.fill("#ends_on", "")
    page.keyboard.press("Tab")
    assert told.inner_text() == ""
