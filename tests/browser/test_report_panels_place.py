"""The panel “where”: the phone's position with its error in words, and what to do when there is none."""
# ruff: noqa: F401, F811 -- fixtures are imported and then asked for by name

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from pyproj import Geod

from tests.browser.report_phone import BY_HAND, LAT, LON, city, open_panel, panel, photo, quiet_end, standing_at, take

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("city", "quiet_end")]

GROUND = Geod(ellps="WGS84")
@pytest.fixture
def where(page, site, photo, watched):
    """The panel “where”, after a photo; the position is moved by hand."""
    watched(page)
    page.add_init_script(BY_HAND)
    page.goto(f"{site}/bao/")
    take(page, photo)
    open_panel(page, "place")
    return page


@pytest.fixture
def located(page, site, photo, watched):
    """The panel “where” of a phone that knows where it is within 12 m."""
    watched(page)
    standing_at(page)
    page.goto(f"{site}/bao/")
    take(page, photo)
    expect(heading(page)).to_contain_text("An Hải")
    return page


def heading(page):
    return panel(page, "place").get_by_role("heading", level=1)


def error(page):
    return page.locator("#place-error")


def confirm(page):
    page.locator("[data-step=place] .bar .go").click()


def report_sent(page):
    from reports.models import Report

    confirm(page)
    page.get_by_role("button", name="Gửi", exact=True).click()
    page.wait_for_url("**/p/**")
    return Report.objects.get()


# --- the phone's position ----------------------------------------------------------------------------


def test_the_error_is_said_in_words_as_it_shrinks_and_good_enough_by_itself(where):
    expect(error(where)).to_have_text("Đang tìm vị trí …")
    where.evaluate("fix(80)")
    expect(error(where)).to_have_text("Có thể lệch khoảng 80 m.")
    expect(heading(where)).to_have_text("Gần chợ Hàn, phường An Hải")
    where.evaluate("fix(12)")
    expect(error(where)).to_have_text("Có thể lệch khoảng 12 m. Đủ chính xác rồi.")
    where.evaluate("fix(40)")  # a worse one is not taken
    expect(error(where)).to_have_text("Có thể lệch khoảng 12 m. Đủ chính xác rồi.")


def test_the_watch_ends_with_a_fix_that_cannot_get_better_and_when_the_place_is_confirmed(where):
    where.evaluate("fix(30)")
    assert where.evaluate("window.stopped") is None
    confirm(where)
    open_panel(where, "kind")
    assert where.evaluate("window.stopped") is True


def test_beyond_100_metres_correcting_is_suggested_but_not_required(where):
    where.evaluate("fix(340)")
    expect(error(where)).to_have_text("Có thể lệch khoảng 340 m. Nên chỉnh lại trên bản đồ.")
    assert report_sent(where).accuracy_m == 340


def test_beyond_a_kilometre_something_better_is_required(where, accessible, picture):
    where.evaluate("fix(2500)")
    expect(error(where)).to_contain_text("2,5 km")
    confirm(where)
    expect(where.locator("#summary")).to_be_focused()
    accessible(where)
    picture(where, "report-panel-place-coarse")
    where.get_by_label("Hoặc chọn phường, xã").select_option("E1")
    expect(heading(where)).to_have_text("Phường Sơn Trà")
    report = report_sent(where)
    assert (report.area.code, report.location, report.location_source) == ("E1", None, "area")


def test_a_denied_position_never_blocks(page, site, photo, watched, accessible, picture):
    watched(page)
    page.goto(f"{site}/bao/")
    take(page, photo)
    expect(error(page)).to_contain_text("không cho vị trí")
    expect(page.get_by_label("Tìm tên nơi")).to_be_visible()
    accessible(page)
    picture(page, "report-panel-place-denied")
    page.set_viewport_size({"width": 360, "height": 780})
    page.get_by_label("Hoặc chọn phường, xã").select_option("W1")
    page.get_by_label("Tả chỗ đó").fill("sau cổng chợ")
    report = report_sent(page)
    assert (report.area.code, report.description) == ("W1", "Nơi: sau cổng chợ")


def test_a_browser_without_positions_never_blocks(page, site, photo, watched):
    watched(page)
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'geolocation', { value: undefined })")
    page.goto(f"{site}/bao/")
    take(page, photo)
    expect(error(page)).to_contain_text("chưa tìm được vị trí")
    expect(page.locator("#locate")).to_be_hidden()
    page.get_by_label("Hoặc chọn phường, xã").select_option("W1")
    assert report_sent(page).area.code == "W1"


def test_a_position_that_does_not_come_is_waited_for_a_bounded_time(page, site, photo, watched):
    watched(page)
    page.add_init_script(BY_HAND)
    page.clock.install()
    page.goto(f"{site}/bao/")
    take(page, photo)
    expect(error(page)).to_have_text("Đang tìm vị trí …")
    page.clock.run_for(31_000)
    expect(error(page)).to_contain_text("Không tìm được vị trí")
    assert page.evaluate("window.stopped") is True
    page.get_by_role("button", name="Dùng vị trí hiện tại").click()
    page.evaluate("fix(15)")
    expect(error(page)).to_contain_text("15 m")


def test_where_the_permission_was_given_before_the_position_is_looked_for_at_once(page, site, watched):
    watched(page)
    standing_at(page)
    page.add_init_script(BY_HAND)
    page.goto(f"{site}/bao/")
    expect(page.locator("html[data-watching]")).to_be_attached()


def test_a_place_outside_the_city_is_said_and_has_to_be_corrected(where):
    where.evaluate("fix(10, 105.85, 21.02)")
    expect(error(where)).to_have_class("soft warn")
    confirm(where)
    expect(where.locator("#summary")).to_be_focused()
    open_panel(where, "place")


def test_without_a_network_the_position_counts_though_it_has_no_name(page, site, photo):
    page.add_init_script(BY_HAND)
    page.goto(f"{site}/bao/")
    page.context.set_offline(True)
    take(page, photo)
    page.evaluate("fix(12)")
    expect(heading(page)).to_have_text("Chỗ điện thoại đang ở")
    confirm(page)
    open_panel(page, "kind")
    page.context.set_offline(False)


def test_a_notice_of_the_city_greets_whoever_is_there(where, watched):
    said = '{"words": "Gần chợ Hàn", "area": null, "accepted": true, "sentence": "", "notices": [{"title": "Sau bão: đang dọn", "text": "Xong trước 25/11."}]}'
    where.route("**/api/v1/where/**", lambda route: route.fulfill(content_type="application/json", body=said))
    where.evaluate("fix(12)")
    expect(where.locator("#place-notices")).to_contain_text("Sau bão: đang dọn")


def test_in_zalo_a_missing_position_is_helped_with_words_and_nothing_is_redirected(browser, browser_context_args, site, photo, watched, picture):
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0 Mobile Safari/537.36 Zalo android/260901903"
    context = browser.new_context(**{**browser_context_args, "user_agent": agent})
    page = watched(context.new_page())
    page.goto(f"{site}/bao/")
    take(page, photo)
    help_words = page.locator("#position-help")
    expect(help_words).to_contain_text("Trong Zalo thường không lấy được vị trí")
    expect(help_words.get_by_role("link")).to_have_attribute("href", f"intent://{site.removeprefix('http://')}/bao/#Intent;scheme=http;end")
    picture(page, "report-panel-place-zalo")
    assert page.url.startswith(f"{site}/bao/")
    context.close()


def test_a_report_begun_at_a_sign_has_its_place_already(page, site, photo, watched):
    from django.contrib.gis.geos import Point

    from reports.models import Sign

    Sign.objects.create(code="B7K4", kind="beach", name="Chốt cứu hộ số 7", name_en="Lifeguard post 7", location=Point(LON, LAT, srid=4326))
    watched(page)
    page.add_init_script(BY_HAND)
    page.goto(f"{site}/bao/?sign=B7K4")
    take(page, photo)
    expect(heading(page)).to_contain_text("Chốt cứu hộ số 7")
    expect(page.locator("html[data-watching]")).not_to_be_attached()  # nobody asks the phone
    report = report_sent(page)
    assert (report.sign.code, report.location_source, round(report.location.x, 4)) == ("B7K4", "place", round(LON, 4))


# --- three ways to correct it ---------------------------------------------------------------------------


def test_search_finds_places_and_wards_without_accents_while_one_types(located, picture):
    from reports.models import Report

    located.get_by_text("Nhập địa chỉ hoặc tên nơi").click()
    box = located.get_by_label("Tìm tên nơi")
    box.press_sequentially("my khe")
    found = located.get_by_role("button", name="Bãi biển Mỹ Khê")
    expect(found).to_be_visible()
    picture(located, "report-panel-place-search")
    located.set_viewport_size({"width": 360, "height": 780})
    found.click()
    expect(heading(located)).to_contain_text("Bãi biển Mỹ Khê")
    expect(heading(located)).to_be_focused()
    report_sent(located)
    report = Report.objects.get()
    assert (report.place.code, report.location_source, report.area.code) == ("my-khe", "place", "E1")


def test_search_finds_a_ward(located):
    located.get_by_text("Nhập địa chỉ hoặc tên nơi").click()
    located.get_by_label("Tìm tên nơi").press_sequentially("son tra")
    located.locator("#search-list button").filter(has_text="Sơn Trà").first.click()
    report = report_sent(located)
    assert (report.area.code, report.location) == ("E1", None)


def test_enter_in_the_search_box_searches_and_does_not_confirm(located):
    located.get_by_text("Nhập địa chỉ hoặc tên nơi").click()
    located.get_by_label("Tìm tên nơi").fill("khong co noi nay")
    located.keyboard.press("Enter")
    expect(located.locator("#search-status")).to_contain_text("Không tìm thấy")
    open_panel(located, "place")


def test_a_search_without_a_network_points_to_the_list_of_wards(located):
    located.route("**/api/v1/search/**", lambda route: route.fulfill(status=404))
    located.get_by_text("Nhập địa chỉ hoặc tên nơi").click()
    located.get_by_label("Tìm tên nơi").press_sequentially("my khe")
    expect(located.locator("#search-status")).to_contain_text("không có mạng")


@pytest.fixture
def map_open(located):
    located.get_by_role("button", name="Chỉnh trên bản đồ").click()
    expect(located.locator("#map-box[data-ready]")).to_be_visible(timeout=30_000)
    return located


def centre(page) -> tuple[float, float]:
    box = page.locator("#map-box")
    return float(box.get_attribute("data-lon")), float(box.get_attribute("data-lat"))


def test_the_map_moves_by_five_metres_with_a_button_and_with_a_key(map_open):
    at = (LON, LAT)
    ways = {"Lên phía bắc 5 m": 0, "Sang phía đông 5 m": 90, "Xuống phía nam 5 m": 180, "Sang phía tây 5 m": 270}
    for button, azimuth in ways.items():
        map_open.get_by_role("button", name=button).click()
        forward, _back, distance = GROUND.inv(*at, *centre(map_open))
        assert distance == pytest.approx(5, abs=0.01) and (forward - azimuth + 180) % 360 == pytest.approx(180, abs=0.2)
        at = centre(map_open)
    expect(map_open.locator("#map-status")).to_have_text("Ngay tại vị trí điện thoại.")
    map_open.locator("#map-box canvas").focus()
    for key, azimuth in (("ArrowUp", 0), ("ArrowLeft", 270), ("ArrowDown", 180), ("ArrowRight", 90), ("ArrowUp", 0), ("ArrowUp", 0)):
        map_open.keyboard.press(key)
        forward, _back, distance = GROUND.inv(*at, *centre(map_open))
        assert distance == pytest.approx(5, abs=0.01) and (forward - azimuth + 180) % 360 == pytest.approx(180, abs=0.2)
        at = centre(map_open)
    expect(map_open.locator("#map-status")).to_have_text("Cách vị trí điện thoại 10 m về phía bắc.")
    report = report_sent(map_open)
    assert report.location_source == "map" and GROUND.inv(LON, LAT, report.location.x, report.location.y)[2] == pytest.approx(10, abs=0.2)



def test_the_map_looks_right_and_is_accessible(map_open, accessible, picture):
    map_open.get_by_role("button", name="Phóng to").click()
    map_open.get_by_role("button", name="Thu nhỏ").click()
    expect(map_open.locator("#map-box .scale")).to_have_text("20 m")
    accessible(map_open)
    picture(map_open, "report-panel-map")


def test_dragging_the_map_puts_the_place_under_the_crosshair(map_open):
    box = map_open.locator("#map-box").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    map_open.mouse.move(x, y)
    map_open.mouse.down()
    map_open.mouse.move(x, y + 80, steps=8)
    map_open.mouse.up()
    expect(map_open.locator("#map-status")).to_contain_text("về phía bắc")
    assert report_sent(map_open).location_source == "map"


def test_a_map_that_does_not_load_leaves_the_other_ways(located):
    located.route("**/place_map*.js", lambda route: route.fulfill(status=404))
    located.get_by_role("button", name="Chỉnh trên bản đồ").click()
    expect(located.locator("#map-status")).to_contain_text("Chưa mở được bản đồ")
    expect(located.get_by_label("Tìm tên nơi")).to_be_visible()
    assert report_sent(located).location_source == "gps"


def test_the_map_is_fetched_only_after_a_tap(located):
    fetched = []
    located.on("request", lambda request: fetched.append(request.url) if "map" in request.url or "tiles" in request.url else None)
    located.get_by_text("Nhập địa chỉ hoặc tên nơi").click()
    assert fetched == []
    located.get_by_role("button", name="Chỉnh trên bản đồ").click()
    expect(located.locator("#map-box[data-ready]")).to_be_visible(timeout=30_000)
    assert any("place_map" in address for address in fetched)
