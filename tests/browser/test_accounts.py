"""Signing in with the second step, the own account, today, keys and the administration, in a real browser."""

from __future__ import annotations

import re
from base64 import b32decode
from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point
from django.urls import reverse
from django.utils import timezone, translation
from django_otp.oath import totp
from playwright.sync_api import expect

from citylab.models import Team
from reports.models import Body, Deadline, Place

pytestmark = pytest.mark.django_db(transaction=True)

DESK = {"width": 1280, "height": 800}
PASSWORD = "a long password"
POLICY = "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber))"


def address(name: str, *args: object) -> str:
    with translation.override("vi"):
        return reverse(name, args=args)


@pytest.fixture
def desk(page, watched):
    page.set_viewport_size(DESK)
    page.add_init_script(POLICY)
    return watched(page)


@pytest.fixture
def sign_in(desk, site):
    def go(person) -> None:
        desk.goto(site + address("sign-in"))
        desk.fill("#id_username", person.username)
        desk.fill("#id_password", PASSWORD)
        desk.get_by_role("button", name="Đăng nhập").click()

    return go


def test_a_member_sets_the_second_step_up_and_signs_in_with_it(desk, site, sign_in, member, accessible, picture):
    person = member("administrator", "mai", first_name="Lê Thị Mai", email="mai@example.org")
    sign_in(person)
    desk.locator(".who summary").click()
    desk.get_by_role("link", name="Tài khoản").click()
    accessible(desk)
    picture(desk, "account")
    desk.get_by_role("link", name="Thiết lập").click()
    accessible(desk)
    picture(desk, "second-step-setup")
    secret = desk.locator("code").inner_text().replace(" ", "")
    key = b32decode(secret + "=" * (-len(secret) % 8))
    desk.fill("#new_code", f"{totp(key):06d}")
    desk.get_by_role("button", name="Thiết lập").click()
    expect(desk.get_by_role("heading", name="Mã khôi phục")).to_be_visible()
    accessible(desk)
    picture(desk, "recovery-codes")
    codes = desk.locator(".recovery code").all_inner_texts()
    assert len(codes) == 10 and all(re.fullmatch("[0-9A-Z]{5}-[0-9A-Z]{5}", code) for code in codes)
    desk.locator(".who summary").click()
    desk.get_by_role("button", name="Đăng xuất").click()
    sign_in(person)
    expect(desk.get_by_role("heading", name="Mã trên điện thoại")).to_be_visible()
    accessible(desk)
    picture(desk, "second-step")
    desk.fill("#code", "000000")
    desk.get_by_role("button", name="Đăng nhập").click()
    expect(desk.get_by_role("alert")).to_contain_text("không đúng")
    desk.fill("#code", codes[0])
    desk.get_by_role("button", name="Đăng nhập").click()
    expect(desk.get_by_role("heading", name="Hôm nay")).to_be_visible()


def test_todays_numbers_open_their_rows(desk, site, sign_in, member, case, accessible, picture):
    now = timezone.now()
    for number in range(3):
        case(status="confirmed", at=now - timedelta(days=6 + number), due_at=now - timedelta(days=number + 1))
    case(status="confirmed", at=now - timedelta(days=2), due_at=now + timedelta(hours=5))
    case(status="on_hold", at=now - timedelta(days=9), waits_since=now - timedelta(days=4))
    case(at=now - timedelta(hours=7))
    sign_in(member("dispatcher", "mai", first_name="Lê Thị Mai"))
    expect(desk.locator("#overdue")).to_contain_text("lâu nhất 3 ngày")
    accessible(desk)
    picture(desk, "today")
    for name, count in (("overdue", 3), ("due_soon", 1), ("new", 1), ("on_hold", 1), ("reopened", 0), ("to_verify", 0)):
        desk.goto(site + address("staff-home"))
        expect(desk.locator(f"#{name} b")).to_have_text(str(count))
        desk.locator(f"#{name}").click()
        expect(desk.locator("tbody tr")).to_have_count(count)


def test_a_key_is_made_and_revoked(desk, site, sign_in, member, accessible, picture):
    sign_in(member("administrator", "mai", first_name="Lê Thị Mai"))
    desk.goto(site + address("api-keys"))
    desk.fill("#name", "Đại học Đà Nẵng, nghiên cứu rác biển")
    desk.get_by_role("button", name="Tạo khóa").click()
    expect(desk.get_by_role("status")).to_contain_text("clk_")
    accessible(desk)
    picture(desk, "api-keys")
    desk.get_by_role("button", name="Thu hồi").click()
    expect(desk.locator("tbody")).to_contain_text("thu hồi ngày")
    desk.goto(site + address("members"))
    accessible(desk)
    picture(desk, "members")


def test_the_administration_works_under_the_content_policy(desk, site, sign_in, member, two_areas, accessible, picture):
    person, lan = member("administrator", "mai", first_name="Lê Thị Mai"), member("officer", "lan", first_name="Trần Thị Lan")
    body = Body.objects.create(code="urenco", name="Công ty Môi trường Đô thị")
    Team.objects.create(name="Đội Sơn Trà", body=body)
    Place.objects.create(code="han", name="Chợ Hàn", kind="market", location=Point(108.224, 16.068, srid=4326))
    Deadline.objects.create(problem="burning", working_days=1)
    sign_in(person)
    pages = {
        "index": address("admin:index"), "members": address("admin:citylab_member_changelist"), "member": address("admin:citylab_member_change", lan.pk),
        "place": address("admin:reports_place_add"), "deadlines": address("admin:reports_deadline_changelist"), "areas": address("admin:reports_area_changelist"),
    }  # fmt: skip
    looked_at = desk.context.new_page()  # to read styles that import others, axe makes one of its own, which the policy stops
    for name, path in pages.items():
        desk.goto(site + path, wait_until="networkidle")
        looked_at.goto(site + path, wait_until="networkidle")
        accessible(looked_at)
        picture(looked_at, f"admin-{name}")
    desk.goto(site + pages["member"], wait_until="networkidle")
    desk.get_by_label("Ward East").check()
    desk.locator("input[name=_save], button[name=_save]").first.click()
    expect(desk.locator(".success")).to_be_visible()
    assert list(lan.areas.values_list("code", flat=True)) == ["E1"]
