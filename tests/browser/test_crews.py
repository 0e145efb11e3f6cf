"""A crew's day on a phone: the round, the camera with its ghost, no network, and the same without scripts; and the dispatcher's pages."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from playwright.sync_api import expect

from reports.crews import links
from tests.photo_on_a_phone import photo_of

pytestmark = pytest.mark.django_db(transaction=True)

THERE = {"latitude": 16.05502, "longitude": 108.20501, "accuracy": 8}
FAR_AWAY = {"latitude": 16.0550, "longitude": 108.2080, "accuracy": 8}
PHOTO = {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": photo_of(640, 480)}

# A camera for a machine without one: what it films is a drawing.
CAMERA = """() => {
    const drawn = Object.assign(document.createElement("canvas"), {width: 640, height: 480});
    const pen = drawn.getContext("2d");
    setInterval(() => { pen.fillStyle = "#9cc9cf"; pen.fillRect(0, 0, 640, 480); pen.fillStyle = "#b9a98a"; pen.fillRect(0, 300, 640, 180); }, 50);
    navigator.mediaDevices.getUserMedia = async () => drawn.captureStream(20);
}"""


@pytest.fixture
def round_(two_areas, case, report, member):
    """A team with three places of today, the first with a photo of the waste: (team, cases, token)."""
    from citylab.models import Team
    from reports.models import Photo

    team = Team.objects.create(name="Đội Mỹ Khê", starts_at=time(5), ends_at=time(23, 59))
    today, now = timezone.localdate(), timezone.now()
    cases = [case(status="assigned", lon=108.205 + 0.002 * east, team=team, planned_for=today, due_at=now + timedelta(days=east - 1)) for east in range(3)]
    name = storages["renditions"].save("before.jpg", ContentFile(photo_of(480, 360, seed=3)))
    Photo.objects.create(
        report=report(cases[0]), state="clean", original_sha256="0" * 64, original_size=1, original_format="JPEG", large_name=name, small_name=name,
        received_at=now, next_try=now, processed_at=now,
    )  # fmt: skip
    _link, token = links.make_link(team, today, member())
    return team, cases, token


@pytest.fixture
def phone(browser, browser_context_args):
    """Opens a phone that knows where it is: `phone(there, service_workers="allow")` → its context."""
    opened = []

    def make(place=THERE, **more):
        context = browser.new_context(**{**browser_context_args, "geolocation": place, "permissions": ["geolocation"], **more})
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


def fill(page, code: str, outcome: str = "cleaned", grade: str = "A") -> None:
    row = page.locator(f"[id='{code}']")
    row.locator("summary").click()
    row.locator("input[type=file]").set_input_files(PHOTO)
    expect(row.locator(".previews img")).to_be_visible()
    row.locator(f"[name=outcome][value={outcome}]").check()
    if outcome == "cleaned":
        row.locator(f"[name=grade][value={grade}]").check()
        row.locator("[name=bags]").fill("3")


def save(page, code: str) -> None:
    page.locator(f"[id='{code}'] .visit button.go").click()


def soon(question) -> None:
    """Wait until the server has it: asked in the test's own database."""
    import time as clock

    end = clock.monotonic() + 30
    while not question():
        assert clock.monotonic() < end
        clock.sleep(0.1)


def test_a_clean_up_without_a_network_arrives_once_after_the_page_was_closed(phone, wire, round_):
    from reports.models import CaseEvent, Cleanup, Photo

    team, cases, token = round_
    context = phone()
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    wire.cut()
    fill(page, cases[0].code)
    save(page, cases[0].code)
    expect(page.locator(f"[id='{cases[0].code}'] [data-slot=state]")).to_contain_text("chưa gửi")
    expect(page.locator("#outbox-line")).to_contain_text("1 mục chưa gửi")
    assert not Cleanup.objects.exists()
    page.close()
    wire.mend()
    wire.lose_answers_to(f"POST /doi/{token}/{cases[0].code}/")  # the first answer is lost on its way back
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    soon(Cleanup.objects.exists)
    page.close()  # before the wire is whole again: the page would try once more by itself, and the next one find nothing to send
    wire.mend()
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    expect(page.locator("#outbox-line")).to_have_text("Đã gửi hết.")
    expect(page.locator(f"[id='{cases[0].code}'] [data-slot=state]")).to_have_text("Đã dọn")
    done = Cleanup.objects.get()
    assert (done.case, done.team, done.by, done.grade, done.bags, done.exception) == (cases[0], team, None, "A", 3, "")
    assert done.distance_m < 10 and Photo.objects.filter(kind="after").count() == 1
    assert CaseEvent.objects.filter(kind="cleaned").count() == 1
    assert wire.count(f"POST /doi/{token}/{cases[0].code}/") >= 2, "it was sent twice and kept once"


def test_a_half_filled_visit_survives_that_the_phone_closes_the_page(phone, site, round_):
    from reports.models import Cleanup

    team, cases, token = round_
    context = phone()
    page = context.new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    fill(page, cases[0].code)
    page.locator(f"[id='{cases[0].code}'] [name=note]").fill("còn sỏi")
    expect(page.locator(f"[id='{cases[0].code}'] [data-slot=half]")).to_be_visible()
    page.wait_for_function("""code => new Promise((done) => {
        const asked = indexedDB.open("citylab");
        asked.onsuccess = () => {
            const draft = asked.result.transaction("draft").objectStore("draft");
            draft.get(`visit:${code} fields`).onsuccess = ({target}) => done(JSON.stringify(target.result?.fields ?? "").includes("còn sỏi") && Boolean(target.result.fields.here));
        };
    })""", arg=cases[0].code)  # fmt: skip
    page.close()
    context.set_geolocation(FAR_AWAY)  # the crew walked on: the photo was taken over there
    _link, other = links.make_link(team, timezone.localdate(), None)
    page = context.new_page()
    page.goto(f"{site}/doi/{other}/", wait_until="networkidle")
    row = page.locator(f"[id='{cases[0].code}']")
    expect(row.locator("[data-slot=half]")).to_have_text("Đang ghi dở")
    row.locator("summary").click()
    expect(row.locator(".previews img")).to_be_visible()
    assert (row.locator("[name=note]").input_value(), row.locator("[name=bags]").input_value()) == ("còn sỏi", "3")
    save(page, cases[0].code)
    soon(Cleanup.objects.exists)
    done = Cleanup.objects.get()
    assert (done.note, done.grade, done.bags, done.photos.count(), done.exception) == ("còn sỏi", "A", 3, 1, "") and done.distance_m < 10
    page.reload()
    expect(row.locator("[data-slot=half]")).to_be_hidden()


def test_what_was_refused_goes_back_into_its_form_with_its_photo(phone, wire, round_):
    from reports.models import Cleanup

    _team, cases, token = round_
    context = phone()
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    wire.cut()
    fill(page, cases[0].code)
    save(page, cases[0].code)
    row = page.locator(f"[id='{cases[0].code}']")
    expect(row.locator("[data-slot=state]")).to_contain_text("chưa gửi")
    row.locator("summary").click()
    expect(row.locator("form.visit")).to_be_hidden()
    expect(row.locator("[data-slot=kept]")).to_be_visible()
    cases[0].planned_for = timezone.localdate() - timedelta(days=1)
    cases[0].save()
    wire.mend()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#outbox-line")).to_contain_text("không còn thuộc, đội này")
    expect(row.locator("[data-slot=state]")).to_have_text("Chưa được nhận, xem ở trên")
    cases[0].planned_for = timezone.localdate()
    cases[0].save()
    page.get_by_role("button", name="Sửa và gửi lại").click()
    expect(row.locator(".previews img")).to_be_visible()
    assert row.locator("[name=outcome][value=cleaned]").is_checked()
    save(page, cases[0].code)
    soon(Cleanup.objects.exists)
    assert Cleanup.objects.get().photos.count() == 1


def test_what_was_done_is_counted_without_opening_the_page_again(phone, site, round_):
    _team, cases, token = round_
    page = phone().new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    expect(page.locator("#counts")).to_have_text("còn 3, xong 0")
    fill(page, cases[0].code)
    save(page, cases[0].code)
    expect(page.locator("#counts")).to_have_text("còn 2, xong 1")


def test_a_visit_that_waits_is_called_a_visit_and_leads_back_to_the_round(phone, wire, round_):
    _team, cases, token = round_
    context = phone(service_workers="allow")
    page = context.new_page()
    page.goto(f"{wire.url}/cho-gui/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.goto(f"{wire.url}/doi/{token}/")
    wire.cut()
    fill(page, cases[0].code)
    save(page, cases[0].code)
    expect(page.locator("#outbox-line")).to_contain_text("1 mục chưa gửi")
    page.goto(f"{wire.url}/cho-gui/")
    expect(page.locator("h1")).to_have_text("Chưa gửi")
    expect(page.locator("#waiting-status")).to_have_text("1 mục chưa gửi")
    card = page.locator(".card")
    expect(card).to_contain_text("Lượt dọn của đội")
    assert card.get_by_role("link", name="Mở trang của đội").get_attribute("href") == f"/doi/{token}/#{cases[0].code}"
    page.goto(f"{wire.url}/")
    expect(page.locator("#kept-here")).to_contain_text("1 mục chưa gửi")
    page.go_back()
    card.get_by_role("button", name="Xóa khỏi điện thoại này").click()
    expect(card).to_contain_text("Xóa hẳn mục này?")
    assert "phản ánh" not in page.locator(".card, #waiting-status, h1").all_inner_texts().__str__().lower()


def test_a_link_that_is_over_still_sends_what_was_done_within_the_shift(phone, wire, round_):
    from reports.models import Cleanup, CrewLink

    _team, cases, token = round_
    page = phone().new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    wire.cut()
    fill(page, cases[0].code)
    save(page, cases[0].code)
    expect(page.locator("#outbox-line")).to_contain_text("1 mục chưa gửi")
    CrewLink.objects.update(expires_at=timezone.now())
    wire.mend()
    page.goto(f"{wire.url}/doi/{token}/")
    expect(page.locator("h1")).to_contain_text("hết hạn")
    soon(Cleanup.objects.exists)


def test_the_round_opens_again_without_a_network_and_not_after_it_was_taken_back(phone, wire, round_):
    from reports.models import CrewLink

    _team, cases, token = round_
    context = phone(service_workers="allow")
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    kept = "caches.open('crew-round').then((kept) => kept.keys()).then((all) => all.map((one) => new URL(one.url).pathname))"
    for _ in range(300):
        names = page.evaluate(kept)
        if any("/anh/" in name for name in names) and page.evaluate("Boolean(navigator.serviceWorker.controller)"):
            break
        page.wait_for_timeout(100)
    page.close()
    wire.cut()
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    expect(page.locator("h1")).to_have_text("Đội Mỹ Khê")
    fill(page, cases[0].code)
    assert page.evaluate("document.querySelector('[data-before]').naturalWidth") > 0, "the photo from before is there too"
    wire.mend()
    links.revoke(CrewLink.objects.get())
    page.goto(f"{wire.url}/doi/{token}/")
    expect(page.locator("h1")).to_contain_text("hết hạn")
    wire.cut()
    page.goto(f"{wire.url}/doi/{token}/")
    expect(page.get_by_role("heading", name="Hiện không có mạng")).to_be_visible()


def test_the_kept_round_goes_when_the_shift_ends_though_there_is_no_network(phone, wire, round_):
    """Whoever finds the phone in the evening finds neither places nor photos on it."""
    _team, _cases, token = round_
    context = phone(service_workers="allow")
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.wait_for_function("caches.open('crew-round').then((kept) => kept.match(location.pathname)).then(Boolean)")
    page.wait_for_function("Boolean(navigator.serviceWorker.controller)")
    page.evaluate("""async () => {
        const kept = await caches.open('crew-round');
        const page = await kept.match(location.pathname);
        const over = (await page.text()).replace(/data-until="[^"]+"/, 'data-until="2026-01-01T00:00:00+07:00"');
        await kept.put(location.pathname, new Response(over, { headers: { 'Content-Type': 'text/html' } }));
    }""")
    page.close()
    wire.cut()
    page = context.new_page()
    page.goto(f"{wire.url}/doi/{token}/")
    expect(page.get_by_role("heading", name="Hiện không có mạng")).to_be_visible()
    assert page.evaluate("caches.has('crew-round')") is False


def test_the_photo_from_before_lies_over_the_camera_like_a_ghost(phone, site, round_, watched, accessible, picture):
    _team, cases, token = round_
    page = watched(phone().new_page())
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    page.evaluate(CAMERA)
    row = page.locator(f"[id='{cases[0].code}']")
    row.locator("summary").click()
    row.locator("[data-camera]").click()
    ghost = page.locator("#camera .ghost")
    expect(ghost).to_be_visible()
    assert ghost.evaluate("(image) => getComputedStyle(image).opacity") == "0.4" and ghost.evaluate("(image) => image.naturalWidth") > 0
    page.locator("#camera .strength input").fill("80")
    assert ghost.evaluate("(image) => getComputedStyle(image).opacity") == "0.8"
    page.wait_for_timeout(400)
    accessible(page)
    picture(page, "crew-camera")
    page.locator("[data-shoot]").click()
    expect(page.locator("#camera")).to_be_hidden()
    expect(row.locator(".previews img")).to_be_visible()


def test_without_a_camera_the_file_field_takes_its_place(phone, site, round_):
    _team, cases, token = round_
    page = phone().new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); } }")
    row = page.locator(f"[id='{cases[0].code}']")
    row.locator("summary").click()
    row.locator("[data-camera]").click()
    expect(row.locator("[data-slot=fault]")).to_contain_text("Không mở được máy ảnh")
    assert row.locator("input[type=file]").get_attribute("capture") == "environment"


def test_from_afar_the_page_asks_why_the_photo_counts(phone, site, round_):
    from reports.models import Cleanup

    _team, cases, token = round_
    page = phone(FAR_AWAY).new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    row = page.locator(f"[id='{cases[0].code}']")
    fill(page, cases[0].code)
    save(page, cases[0].code)
    expect(row.locator("[data-slot=fault]")).to_contain_text("vì sao ảnh vẫn tính")
    expect(row.locator("[data-slot=far]")).to_contain_text("320 m")
    row.locator("[name=exception]").select_option("from_afar")
    save(page, cases[0].code)
    soon(Cleanup.objects.exists)
    done = Cleanup.objects.get()
    assert 300 < done.distance_m < 340 and "100 m" in done.exception


def test_a_position_of_the_mobile_mast_proves_nothing(phone, site, round_):
    from reports.models import Cleanup

    _team, cases, token = round_
    page = phone({**THERE, "accuracy": 1500}).new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    row = page.locator(f"[id='{cases[0].code}']")
    fill(page, cases[0].code)
    save(page, cases[0].code)
    expect(row.locator("[data-slot=fault]")).to_contain_text("vì sao ảnh vẫn tính")
    expect(row.locator("[data-slot=far]")).to_contain_text("lệch 1.500 m")
    row.locator("[name=exception]").select_option("no_position")
    save(page, cases[0].code)
    soon(Cleanup.objects.exists)
    assert (Cleanup.objects.get().distance_m, Cleanup.objects.get().exception) == (None, "Điện thoại không cho vị trí")


def test_close_by_nothing_is_asked_about_the_place(phone, site, round_):
    _team, cases, token = round_
    page = phone().new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    fill(page, cases[0].code)
    expect(page.locator(f"[id='{cases[0].code}'] .far")).to_be_hidden()


def test_beginning_and_a_place_that_cannot_be_reached(phone, site, round_):
    from reports.models import Cleanup

    _team, cases, token = round_
    page = phone().new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    row = page.locator(f"[id='{cases[1].code}']")
    row.locator("summary").click()
    row.get_by_role("button", name="Đã đến nơi").click()
    expect(row.locator("[data-slot=state]")).to_have_text("Đang dọn")
    row.locator("[name=outcome][value=not_reached]").check()
    row.locator("button.go").click()
    expect(row.locator("[data-slot=fault]")).to_contain_text("lý do")
    row.locator("[name=note]").fill("Cổng khóa")
    row.locator("button.go").click()
    soon(Cleanup.objects.exists)
    cases[1].refresh_from_db()
    assert (cases[1].status, Cleanup.objects.get().outcome, cases[1].events.filter(kind="started").count()) == ("in_progress", "not_reached", 1)


def test_a_new_pile_is_reported_from_the_round_at_the_place_of_the_phone(phone, site, round_):
    from reports.models import Report

    _team, _cases, token = round_
    before = Report.objects.count()
    page = phone().new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    page.locator("#new summary").click()
    page.locator("#new input[type=file]").set_input_files(PHOTO)
    expect(page.locator("#new .previews img")).to_be_visible()
    page.locator("#new [value=cart]").check()
    page.locator("#new button.go").click()
    soon(lambda: Report.objects.count() == before + 1)
    sent = Report.objects.latest("id")
    assert (sent.channel, sent.location_source, sent.amount, sent.photos.count()) == ("web", "gps", "cart", 1)
    assert abs(sent.location.x - THERE["longitude"]) < 1e-5


def test_navigation_leads_to_the_place_and_coordinates_can_be_copied(phone, site, round_):
    _team, cases, token = round_
    context = phone(permissions=["geolocation", "clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    row = page.locator(f"[id='{cases[0].code}']")
    row.locator("summary").click()
    assert row.get_by_role("link", name="Chỉ đường").get_attribute("href") == "geo:16.05500,108.20500?q=16.05500,108.20500"
    row.get_by_role("button", name="Chép").click()
    assert page.evaluate("navigator.clipboard.readText()") == "16.05500, 108.20500"


def test_where_nothing_can_be_kept_a_visit_is_sent_at_once(phone, site, round_):
    _team, cases, token = round_
    page = phone().new_page()
    page.add_init_script("indexedDB.open = () => { throw new DOMException('none here', 'SecurityError'); }")
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    fill(page, cases[0].code)
    save(page, cases[0].code)
    expect(page.get_by_role("status").filter(has_text="Đã lưu vào lịch sử")).to_be_visible()
    done = cases[0].cleanups.get()
    assert (done.outcome, done.photos.count(), done.exception) == ("cleaned", 1, "") and done.distance_m < 10


def test_everything_can_be_done_without_scripts(phone, site, round_):
    _team, cases, token = round_
    page = phone(java_script_enabled=False).new_page()
    page.goto(f"{site}/doi/{token}/")
    row = page.locator(f"[id='{cases[0].code}']")
    row.locator("summary").click()
    row.get_by_role("button", name="Đã đến nơi").click()
    expect(page.get_by_role("status").filter(has_text="Đã bắt đầu")).to_be_visible()
    row.locator("summary").click()
    expect(page.locator(".note.without-script")).to_contain_text("không cho vị trí")
    row.locator("input[type=file]").set_input_files(PHOTO)
    row.locator("[name=outcome][value=cleaned]").check()
    row.locator("[name=grade][value=B]").check()
    row.locator("[name=note]").fill("máy cũ")
    row.locator("button.go").click()
    expect(page.get_by_role("alert").filter(has_text="100 m")).to_be_visible()
    assert row.locator("[name=note]").input_value() == "máy cũ" and row.locator("[value=cleaned]").is_checked()
    row.locator("input[type=file]").set_input_files(PHOTO)
    row.locator("[name=exception]").select_option("no_position")
    row.locator("button.go").click()
    expect(row.locator("[data-slot=state]")).to_have_text("Đã dọn")
    assert cases[0].cleanups.get().exception == "Điện thoại không cho vị trí"
    page.locator("#new summary").click()
    expect(page.locator("#new form")).to_be_hidden()  # without a position it could only fail
    expect(page.locator("#new").get_by_role("link", name="báo ở trang báo rác")).to_be_visible()


def test_the_crews_pages_are_accessible_and_fit_a_phone(phone, site, round_, watched, accessible, picture):
    from reports.models import CrewLink

    _team, cases, token = round_
    page = phone().new_page()
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))")
    watched(page)
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    picture(page, "crew-round")
    page.set_viewport_size({"width": 360, "height": 780})
    fill(page, cases[0].code)
    accessible(page)
    picture(page, "crew-visit")
    page.locator("#new summary").click()
    accessible(page)
    picture(page, "crew-new")
    for width, size in ((320, "100%"), (360, "200%")):
        page.set_viewport_size({"width": width, "height": 780})
        page.evaluate("(size) => { document.documentElement.style.fontSize = size }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, size)
    CrewLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page.goto(f"{site}/doi/{token}/", wait_until="networkidle")
    accessible(page)
    picture(page, "crew-closed")


def test_the_dispatchers_pages_are_accessible_and_a_day_is_planned_with_them(page, site, client, member, round_, case, watched, accessible, picture):
    from citylab.models import Team

    team, _cases, _token = round_
    waiting = case(lon=108.2075)
    for number in range(6):
        Team.objects.create(name=f"Đội {number}")
    client.force_login(member("dispatcher"))
    page.context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": site}])
    watched(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{site}/dieu-hanh/dieu-phoi/", wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == 1280, "columns beyond the edge scroll within the board"
    accessible(page)
    picture(page, "dispatch")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator(f"[name=case][value^='{waiting.code}']").check()
    page.get_by_role("button", name=re.compile("Giao mục đã chọn.*Mỹ Khê")).click()
    expect(page.get_by_role("status")).to_contain_text("1 điểm rác giao cho Đội Mỹ Khê")
    waiting.refresh_from_db()
    assert waiting.team == team
    page.get_by_role("button", name=re.compile("Tạo liên kết.*Mỹ Khê")).click()
    expect(page.locator("#address")).to_have_value(re.compile("/doi/[A-Za-z0-9_-]{32}/"))
    accessible(page)
    picture(page, "crew-links")
    page.get_by_role("button", name=re.compile("Thu hồi")).first.click()
    expect(page.get_by_role("status").filter(has_text="không còn mở được gì")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for path, name in (("/dieu-hanh/doi/", "teams"), (f"/dieu-hanh/doi/{team.pk}/", "team")):
        page.goto(site + path, wait_until="networkidle")
        if name == "teams":
            page.locator("main summary").click()
        accessible(page)
        picture(page, name)
