"""The report page with JavaScript on a phone: all steps in one page, five taps from the first page to a sent report."""
# ruff: noqa: F401, F811 -- fixtures are imported and then asked for by name

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.report_phone import (
    LAT,
    LON,
    choose,
    city,
    open_panel,
    panel,
    photo,
    quiet_end,
    ready,
    standing_at,
    take,
    to_kind,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("city", "quiet_end")]

RECEIPT = re.compile(r"/p/[0-9A-Z]{10}/[\w-]+/$")


@pytest.fixture
def phone(page, site, watched):
    """The report page, open on a phone that knows where it is."""
    watched(page)
    standing_at(page)
    page.goto(f"{site}/bao/")
    ready(page)
    return page


def send(page):
    page.locator(".panel:visible .bar .go").click()


# --- the happy path ----------------------------------------------------------------------------


def test_five_taps_lead_from_the_first_page_to_the_receipt(page, site, photo, watched):
    from reports.models import Report

    watched(page)
    standing_at(page)
    page.goto(f"{site}/")
    page.evaluate("addEventListener('click', () => sessionStorage.taps = 1 + Number(sessionStorage.taps ?? 0), true)")
    page.get_by_role("link", name="Báo rác").click()
    page.evaluate("addEventListener('click', (event) => event.detail && (sessionStorage.taps = 1 + Number(sessionStorage.taps)), true)")
    take(page, photo)
    expect(panel(page, "place").get_by_role("heading", level=1)).to_contain_text("An Hải")
    page.get_by_role("button", name="Đúng chỗ này").click()
    page.get_by_text("Chai nhựa, nắp").click()
    page.get_by_role("button", name="Gửi", exact=True).click()
    page.wait_for_url(RECEIPT)
    assert int(page.evaluate("sessionStorage.taps")) == 5
    report = Report.objects.get()
    assert (report.location_source, report.accuracy_m, report.area.code, report.photos_expected) == ("gps", 12, "W1", 1)
    assert [kind.code for kind in report.waste_types.all()] == ["bottles"]


def test_each_panel_is_accessible_and_looks_right(phone, photo, accessible, picture):
    for step, leave in {
        "photo": lambda: take(phone, photo),
        "place": lambda: phone.get_by_role("button", name="Đúng chỗ này").click(),
        "kind": lambda: phone.get_by_role("button", name="Thêm ghi chú").click(),
        "send": lambda: None,
    }.items():
        open_panel(phone, step)
        accessible(phone)
        picture(phone, f"report-panel-{step}")
        phone.set_viewport_size({"width": 360, "height": 780})
        leave()


def test_the_code_is_shown_before_there_is_a_network_and_the_report_goes_by_itself(page, site, photo, accessible, picture):
    from reports.codes import code_of
    from reports.models import Report

    standing_at(page)
    page.goto(f"{site}/bao/")
    to_kind(page, photo)
    page.context.set_offline(True)
    send(page)
    open_panel(page, "sent")
    expect(page.locator("#sent-code")).to_have_text(re.compile(r"^DN [0-9A-Z]{5} [0-9A-Z]{5}$"))
    expect(page.locator("#sent-status")).to_have_text("Chưa có mạng. Phản ánh đã lưu trên điện thoại và sẽ tự gửi.")
    code = page.locator("#sent-code").inner_text().replace(" ", "").removeprefix("DN")
    accessible(page)
    picture(page, "report-panel-sent")
    assert Report.objects.count() == 0
    page.context.set_offline(False)
    page.wait_for_url(RECEIPT)
    report = Report.objects.get()
    assert report.code == code_of(report.uuid) == code


def test_two_taps_on_send_send_once(phone, photo):
    from reports.models import Report

    posts = []
    phone.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    to_kind(phone, photo)
    phone.locator("[data-step=kind] .bar .go").evaluate("button => { button.click(); button.click(); }")
    phone.wait_for_url(RECEIPT)
    assert (len(posts), Report.objects.count()) == (1, 1)


def test_nothing_is_posted_before_send(phone, photo):
    posts = []
    phone.on("request", lambda request: posts.append(request.url) if request.method != "GET" else None)
    to_kind(phone, photo)
    phone.get_by_text("Chai nhựa, nắp").click()
    phone.get_by_role("button", name="Thêm ghi chú").click()
    phone.get_by_label("Ghi chú").fill("sau chợ")
    assert posts == []


# --- panels ------------------------------------------------------------------------------------


def test_back_and_forward_walk_through_the_panels_and_the_heading_has_the_focus(phone, photo):
    to_kind(phone, photo)
    phone.go_back()
    open_panel(phone, "place")
    expect(panel(phone, "place").get_by_role("heading", level=1)).to_be_focused()
    phone.go_back()
    open_panel(phone, "photo")
    expect(phone.get_by_role("img", name="Ảnh 1")).to_be_visible()
    phone.go_forward()
    open_panel(phone, "place")
    panel(phone, "place").get_by_role("link", name="Quay lại").click()
    open_panel(phone, "photo")
    phone.go_forward()
    phone.go_forward()
    open_panel(phone, "kind")
    expect(phone).to_have_title(re.compile("Có gì ở đó"))


def test_after_sending_back_does_not_send_again(phone, photo):
    from reports.models import Report

    to_kind(phone, photo)
    send(phone)
    phone.wait_for_url(RECEIPT)
    phone.go_back()
    open_panel(phone, "photo")
    expect(phone.locator("#previews img")).to_have_count(0)
    assert Report.objects.count() == 1


def test_the_panels_can_be_walked_through_with_the_keyboard_alone(phone):
    from reports.models import Report

    def press_until(step: str, condition: str) -> None:
        for _ in range(60):
            if phone.evaluate(f"document.activeElement.closest('.panel')?.dataset.step === '{step}' && ({condition})(document.activeElement)"):
                return
            phone.keyboard.press("Tab")
        raise AssertionError(f"nothing with {condition} on {step}")

    press_until("photo", "e => e.name === 'skip'")
    phone.keyboard.press("Enter")
    open_panel(phone, "place")
    press_until("place", "e => e.matches('.go')")
    phone.keyboard.press("Enter")
    open_panel(phone, "kind")
    press_until("kind", "e => e.name === 'waste_types'")
    phone.keyboard.press("Space")
    press_until("kind", "e => e.name === 'more'")
    phone.keyboard.press("Enter")
    open_panel(phone, "send")
    press_until("send", "e => e.id === 'description'")
    phone.keyboard.type("lưới cũ")
    press_until("send", "e => e.matches('.go')")
    phone.keyboard.press("Enter")
    phone.wait_for_url(RECEIPT)
    assert Report.objects.get().description == "lưới cũ"


@pytest.mark.parametrize("width", [320, 360])
def test_no_panel_scrolls_sideways_and_everything_can_be_hit(phone, photo, width):
    small = """() => [...document.querySelectorAll('a, button, select, input:not([type=hidden]), textarea, summary')]
        .filter(e => e.checkVisibility() && !e.matches('.skip') && !e.closest('p'))
        .map(e => (e.closest('label') ?? e)).filter(e => e.getBoundingClientRect().height < 47.5 || e.getBoundingClientRect().width < 44)
        .map(e => e.outerHTML.slice(0, 80))"""
    phone.set_viewport_size({"width": width, "height": 640})
    take(phone, photo)
    for step in ("place", "kind", "send"):
        open_panel(phone, step)
        assert phone.evaluate("document.documentElement.scrollWidth") <= width
        assert phone.evaluate(small) == []
        if step != "send":
            phone.locator(f"[data-step={step}] .bar button:visible").last.click()


def test_the_panels_speak_english(page, site, photo, watched):
    from reports.models import Report

    watched(page)
    standing_at(page)
    page.goto(f"{site}/en/report/")
    ready(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Take a photo").click()
    chooser.value.set_files(photo)
    expect(page.get_by_text("May be off by about 12 m. That is exact enough.")).to_be_visible()
    page.get_by_role("button", name="This is the place").click()
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url(re.compile("/en/p/"))
    assert Report.objects.get().language == "en"


# --- drafts ------------------------------------------------------------------------------------


def test_a_page_loaded_again_goes_on_where_it_was(phone, photo):
    to_kind(phone, photo)
    phone.get_by_text("Chai nhựa, nắp").click()
    phone.get_by_text("Một xe đẩy").click()
    phone.reload()
    open_panel(phone, "kind")
    expect(phone.get_by_role("checkbox", name="Chai nhựa, nắp")).to_be_checked()
    expect(phone.get_by_role("radio", name="Một xe đẩy")).to_be_checked()
    phone.go_back()
    expect(panel(phone, "place").get_by_role("heading", level=1)).to_contain_text("An Hải")
    phone.go_back()
    expect(phone.get_by_role("img", name="Ảnh 1")).to_be_visible()


def test_a_closed_page_is_offered_again_and_goes_on_with_everything(phone, site, photo, accessible, picture):
    from reports.models import Report

    to_kind(phone, photo)
    phone.get_by_text("Chai nhựa, nắp").click()
    phone.get_by_role("button", name="Thêm ghi chú").click()
    phone.get_by_label("Ghi chú").fill("sau chợ")
    phone.close(run_before_unload=True)
    page = phone.context.new_page()
    page.goto(f"{site}/bao/")
    expect(page.get_by_role("heading", name=re.compile("Tiếp tục phản.ánh đang viết"))).to_be_visible()
    expect(page.locator("#resume-what")).to_contain_text("1 ảnh")
    accessible(page)
    picture(page, "report-panel-resume")
    page.get_by_role("button", name="Tiếp tục").click()
    open_panel(page, "send")
    expect(page.get_by_label("Ghi chú")).to_have_value("sau chợ")
    send(page)
    page.wait_for_url(RECEIPT)
    report = Report.objects.get()
    assert (report.description, report.photos_expected, report.waste_types.count()) == ("sau chợ", 1, 1)


def test_a_new_report_can_be_begun_instead(phone, site, photo):
    to_kind(phone, photo)
    phone.goto(f"{site}/bao/")
    phone.get_by_role("button", name="Viết phản ánh mới").click()
    open_panel(phone, "photo")
    expect(phone.get_by_label("Chụp ảnh", exact=True)).to_be_visible()
    phone.goto(f"{site}/bao/")
    expect(phone.get_by_role("heading", name="Chụp rác, đừng chụp người.")).to_be_visible()
    expect(phone.locator("#previews img")).to_have_count(0)


def test_a_page_that_was_only_looked_at_leaves_no_draft(phone, site):
    phone.get_by_role("button", name="Bỏ qua ảnh").click()
    expect(panel(phone, "place").get_by_role("heading", level=1)).to_contain_text("An Hải")
    phone.wait_for_timeout(600)
    phone.goto(f"{site}/bao/")
    expect(phone.get_by_role("heading", name="Chụp rác, đừng chụp người.")).to_be_visible()


# --- kinds, danger, nearby -----------------------------------------------------------------------


def test_danger_fire_and_what_is_no_waste_are_said_in_words(phone, photo):
    to_kind(phone, photo)
    kind = panel(phone, "kind")
    expect(kind.get_by_text("Đừng chạm tay.")).to_be_hidden()
    phone.get_by_text("Vật nguy hiểm").click()
    expect(kind.get_by_text("Đừng chạm tay.")).to_be_visible()
    expect(kind.get_by_role("link", name="Gọi 114")).to_be_hidden()
    kind.locator(".tile.burning").click()
    expect(kind.get_by_role("link", name="Gọi 114")).to_have_attribute("href", "tel:114")
    expect(kind.get_by_role("link", name=re.compile("1022"))).to_be_visible()


def test_an_open_case_nearby_is_shown_and_yes_adds_to_it(phone, photo, case, accessible, picture):
    from reports.models import Report

    near = case(lon=LON + 0.0001, lat=LAT)
    to_kind(phone, photo)
    expect(panel(phone, "kind").locator(".bar .go")).to_have_text("Tiếp tục")
    send(phone)
    open_panel(phone, "nearby")
    accessible(phone)
    picture(phone, "report-panel-nearby")
    phone.get_by_role("button", name="Đúng").first.click()
    open_panel(phone, "send")
    send(phone)
    phone.wait_for_url(RECEIPT)
    assert Report.objects.get().same_case == near


def test_no_another_place_is_told_to_the_city(phone, photo, case):
    from reports.models import Report

    case(lon=LON + 0.0001, lat=LAT)
    to_kind(phone, photo)
    send(phone)
    phone.get_by_role("button", name="Không, chỗ khác").click()
    open_panel(phone, "send")
    send(phone)
    phone.wait_for_url(RECEIPT)
    report = Report.objects.get()
    assert (report.same_case, report.other_place) == (None, True)


def test_another_place_asks_anew_about_cases_near_it(phone, photo, case):
    from reports.models import Report

    case(lon=LON + 0.0001, lat=LAT)
    to_kind(phone, photo)
    send(phone)
    phone.get_by_role("button", name="Đúng").first.click()
    panel(phone, "send").get_by_role("link", name=re.compile("Sửa.*Nơi")).click()
    phone.get_by_text("Nhập địa chỉ hoặc tên nơi").click()
    phone.get_by_label("Tìm tên nơi").press_sequentially("my khe")
    phone.get_by_role("button", name="Bãi biển Mỹ Khê").click()
    phone.get_by_role("button", name="Đúng chỗ này").click()
    expect(panel(phone, "kind").locator(".bar .go")).to_have_text("Gửi")
    send(phone)
    phone.wait_for_url(RECEIPT)
    report = Report.objects.get()
    assert (report.place.code, report.same_case) == ("my-khe", None)


def test_where_no_case_is_near_nothing_is_asked(phone, photo, case):
    case(lon=LON + 0.002, lat=LAT)
    to_kind(phone, photo)
    expect(panel(phone, "kind").locator(".bar .go")).to_have_text("Gửi")
    send(phone)
    phone.wait_for_url(RECEIPT)


def test_an_unanswered_question_about_cases_nearby_holds_nothing_up(phone, photo):
    phone.route("**/api/v1/nearby/**", lambda route: None)
    to_kind(phone, photo)
    send(phone)
    phone.wait_for_url(RECEIPT)


# --- note, contact, what is missing -------------------------------------------------------------


def test_contact_is_kept_only_with_a_purpose_that_was_ticked(phone, photo, accessible, picture):
    from reports.models import Contact

    to_kind(phone, photo)
    phone.get_by_role("button", name="Thêm ghi chú").click()
    boxes = panel(phone, "send").get_by_role("checkbox")
    assert boxes.count() == 2
    for box in boxes.all():
        expect(box).not_to_be_checked()
    phone.get_by_label("Email").fill("lan@example.com")
    send(phone)
    expect(phone.locator("#summary")).to_be_focused()
    expect(phone).to_have_title(re.compile("^Lỗi:"))
    accessible(phone)
    picture(phone, "report-panel-errors")
    boxes.first.check()
    send(phone)
    phone.wait_for_url(RECEIPT)
    assert Contact.objects.count() == 1


def test_without_photo_and_words_the_note_is_asked_for_and_nothing_is_lost(phone):
    phone.get_by_role("button", name="Bỏ qua ảnh").click()
    phone.get_by_role("button", name="Đúng chỗ này").click()
    phone.get_by_text("Chai nhựa, nắp").click()
    send(phone)
    open_panel(phone, "send")
    expect(phone.locator("#summary")).to_be_focused()
    phone.locator("#summary a").click()
    expect(phone.get_by_label("Ghi chú")).to_be_focused()
    phone.keyboard.type("chai nhựa")
    send(phone)
    phone.wait_for_url(RECEIPT)


def test_a_report_that_the_server_refuses_comes_back_with_its_sentences_and_everything_in_it(phone, photo):
    from reports.models import Report

    problem = {"title": "Không nhận được", "status": 400, "detail": "…", "errors": {"description": ["Câu này không dùng được."]}, "codes": {}}
    answer = {"status": 400, "content_type": "application/problem+json", "body": json.dumps(problem)}
    phone.route("**/api/v1/reports/", lambda route: route.fulfill(**answer), times=1)
    to_kind(phone, photo)
    phone.get_by_text("Chai nhựa, nắp").click()
    send(phone)
    expect(phone.locator("#summary")).to_contain_text("Câu này không dùng được.")
    open_panel(phone, "send")
    assert Report.objects.count() == 0
    send(phone)
    phone.wait_for_url(RECEIPT)
    assert (Report.objects.get().photos_expected, Report.objects.get().waste_types.count()) == (1, 1)


def test_a_clock_that_is_days_ahead_stops_nothing(page, site, photo, watched):
    from datetime import UTC, datetime, timedelta

    from reports.models import Report

    watched(page)
    standing_at(page)
    page.clock.install(time=datetime.now(UTC) + timedelta(days=3))
    page.goto(f"{site}/bao/")
    to_kind(page, photo)
    send(page)
    page.wait_for_url(RECEIPT)
    assert abs(Report.objects.get().observed_at - datetime.now(UTC)) < timedelta(minutes=10)


def test_an_id_that_was_used_for_another_report_leads_to_its_receipt(phone, photo, site):
    from reports.models import Report

    to_kind(phone, photo)
    phone.wait_for_timeout(600)
    uuid = phone.evaluate(
        "new Promise(done => { indexedDB.open('citylab').onsuccess = ({target}) =>"
        " target.result.transaction('draft').objectStore('draft').get('fields').onsuccess = (found) => done(found.target.result.fields.id) })"
    )
    other = phone.request.post(f"{site}/api/v1/reports/", data={"id": uuid, "area": "W1", "description": "lưới"}).json()
    send(phone)
    phone.wait_for_url(f"**/p/{other['code']}/**")
    assert Report.objects.count() == 1


# --- voice -------------------------------------------------------------------------------------


def test_a_voice_note_goes_along_and_can_stand_for_words(phone, tmp_path):
    from reports.models import Report, VoiceNote

    recording = tmp_path / "ghi-am.ogg"
    recording.write_bytes(b"OggS" + bytes(4000))
    phone.get_by_role("button", name="Bỏ qua ảnh").click()
    phone.get_by_role("button", name="Đúng chỗ này").click()
    phone.get_by_role("button", name="Thêm ghi chú").click()
    phone.get_by_text("Nói thay vì gõ chữ").click()
    phone.locator("#voice").set_input_files(recording)
    expect(phone.locator("#voice-status")).to_contain_text("Đã lưu ghi âm")
    send(phone)
    phone.wait_for_url(RECEIPT)
    expect(phone.locator("body")).to_be_visible()
    for _ in range(50):
        if VoiceNote.objects.exists():
            break
        phone.wait_for_timeout(100)
    assert VoiceNote.objects.get().report == Report.objects.get()


@pytest.mark.parametrize(("name", "body", "sentence"), [
    ("rong.ogg", b"", "Ghi âm trống"), ("dai.ogg", b"OggS" + bytes(3 * 2**20), "lớn quá 3 MB"), ("thu.txt", b"xin chao", "không phải ghi âm"),
])  # fmt: skip
def test_a_recording_that_cannot_be_sent_is_said_in_words(phone, tmp_path, name, body, sentence):
    (tmp_path / name).write_bytes(body)
    phone.get_by_role("button", name="Bỏ qua ảnh").click()
    phone.get_by_role("button", name="Đúng chỗ này").click()
    phone.get_by_role("button", name="Thêm ghi chú").click()
    phone.get_by_text("Nói thay vì gõ chữ").click()
    phone.locator("#voice").set_input_files(tmp_path / name)
    expect(phone.locator("#voice-status")).to_contain_text(sentence)


# --- phones that can keep nothing, or have no room -----------------------------------------------


def test_a_phone_that_keeps_nothing_says_so_before_the_photo_and_still_sends(page, site, photo, watched):
    from reports.models import Report

    watched(page)
    standing_at(page)
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); }")
    page.goto(f"{site}/bao/")
    expect(page.get_by_text("Trình duyệt này không lưu được gì.")).to_be_visible()
    page.locator("[name=photo_camera]").set_input_files(photo)
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url("**/vi-tri/")
    page.get_by_role("button", name="Dùng vị trí hiện tại").click()
    expect(page.locator("#place-error")).to_contain_text("12 m")
    send(page)
    page.wait_for_url("**/loai/")
    send(page)
    page.wait_for_url("**/gui/")
    send(page)
    page.wait_for_url(RECEIPT)
    report = Report.objects.get()
    assert (report.accuracy_m, report.photos.count()) == (12, 1)


def test_a_phone_without_room_says_so_before_the_photo_and_sends_at_once(page, site, photo, watched):
    from reports.models import Report

    watched(page)
    standing_at(page)
    page.add_init_script(
        "navigator.storage.estimate = async () => ({ quota: 1000, usage: 999 });"
        "const put = IDBObjectStore.prototype.put;"
        "IDBObjectStore.prototype.put = function (...given) {"
        " if (this.name === 'outbox' || this.name === 'draft') throw new DOMException('full', 'QuotaExceededError');"
        " return put.apply(this, given); }"
    )
    page.goto(f"{site}/bao/")
    expect(page.locator("#storage-note")).to_contain_text("hết chỗ")
    to_kind(page, photo)
    send(page)
    page.wait_for_url(RECEIPT)
    assert Report.objects.get().photos.count() == 1


# --- weight ------------------------------------------------------------------------------------


def test_the_report_page_has_no_map_in_it_and_its_script_fits(phone):
    import brotli

    loaded = phone.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    scripts = [address for address in loaded if address.endswith(".js")]
    assert not any("maplibre" in address or "place_map" in address for address in loaded)
    weight = sum(len(brotli.compress(phone.request.get(address).body())) for address in scripts)
    print(f"scripts of the report page: {weight} bytes in {len(scripts)} files")
    assert weight <= 25_000
