"""Photos on the report page: made small on the phone, three at most, shown, removable, and never a source of the place."""
# ruff: noqa: F401, F811 -- fixtures are imported and then asked for by name

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.report_phone import (
    BY_HAND,
    PHOTOS,
    choose,
    city,
    drawn_photo,
    kept_pictures,
    open_panel,
    panel,
    photo,
    quiet_end,
    ready,
    standing_at,
    take,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("city", "quiet_end")]


@pytest.fixture
def phone(page, site, watched):
    watched(page)
    standing_at(page)
    page.goto(f"{site}/bao/")
    open_panel(page, "photo")
    return page


def sent(page) -> list[Image.Image]:
    """Send what is on the phone; the pictures as they arrived."""
    from reports.models import Photo, Report

    if page.get_by_role("button", name="Còn, dùng vị trí này").is_visible():
        page.get_by_role("button", name="Còn, dùng vị trí này").click()
    page.get_by_role("button", name="Đúng chỗ này").click()
    page.get_by_role("button", name="Gửi", exact=True).click()
    page.wait_for_url("**/p/**")
    for _ in range(100):
        report = Report.objects.first()
        if report and Photo.objects.filter(report=report).count() == report.photos_expected:
            break
        page.wait_for_timeout(100)
    return kept_pictures()


def names_of(picture: Image.Image) -> list[str]:
    return [name for name in picture.info if name in ("exif", "xmp", "photoshop", "comment")]  # sRGB’s profile names nobody


# --- kept before it is small ------------------------------------------------------------------------
PHOTOS_OF_THE_DRAFT = """() => new Promise((done) => {
    const asked = indexedDB.open("citylab");
    asked.onsuccess = () => {
        asked.result.transaction("draft").objectStore("draft").get("files").onsuccess = ({ target }) => {
            asked.result.close();
            done(target.result?.photos.length ?? 0);
        };
    };
})"""


def test_a_photo_that_was_still_being_made_small_when_the_page_closed_is_there_again_and_is_made_small_then(page, site, tmp_path, watched):
    watched(page)
    standing_at(page)
    page.add_init_script("if (!sessionStorage.slow) { sessionStorage.slow = 1; window.createImageBitmap = () => new Promise(() => {}); }")
    page.goto(f"{site}/bao/")
    take(page, drawn_photo(tmp_path / "large.jpg", (3000, 2000)))
    open_panel(page, "place")
    for _ in range(300):
        if page.evaluate(PHOTOS_OF_THE_DRAFT):
            break
        page.wait_for_timeout(100)
    page.reload()
    open_panel(page, "place")
    assert [max(picture.size) for picture in sent(page)] == [1600]


# --- made small -----------------------------------------------------------------------------------


def test_a_photo_is_sent_as_an_upright_jpeg_of_1600_pixels_without_metadata(phone, photo):
    take(phone, photo)
    [picture] = sent(phone)
    assert (picture.format, picture.size) == ("JPEG", (1200, 1600))  # 4000 × 3000 lying on its side
    assert names_of(picture) == [] and not picture.getexif()


@pytest.mark.parametrize("missing", [
    "delete self.createImageBitmap;",
    "self.createImageBitmap = async () => { throw new TypeError('no resizing'); };",
    "const real = self.createImageBitmap; self.createImageBitmap = (file) => real(file);",  # knows no options
    "delete self.OffscreenCanvas;",
])  # fmt: skip
def test_each_way_to_make_it_small_gives_the_same_picture(page, site, photo, watched, missing):
    watched(page)
    standing_at(page)
    page.add_init_script(missing)
    page.goto(f"{site}/bao/")
    take(page, photo)
    [picture] = sent(page)
    assert (picture.format, picture.size) == ("JPEG", (1200, 1600))
    assert names_of(picture) == []


def test_a_small_picture_is_not_blown_up_and_transparency_becomes_white(phone, tmp_path):
    path = tmp_path / "nho.png"
    Image.new("RGBA", (300, 200), (0, 0, 0, 0)).save(path)
    choose(phone, path)
    phone.get_by_role("button", name="Tiếp tục").click()
    [picture] = sent(phone)
    assert (picture.format, picture.size) == ("JPEG", (300, 200))
    assert min(picture.getpixel((5, 5))) > 250


def test_a_photo_that_the_browser_cannot_draw_goes_as_it_is(phone):
    path = PHOTOS / "IMG_5195.HEIC"
    if not path.exists():
        pytest.skip("needs the real photos: set CITYLAB_SHARED_DATA to the folder that holds them")
    choose(phone, path)
    expect(phone.get_by_text("Ảnh 1: không xem trước được ở đây")).to_be_visible()
    phone.get_by_role("button", name="Tiếp tục").click()
    from reports.models import Photo

    sent_photos = sent_bytes(phone)
    assert sent_photos == [path.read_bytes()]
    assert Photo.objects.get().original_format == "HEIF"


def sent_bytes(page) -> list[bytes]:
    from reports.models import Photo
    from reports.photos import store

    page.get_by_role("button", name="Còn, dùng vị trí này").click()
    page.get_by_role("button", name="Đúng chỗ này").click()
    page.get_by_role("button", name="Gửi", exact=True).click()
    page.wait_for_url("**/p/**")
    for _ in range(100):
        if Photo.objects.exists():
            break
        page.wait_for_timeout(100)
    return [store.get(store.ORIGINALS, photo.original_name) for photo in Photo.objects.order_by("position")]


def test_a_phone_photo_stays_below_half_a_megabyte(phone):
    path = PHOTOS / "HMD_Nokia_8.3_5G.jpg"
    if not path.exists():
        pytest.skip("needs the real photos: set CITYLAB_SHARED_DATA to the folder that holds them")
    take(phone, path)
    [body] = taken_bytes(phone)
    print(f"{path.stat().st_size} bytes became {len(body)}")
    assert len(body) < 500_000


def taken_bytes(page) -> list[bytes]:
    from reports.models import Photo
    from reports.photos import store

    sent(page)
    return [store.get(store.ORIGINALS, photo.original_name) for photo in Photo.objects.order_by("position")]


# --- three at most, shown, removable ----------------------------------------------------------------


def test_a_fourth_photo_is_refused_in_words_and_three_are_kept(phone, tmp_path, accessible, picture):
    paths = [drawn_photo(tmp_path / f"{number}.jpg", (800 + number, 600)) for number in range(4)]
    choose(phone, *paths)
    expect(phone.locator("#photo-status")).to_contain_text("Đã giữ ba ảnh đầu")
    expect(phone.locator("#previews img")).to_have_count(3)
    accessible(phone)
    picture(phone, "report-panel-photos")
    phone.get_by_role("button", name="Tiếp tục").click()
    assert [each.size[0] for each in sent(phone)] == [800, 801, 802]


def test_a_photo_can_be_removed_again(phone, tmp_path):
    paths = [drawn_photo(tmp_path / f"{number}.jpg", (800 + number, 600)) for number in range(2)]
    choose(phone, *paths)
    expect(phone.locator("#previews img")).to_have_count(2)
    phone.get_by_role("button", name="Bỏ: Ảnh 1").click()
    expect(phone.locator("#photo-status")).to_have_text("Đã bỏ ảnh.")
    expect(phone.get_by_role("button", name="Bỏ: Ảnh 1")).to_be_focused()
    phone.get_by_role("button", name="Tiếp tục").click()
    assert [each.size[0] for each in sent(phone)] == [801]


def test_photos_taken_one_after_the_other_are_all_kept(phone, tmp_path):
    for number in range(3):
        take(phone, drawn_photo(tmp_path / f"{number}.jpg", (800 + number, 600)))
        open_panel(phone, "place")
        if number < 2:
            phone.go_back()
            open_panel(phone, "photo")
    assert [each.size[0] for each in sent(phone)] == [800, 801, 802]


@pytest.mark.parametrize(("name", "body", "sentence"), [
    ("rong.jpg", b"", "Tệp rỗng"), ("thu.txt", b"xin chao", "không phải là ảnh"), ("lon.heic", bytes(15 * 2**20 + 1), "lớn quá 15 MB"),
])  # fmt: skip
def test_a_file_that_is_no_photo_is_said_in_words_and_not_kept(phone, tmp_path, name, body, sentence):
    (tmp_path / name).write_bytes(body)
    choose(phone, tmp_path / name)
    expect(phone.locator("#photo-status")).to_contain_text(sentence)
    expect(phone.locator("#previews li")).to_have_count(0)
    open_panel(phone, "photo")


def test_photos_that_were_held_up_go_on_from_the_receipt_which_says_how_many_are_left(page, site, tmp_path, accessible, picture):
    from reports.models import Photo

    busy = {"status": 503, "content_type": "application/problem+json", "body": '{"status": 503, "title": "busy"}', "headers": {"Retry-After": "1"}}
    page.context.route("**/photos/*", lambda route: route.fulfill(**busy))
    standing_at(page)
    page.goto(f"{site}/bao/")
    choose(page, *[drawn_photo(tmp_path / f"{number}.jpg", (800 + number, 600)) for number in range(2)])
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_role("button", name="Còn, dùng vị trí này").click()
    page.get_by_role("button", name="Đúng chỗ này").click()
    page.get_by_role("button", name="Gửi", exact=True).click()
    page.wait_for_url("**/p/**")
    left = page.locator("#still-to-send")
    expect(left).to_contain_text("Chưa gửi được 2 ảnh. Ảnh tự gửi khi có mạng.")
    accessible(page)
    picture(page, "receipt-photos-left")
    page.context.unroute("**/photos/*")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(left).to_have_text("Đã gửi đủ ảnh.", timeout=30_000)
    expect(page.locator("dl.sent")).to_contain_text("Ảnh 2: đã nhận")
    assert Photo.objects.count() == 2


# --- never a source of the place ----------------------------------------------------------------------


def test_a_place_is_never_taken_from_a_photo(page, site, photo, watched):
    watched(page)  # the position is not granted, and the photo has one
    page.goto(f"{site}/bao/")
    choose(page, photo)
    page.get_by_role("button", name="Tiếp tục").click()
    expect(panel(page, "place").get_by_role("heading", level=1)).to_have_text("Còn đang ở chỗ đó không?")
    page.get_by_role("button", name="Không, chọn chỗ khác").click()
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.locator("#summary")).to_be_focused()


def test_after_older_photos_the_position_is_used_only_when_the_person_is_still_there(phone, photo, accessible, picture):
    from reports.models import Report

    choose(phone, photo)
    phone.get_by_role("button", name="Tiếp tục").click()
    heading = panel(phone, "place").get_by_role("heading", level=1)
    expect(heading).to_have_text("Còn đang ở chỗ đó không?")
    accessible(phone)
    picture(phone, "report-panel-still-there")
    phone.get_by_role("button", name="Còn, dùng vị trí này").click()
    expect(heading).to_contain_text("An Hải")
    expect(heading).to_be_focused()
    sent(phone)
    assert Report.objects.get().location_source == "gps"


def test_a_fix_that_comes_after_older_photos_were_chosen_is_not_used_unasked(page, site, photo, watched):
    watched(page)
    standing_at(page)
    page.add_init_script(BY_HAND)
    page.goto(f"{site}/bao/")
    expect(page.locator("html[data-watching]")).to_be_attached()  # granted before, so it watches at once
    page.evaluate("fix(40)")
    choose(page, photo)
    page.evaluate("fix(10)")
    page.get_by_role("button", name="Tiếp tục").click()
    page.evaluate("fix(9)")
    expect(panel(page, "place").get_by_role("heading", level=1)).to_have_text("Còn đang ở chỗ đó không?")


def test_the_position_is_asked_for_at_the_first_tap_but_not_for_older_photos(page, site, photo, watched):
    watched(page)
    page.add_init_script("navigator.geolocation.watchPosition = () => { window.asked = true; return 1; };")
    page.goto(f"{site}/bao/")
    choose(page, photo)
    expect(page.locator("#previews img")).to_have_count(1)
    assert page.evaluate("window.asked") is None
    page.get_by_role("button", name="Bỏ: Ảnh 1").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Chụp ảnh", exact=True).click()
    chooser.value.set_files(photo)
    open_panel(page, "place")
    assert page.evaluate("window.asked") is True


def test_the_first_tap_on_the_camera_asks_for_the_position(page, site, watched):
    watched(page)
    page.add_init_script("navigator.geolocation.watchPosition = () => { window.asked = true; return 1; };")
    page.goto(f"{site}/bao/")
    ready(page)
    assert page.evaluate("window.asked") is None
    with page.expect_file_chooser():
        page.get_by_label("Chụp ảnh", exact=True).click()
    assert page.evaluate("window.asked") is True


def test_in_an_apps_own_browser_a_camera_that_does_not_open_is_helped_with_words(browser, browser_context_args, site, watched):
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0 Mobile Safari/537.36 Zalo android/260901903"
    context = browser.new_context(**{**browser_context_args, "user_agent": agent})
    page = watched(context.new_page())
    page.clock.install()
    page.goto(f"{site}/bao/")
    ready(page)
    expect(page.locator("#camera-help")).to_be_hidden()
    with page.expect_file_chooser():
        page.get_by_label("Chụp ảnh", exact=True).click()
    page.clock.run_for(3500)
    expect(page.locator("#camera-help")).to_be_visible()
    assert "/bao/" in page.url
    context.close()
