"""A resident reports waste from a phone: with and without JavaScript, and what they read afterwards."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "rac.jpg"
    Image.effect_noise((640, 480), 60).convert("RGB").save(path, "JPEG")
    return path


@pytest.fixture
def kinds(two_areas):
    from django.conf import settings

    from reports.models import WasteType

    for row in settings.CITY.waste_types:
        WasteType.objects.create(
            code=row.code, group=row.group, name=row.name, name_en=row.name_en, resident=row.resident, icon=row.icon,
            hazard=row.hazard, order=row.order,
        )  # fmt: skip


@pytest.fixture
def plain(browser, browser_context_args):
    """A browser without JavaScript that refuses cookies, as far as a page can tell."""
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    yield context.new_page()
    context.close()


def test_without_javascript_a_report_with_a_photo_is_sent_and_its_receipt_shown(plain, site, kinds, photo):
    from reports.models import Photo, Report

    plain.goto(site + "/")
    plain.get_by_role("link", name="Báo rác").click()
    plain.get_by_label("Chọn ảnh có sẵn").set_input_files(photo)
    plain.get_by_label("Phường, xã").select_option("W1")
    plain.get_by_label("Tả chỗ đó").fill("sau cổng chợ")
    plain.get_by_text("Chai nhựa, nắp").click()
    plain.get_by_role("radio", name="Một xe đẩy").check()
    plain.get_by_role("button", name="Gửi phản ánh").click()
    expect(plain.get_by_role("heading", name="Đã nhận phản ánh")).to_be_visible()
    assert re.search(r"DN [0-9A-Z]{5} [0-9A-Z]{5}", plain.inner_text("main"))
    report = Report.objects.get()
    assert (report.area.code, report.amount, Photo.objects.get().report) == ("W1", "cart", report)
    assert plain.context.cookies() == []


def test_without_javascript_a_missing_place_is_said_and_nothing_is_lost(plain, site, kinds, photo):
    plain.goto(site + "/bao/")
    plain.get_by_label("Chọn ảnh có sẵn").set_input_files(photo)
    plain.get_by_label("Tả chỗ đó").fill("sau cổng chợ")
    plain.get_by_text("Túi ni lông, bao bì").click()
    plain.get_by_role("button", name="Gửi phản ánh").click()
    expect(plain).to_have_title(re.compile("^Lỗi:"))
    expect(plain.locator("#summary")).to_contain_text("Chọn phường, xã")
    expect(plain.locator("#summary")).to_be_focused()
    expect(plain.get_by_text("rac.jpg")).to_be_visible()
    expect(plain.get_by_label("Tả chỗ đó")).to_have_value("sau cổng chợ")
    expect(plain.get_by_role("checkbox", name="Túi ni lông, bao bì")).to_be_checked()
    plain.get_by_label("Phường, xã").select_option("W1")
    plain.get_by_role("button", name="Gửi phản ánh").click()
    expect(plain.get_by_text("Ảnh 1: đã nhận")).to_be_visible()


def test_with_javascript_the_position_is_told_with_its_error_and_sent(page, site, kinds, photo, watched):
    from reports.models import Report

    watched(page)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 108.2051, "latitude": 16.0551, "accuracy": 12})
    page.goto(site + "/bao/")
    page.get_by_label("Chụp ảnh").set_input_files(photo)
    expect(page.get_by_role("img", name="Ảnh 1")).to_be_visible()
    page.get_by_role("button", name="Dùng vị trí hiện tại").click()
    expect(page.get_by_text("có thể lệch khoảng 12 m")).to_be_visible()
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.get_by_role("heading", name="Đã nhận phản ánh")).to_be_visible()
    report = Report.objects.get()
    assert (round(report.location.y, 4), report.accuracy_m, report.photos.count()) == (16.0551, 12, 1)


def test_two_reports_of_one_phone_are_known_as_one_reporters_by_a_hash_alone(page, site, kinds, watched):
    from reports.models import Report

    watched(page)
    for number in range(2):
        page.goto(f"{site}/bao/")
        page.select_option("#area", index=1)
        page.fill("#description", f"túi ni lông {number}")
        page.locator("#report").evaluate("form => form.requestSubmit()")
        page.wait_for_url("**/p/**")
    first, second = Report.objects.values_list("reporter", flat=True)
    assert first is not None and bytes(first) == bytes(second)
    assert page.evaluate("localStorage.device") not in str(list(Report.objects.values()))


@pytest.mark.parametrize("javascript", [True, False])
def test_back_and_send_again_leads_to_the_same_receipt(javascript, page, plain, site, kinds):
    from reports.models import Report

    page = page if javascript else plain
    page.goto(site + "/")
    page.get_by_role("link", name="Báo rác").click()
    page.get_by_label("Phường, xã").select_option("W1")
    page.get_by_label("Ghi chú").fill("túi ni lông")
    page.get_by_role("button", name="Gửi phản ánh").click()
    page.wait_for_url("**/p/**")
    receipt = page.url
    page.go_back()
    page.get_by_role("button", name="Gửi phản ánh").click()
    page.wait_for_url("**/p/**")
    assert (page.url, Report.objects.count()) == (receipt, 1)


def test_with_javascript_what_is_missing_is_said_before_the_photos_travel(page, site, kinds, photo, watched):
    from reports.models import Report

    watched(page)
    page.goto(site + "/bao/")
    page.get_by_label("Chọn ảnh có sẵn").set_input_files(photo)
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.locator("#summary")).to_be_focused()
    expect(page.locator("#summary li")).to_have_count(1)
    expect(page).to_have_title(re.compile("^Lỗi:"))
    page.get_by_role("link", name="Chọn phường, xã hoặc dùng vị trí hiện tại.").click()
    expect(page.get_by_label("Phường, xã")).to_be_focused()
    assert Report.objects.count() == 0


def test_a_denied_position_never_blocks(page, site, kinds, watched):
    watched(page)
    page.goto(site + "/bao/")
    page.get_by_role("button", name="Dùng vị trí hiện tại").click()
    expect(page.get_by_text("Chọn phường, xã và tả chỗ đó.")).to_be_visible()
    page.get_by_label("Phường, xã").select_option("W1")
    page.get_by_label("Ghi chú").fill("túi ni lông")
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.get_by_role("heading", name="Đã nhận phản ánh")).to_be_visible()


def test_a_photo_can_be_taken_away_again(page, site, kinds, photo, watched):
    watched(page)
    page.goto(site + "/bao/")
    page.get_by_label("Chọn ảnh có sẵn").set_input_files(photo)
    page.get_by_label("Chụp ảnh").set_input_files(photo)
    expect(page.locator("#previews img")).to_have_count(2)
    page.get_by_role("button", name="Bỏ: Ảnh 1").click()
    expect(page.locator("#previews img")).to_have_count(1)


def test_dangerous_waste_says_do_not_touch(page, site, kinds, watched):
    watched(page)
    page.goto(site + "/bao/")
    warning = page.get_by_text("Đừng chạm tay.")
    expect(warning).to_be_hidden()
    page.get_by_text("Vật nguy hiểm").click()
    expect(warning).to_be_visible()


def test_the_whole_form_can_be_filled_with_the_keyboard(page, site, kinds, watched):
    from reports.models import Report

    watched(page)
    page.goto(site + "/bao/")
    page.get_by_label("Phường, xã").focus()
    page.keyboard.type("Ward W")
    page.keyboard.press("Tab")
    page.keyboard.type("sau chợ")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    while page.evaluate("document.activeElement.id") != "description":
        page.keyboard.press("Tab")
    page.keyboard.type("túi ni lông")
    while page.evaluate("document.activeElement.className") != "go":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Đã nhận phản ánh")).to_be_visible()
    assert list(Report.objects.get().waste_types.values_list("code", flat=True)) == ["nets"]


@pytest.fixture
def addresses(site, kinds, report, case):
    """The resident's pages, by name."""
    from reports.codes import secret_token

    sent, clean = report(), report(case(status="verified", lon=108.207))
    return {
        "home": f"{site}/", "report": f"{site}/bao/", "report-english": f"{site}/en/report/", "receipt": f"{site}/p/{sent.code}/",
        "receipt-cleaned": f"{site}/p/{clean.code}/", "receipt-secret": f"{site}/p/{sent.code}/{secret_token(sent.uuid)}/",
        "unknown-code": f"{site}/p/0000000000/", "not-found": f"{site}/khong-co/",
    }  # fmt: skip


def test_axe_finds_nothing_on_any_resident_page(page, addresses, accessible, picture, watched):
    watched(page)
    for name, address in addresses.items():
        page.goto(address)
        accessible(page)
        picture(page, f"resident-{name}")


def test_axe_finds_nothing_on_the_form_with_errors(page, addresses, accessible, picture, watched):
    watched(page)
    page.goto(addresses["report"])
    page.get_by_role("button", name="Gửi phản ánh").click()
    page.mouse.move(0, 0)
    accessible(page)
    picture(page, "resident-report-errors")


@pytest.mark.parametrize("width", [320, 360, 768])
def test_no_page_scrolls_sideways(page, addresses, width):
    page.set_viewport_size({"width": width, "height": 640})
    for address in addresses.values():
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_everything_that_can_be_tapped_is_48_pixels_high(page, addresses):
    small = """() => [...document.querySelectorAll('a, button, select, input:not([type=hidden]), textarea')]
        .filter(e => e.offsetParent && !e.closest('.skip') && !e.matches('.skip'))
        .map(e => (e.closest('label') ?? e)).filter(e => e.getBoundingClientRect().height < 47.5 || e.getBoundingClientRect().width < 44)
        .map(e => e.outerHTML.slice(0, 80))"""
    for address in addresses.values():
        page.goto(address)
        assert page.evaluate(small) == [], address


def test_at_twice_the_text_size_nothing_is_cut_off(page, addresses):
    for address in addresses.values():
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address


def test_no_resident_page_weighs_more_than_its_budget(page, addresses):
    """Compressed as WhiteNoise and the proxy send it: HTML and CSS 14 KB each, script 25 KB, 60 KB and 6 requests in all."""
    for name, address in addresses.items():
        sizes: dict[str, int] = {}

        def weigh(response, sizes=sizes):
            if response.request.resource_type in ("document", "stylesheet", "script", "image", "font", "other"):
                kind = response.request.resource_type
                sizes[kind] = sizes.get(kind, 0) + _compressed(response.body())
                sizes["requests"] = sizes.get("requests", 0) + 1

        page.on("response", weigh)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.remove_listener("response", weigh)
        requests = sizes.pop("requests")
        print(f"{name}: {sizes}, {sum(sizes.values())} bytes, {requests} requests")
        assert sizes["document"] <= 14_000 and sizes["stylesheet"] <= 14_000 and sizes.get("script", 0) <= 25_000, name
        assert "font" not in sizes and sum(sizes.values()) <= 60_000 and requests <= 6, name


def _compressed(body: bytes) -> int:
    import gzip

    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        file.write(body)
    return packed.tell()
