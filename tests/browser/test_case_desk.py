"""The page of a case in the browser: hold and resume, a ready answer with its preview, merge and undo, the map, entry on behalf."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from reports import grouping
from reports.models import Case, Place, ReplyTemplate, Report
from tests.browser.test_photos import beach
from tests.reports.photos.clean_photos import clean_photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sign_in(page, site, member, watched):
    """A dispatcher at a desk, on a page that keeps the content policy: `sign_in()` → the page."""
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))")
    client = Client()
    client.force_login(member("dispatcher", first_name="Lan"), backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": site}])
    watched(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    return page


def test_a_case_is_put_on_hold_with_a_ready_answer_and_taken_up_again(sign_in, site, case, report, accessible, picture):
    page, found = sign_in, case(status="confirmed")
    clean_photo(report(found), picture=beach())
    ReplyTemplate.objects.create(verb="hold", name="Chờ xe lớn", text="Đang chờ xe tải lớn; việc dọn sẽ tiếp tục khi có xe.")
    page.goto(f"{site}{reverse('case', args=[found.code])}", wait_until="networkidle")
    accessible(page)
    picture(page, "desk-case")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.click("#do-hold summary")
    page.fill("#waits_for", "Công ty Môi trường Đô thị")
    page.select_option("#hold-template", label="Chờ xe lớn")
    assert page.input_value("#hold-reason").startswith("Đang chờ xe tải lớn")
    page.wait_for_selector("#hold-preview :text('Cần đơn vị khác xử lý trước. Đang chờ xe tải lớn')")
    accessible(page)
    picture(page, "desk-case-preview")
    page.click("#do-hold button[value=hold]")
    page.wait_for_selector("text=chờ Công ty Môi trường Đô thị từ")
    accessible(page)
    picture(page, "desk-case-on-hold")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.click("text=Xử lý tiếp >> visible=true")
    page.wait_for_selector(".history >> text=Xử lý tiếp")
    found.refresh_from_db()
    assert (found.status, found.waits_for) == ("confirmed", "")


def test_two_cases_are_compared_merged_and_the_merge_taken_back(sign_in, site, case, report, accessible, picture):
    page, left, right = sign_in, case(), case(lon=108.2051)
    for side in (left, right):
        clean_photo(report(side), picture=beach())
    page.goto(f"{site}{reverse('case', args=[left.code])}")
    page.click("#duplicates a:has-text('So sánh')")
    page.wait_for_load_state("networkidle")
    assert page.locator(".side-by-side img").count() == 2
    accessible(page)
    picture(page, "desk-pair")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("article", has=page.locator(f"code:text-is('{right.code}')")).get_by_role("button").click()
    page.wait_for_selector("text=đã được gộp vào")
    left.refresh_from_db()
    assert left.merged_into == right and Report.objects.filter(case=right).count() == 2
    page.click("button:has-text('Hoàn tác')")
    page.wait_for_selector("text=Đã hoàn tác việc gộp")
    left.refresh_from_db()
    assert left.status == "new" and Report.objects.filter(case=left).count() == 1


def test_the_case_lies_on_a_map_with_the_others_around_it(sign_in, site, case, accessible):
    page, found, other = sign_in, case(), case(lon=108.2061)
    page.goto(f"{site}{reverse('case', args=[found.code])}")
    page.wait_for_selector("#place-map[data-idle]")
    page.locator("#place-map").scroll_into_view_if_needed()
    box = page.locator("#place-map canvas").bounding_box()
    assert page.locator("#place-map .here").bounding_box()["x"] == pytest.approx(box["x"] + box["width"] / 2, abs=12)
    accessible(page)
    at = page.locator("#place-map").evaluate(
        "(box, at) => { const p = box.map.project(at), b = box.getBoundingClientRect(); return [p.x + b.left, p.y + b.top]; }",
        [other.location.x, other.location.y],
    )
    page.mouse.click(*at)
    page.wait_for_url(f"**/{other.code}/")


def test_the_pages_of_the_desk_are_named_in_one_line_and_the_account_behind_the_name(sign_in, site, accessible):
    page = sign_in
    page.goto(f"{site}{reverse('staff-home')}")
    heights = {round(link.bounding_box()["y"]) for link in page.locator(".top nav a").all()}
    assert len(heights) == 1 and page.locator(".top nav").evaluate("(nav) => nav.scrollWidth <= nav.clientWidth")
    page.locator(".who summary").click()
    accessible(page)
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{site}{reverse('weekly')}")
    assert page.locator(".top").evaluate("(top) => top.offsetHeight") <= 110 + page.locator(".invented").count() * 30
    page.locator(".who summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url(f"{site}/")


def test_the_place_is_corrected_on_the_map_with_the_keyboard(sign_in, site, case, accessible):
    page, found = sign_in, case()
    page.goto(f"{site}{reverse('case', args=[found.code])}")
    page.click("#do-move summary")
    page.wait_for_selector("#point-map[data-idle]")
    accessible(page)
    page.locator("#point-map canvas").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    assert page.input_value("#point").startswith("16.055")
    page.click("text=Chuyển đến đó")
    page.wait_for_selector("text=Vừa làm: sửa vị trí")
    moved = Case.objects.get(pk=found.pk)
    assert moved.location.x > found.location.x and moved.events.get().kind == "moved"


def test_a_call_is_entered_while_open_cases_around_appear(sign_in, site, case, report, two_areas, accessible, picture):
    page, near = sign_in, case(lon=108.2052)
    report(near)
    Place.objects.create(kind="market", code="m1", name="Chợ Hàn", search="cho han", location="SRID=4326;POINT(108.205 16.055)", area=two_areas[0])
    page.goto(f"{site}{reverse('entry')}", wait_until="networkidle")
    page.type("#where", "cho han")
    page.check("#around input[value='place:m1']")
    page.check(f"#around input[value='{near.code}']")
    page.fill("#description", "Rác chất đống sau chợ")
    page.fill("#external_ref", "1022-8841")
    accessible(page)
    picture(page, "desk-entry")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.click("text=Nhập phản ánh")
    page.wait_for_selector(".read-out")
    sent = Report.objects.get(external_ref="1022-8841")
    assert sent.same_case == near
    grouping.process([sent.pk])
    page.wait_for_selector(f"#taken a:has-text('{near.code}')")
    accessible(page)
    picture(page, "desk-entry-taken")
    page.goto(f"{site}{reverse('entry-list')}", wait_until="networkidle")
    accessible(page)
    picture(page, "desk-entry-list")


def test_without_a_script_a_reason_is_previewed_and_told(browser, site, case, report, member):
    found = case()
    report(found)
    template = ReplyTemplate.objects.create(verb="refuse", name="Đất riêng", text="Chỗ này thuộc đất của gia đình.")
    context = browser.new_context(java_script_enabled=False, locale="vi-VN", service_workers="block")
    client = Client()
    client.force_login(member("dispatcher"), backend="django.contrib.auth.backends.ModelBackend")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": site}])
    page = context.new_page()
    page.goto(f"{site}{reverse('case', args=[found.code])}")
    page.click("#do-refuse summary")
    page.select_option("#refuse-template", str(template.pk))
    page.click("#do-refuse button[name=preview]")
    assert "Chỗ này thuộc đất của gia đình." in page.inner_text("#refuse-preview")
    page.click("#do-refuse button[value=refuse][name=verb]")
    found.refresh_from_db()
    assert (found.status, found.events.get().reason) == ("refused", template.text)
    context.close()
