"""Photos in the browser: the staff look, blur and decide; anybody flags."""

from __future__ import annotations

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from reports.models import Photo
from reports.photos import publishing
from reports.photos.redaction import FACE, PLATE, Box
from tests.reports.photos import people_pictures as drawn
from tests.reports.photos.clean_photos import clean_photo

pytestmark = pytest.mark.django_db(transaction=True)


def beach() -> Image.Image:
    """A drawn stretch of beach with bottles, a face and a number plate."""
    return drawn.beach_with_waste((drawn.face(110), (640, 250)), (drawn.plate("43-C1", "123.45", height=34), (980, 560)))


def boxes() -> list[Box]:
    return [Box(FACE, 658 / 1600, 262 / 1200, 72 / 1600, 88 / 1200, 0.86), Box(PLATE, 985 / 1600, 562 / 1200, 140 / 1600, 82 / 1200, 0.97)]


@pytest.fixture
def desk(page, site, member):
    """A dispatcher who is signed in."""
    person = member("dispatcher")
    page.goto(f"{site}{reverse('sign-in')}")
    page.fill("[name=username]", person.username)
    page.fill("[name=password]", "a long password")
    page.click("main button")
    return page


def test_the_staff_look_at_a_photo_and_publish_it_with_one_key(desk, site, report, watched, accessible, picture):
    watched(desk)
    first = clean_photo(report(), picture=beach(), boxes=boxes())
    held = clean_photo(report(), picture=beach(), held=True)
    clean_photo(report(), picture=beach(), outcome="waiting")
    desk.goto(f"{site}{reverse('staff-photos')}")
    desk.wait_for_load_state("networkidle")
    accessible(desk)
    picture(desk, "staff-photos")
    desk.keyboard.press("p")
    desk.wait_for_selector("text=Ảnh đã được công khai")
    assert list(Photo.objects.public()) == [first]
    desk.wait_for_selector(f"form[action='{reverse('staff-photo', args=[held.pk])}']")
    accessible(desk)


def test_a_box_is_drawn_with_the_mouse_and_another_unticked(desk, site, report, watched):
    watched(desk)
    desk.set_viewport_size({"width": 1280, "height": 900})
    photo = clean_photo(report(), picture=beach(), boxes=boxes())
    desk.goto(f"{site}{reverse('staff-photo', args=[photo.pk])}")
    area = desk.locator("#look").bounding_box()
    desk.mouse.move(area["x"] + area["width"] * 0.1, area["y"] + area["height"] * 0.6)
    desk.mouse.down()
    desk.mouse.move(area["x"] + area["width"] * 0.3, area["y"] + area["height"] * 0.8)
    desk.mouse.up()
    desk.locator("#boxes input").nth(1).uncheck()
    assert desk.locator("#look rect.off").count() == 1
    desk.click("#publish")
    desk.wait_for_selector("text=Ảnh đã được công khai")
    photo.check_for_people.refresh_from_db()
    face, other = photo.check_for_people.boxes
    assert (face["kind"], other["kind"]) == ("face", "other")
    assert abs(other["x"] - 0.1) < 0.01 and abs(other["w"] - 0.2) < 0.01 and abs(other["y"] - 0.6) < 0.01


def test_a_part_is_added_moved_and_sized_with_the_keyboard_alone(desk, site, report, watched, accessible):
    watched(desk)
    photo = clean_photo(report(), picture=beach(), boxes=[])
    desk.goto(f"{site}{reverse('staff-photo', args=[photo.pk])}")
    desk.get_by_role("button", name="Thêm một phần").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#boxes").get_by_role("button", name="Dời")).to_be_focused()
    for key in ("Control+ArrowLeft", "ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Control+Shift+ArrowDown"):
        desk.keyboard.press(key)
    expect(desk.locator("#box-told")).to_have_text("29 %, 39 %, 21 %, 30 %")
    accessible(desk)
    desk.get_by_role("button", name="Xem thử").press("Enter")
    desk.wait_for_url("**chosen=1**")
    desk.locator("#boxes").get_by_role("button", name="Dời").press("ArrowRight")  # it comes back as it was, and moves on
    desk.keyboard.press("p")
    desk.wait_for_selector("text=Ảnh đã được công khai")
    photo.check_for_people.refresh_from_db()
    (box,) = photo.check_for_people.boxes
    assert box["kind"] == "other" and [round(box[side], 2) for side in "xywh"] == [0.30, 0.39, 0.21, 0.30]


def test_without_javascript_every_decision_is_a_plain_form(browser, site, report, member):
    photo = clean_photo(report(), picture=beach(), boxes=boxes())
    person = member("dispatcher")
    context = browser.new_context(java_script_enabled=False, locale="vi-VN", service_workers="block")
    page = context.new_page()
    page.goto(f"{site}{reverse('sign-in')}")
    page.fill("[name=username]", person.username)
    page.fill("[name=password]", "a long password")
    page.click("main button")
    page.goto(f"{site}{reverse('staff-photos')}")
    page.select_option("#reason", "person")
    page.click("button[value=reject]")
    photo.refresh_from_db()
    assert (photo.state, photo.reject_reason) == ("rejected", "có người bị nhận ra")
    context.close()


def test_typing_p_in_a_field_publishes_nothing(desk, site, report):
    photo = clean_photo(report(), picture=beach())
    desk.goto(f"{site}{reverse('staff-photo', args=[photo.pk])}")
    desk.keyboard.press("r")
    assert desk.evaluate("document.activeElement.id") == "reason"
    desk.click("#words")
    desk.keyboard.type("pprrpp")
    assert desk.input_value("#words") == "pprrpp"
    photo.refresh_from_db()
    assert photo.state == "clean"


def test_the_case_page_shows_its_photos_and_confirms_with_one_click(desk, site, case, report, watched, accessible, picture):
    watched(desk)
    where = case()
    clean_photo(report(where), picture=beach(), boxes=boxes())
    clean_photo(report(where), picture=beach(), held=True)
    desk.goto(f"{site}{reverse('case', args=[where.code])}")
    desk.wait_for_load_state("networkidle")
    accessible(desk)
    picture(desk, "case-photos")
    desk.click("text=Xác nhận và công khai 1 ảnh")
    desk.wait_for_selector("text=đã công khai")
    assert Photo.objects.public().count() == 1


def test_nothing_waits(desk, site, watched, accessible, picture):
    watched(desk)
    desk.goto(f"{site}{reverse('staff-photos')}")
    accessible(desk)
    picture(desk, "staff-photos-none")


@pytest.mark.parametrize("scripts", [True, False])
def test_anybody_hides_a_photo(scripts, browser, site, report, member, watched, accessible, picture):
    photo = publishing.publish(clean_photo(report(), picture=beach(), boxes=boxes()), member())
    context = browser.new_context(java_script_enabled=scripts, locale="vi-VN", viewport={"width": 360, "height": 780}, service_workers="block")
    page = watched(context.new_page())
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(f"{site}{reverse('flag-photo', args=[photo.pk])}")
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < 60_000 and len(sizes) <= 6
    if scripts:
        accessible(page)
        picture(page, "flag-photo")
    page.click("text=Ẩn ảnh này")
    page.wait_for_selector("text=Ảnh đã được ẩn")
    if scripts:
        accessible(page)
        picture(page, "photo-flagged")
    assert context.request.get(f"{site}/photos/{photo.pk}/large.jpg").status == 404
    assert not context.cookies()
    context.close()
