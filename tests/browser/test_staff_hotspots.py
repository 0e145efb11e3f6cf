"""The staff's map and list of hotspots on a small made-up city: one chosen cell in the map, the list and the address."""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)

WEEKS = 12


@pytest.fixture
def run(case, noon):
    """One pile after another at one corner in the last two weeks, one here and there elsewhere all the time."""
    from analytics.refresh import refresh

    chance = np.random.default_rng(4)
    for week in range(WEEKS):
        for _ in range(6):
            lon, lat = 108.2005 + 0.019 * chance.random(), 16.0505 + 0.009 * chance.random()
            case(lon=lon, lat=lat, at=noon - timedelta(weeks=week))
    for number in range(20):
        case(lon=108.2052 + 0.0001 * (number % 3), lat=16.0552, at=noon - timedelta(days=number % 10))
    refresh(noon.date() - timedelta(weeks=1))
    return refresh(noon.date())


@pytest.fixture
def sign_in(context, site, member):
    """A page of a signed-in member of a role on a screen of a desk: `sign_in("analyst")`."""
    from django.conf import settings
    from django.test import Client

    def open_page(role: str):
        client = Client()
        client.force_login(member(role, first_name="Lan"), backend="django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        return page

    return open_page


@pytest.fixture
def desk(sign_in):
    return sign_in("analyst")


def drawn(page):
    """Wait until the map has drawn everything it was told to."""
    expect(page.locator("#map[data-idle=true]")).to_be_attached(timeout=60_000)


def shown_cells(page) -> set[str]:
    return set(page.evaluate("window.map.queryRenderedFeatures({layers: ['heat']}).map(f => f.properties.cell)"))


def test_the_list_names_the_place_the_counts_and_the_q_value(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/")
    best = run.rows.filter(hot=True).order_by("-observed").first()
    first = desk.locator("#hotspots tbody tr").first
    expect(desk.locator("#hotspots tbody tr")).to_have_count(run.hot)
    expect(first.locator("td").nth(0)).to_contain_text("Ward West")
    expect(first.locator("td").nth(1)).to_have_text(str(best.observed))
    expect(first.locator("td").nth(4)).to_have_text("<0,0001")


def test_the_map_draws_every_tested_cell_that_has_a_row(desk, site, run, watched):
    from analytics.hotspot_view import cell_name

    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/#map=14.5/16.055/108.21")
    drawn(desk)
    rows = {cell_name(cell) for cell in run.rows.filter(cases__gt=0).values_list("cell", flat=True)}
    assert rows <= shown_cells(desk)


def test_a_row_that_is_clicked_is_chosen_on_the_map_and_in_the_address(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/")
    drawn(desk)
    desk.locator("#hotspots a.row").first.click()
    expect(desk.locator("#panel")).to_contain_text("dự kiến")
    cell = re.search(r"cell=(\w+)", desk.url)[1]
    assert desk.evaluate("window.map.getFilter('chosen')[2]") == cell
    expect(desk.locator("#hotspots tr.on")).to_have_attribute("data-cell", cell)
    desk.reload()
    expect(desk.locator("#panel h2")).to_contain_text("Ward West")


def click_on(page, lon: float, lat: float) -> None:
    at = page.evaluate(
        "([lon, lat]) => { const p = window.map.project([lon, lat]), b = window.map.getContainer().getBoundingClientRect();"
        " return [p.x + b.left, p.y + b.top]; }",
        [lon, lat],
    )
    page.mouse.click(*at)


def test_a_hexagon_that_is_clicked_is_chosen_in_the_list(desk, site, run, watched):
    from analytics.hotspot_view import cell_name

    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/#map=13.5/16.0552/108.2052")
    drawn(desk)
    click_on(desk, 108.2052, 16.0552)
    expect(desk.locator("#hotspots tr.on")).to_have_count(1)
    expect(desk.locator("#panel")).to_be_visible()
    cell = desk.locator("#hotspots tr.on").get_attribute("data-cell")
    assert cell in {cell_name(row.cell) for row in run.rows.filter(hot=True)}
    assert f"cell={cell}" in desk.url


def test_from_close_up_a_single_case_opens_with_a_click(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/#map=16/16.0552/108.2052")
    drawn(desk)
    click_on(desk, 108.2052, 16.0552)
    expect(desk).to_have_url(re.compile("/dieu-hanh/diem-rac/[0-9A-Z]{10}/"))


def test_everything_on_the_page_can_be_reached_with_the_keyboard(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/")
    drawn(desk)
    desk.locator("#hotspots a.row").first.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#panel")).to_be_visible()
    desk.locator("#close").focus()
    desk.keyboard.press("Escape")
    expect(desk.locator("#panel")).to_be_hidden()
    expect(desk.locator("#hotspots a.row").first).to_be_focused()
    assert "cell=" not in desk.url
    desk.locator("#map canvas").focus()
    before = desk.evaluate("window.map.getCenter().lng")
    desk.keyboard.press("ArrowRight")
    desk.wait_for_timeout(1500)
    assert desk.evaluate("window.map.getCenter().lng") > before


def test_the_week_picker_moves_by_one_week_and_the_address_follows(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/?order=ratio")
    desk.get_by_role("link", name="Tuần trước").click()
    expect(desk).to_have_url(re.compile(r"week=2026-W46&order=ratio"))
    expect(desk.locator(".weeks .now")).to_have_text("Tuần 46 (09–15/11/2026)")


def test_a_week_without_an_analysis_says_how_to_make_one(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/?week=2020-W10")
    expect(desk.get_by_text("refresh_hotspots --until 2020-W10")).to_be_visible()


def test_the_count_leads_to_exactly_the_cases_behind_it(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/")
    count = desk.locator("#hotspots tbody tr td:nth-child(2) a").first
    number = count.inner_text()
    count.click()
    expect(desk.locator("h1")).to_have_text(f"Điểm rác {number}")


def test_without_webgl_the_list_still_works_and_the_page_says_why(desk, site, run):
    desk.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    desk.goto(f"{site}/dieu-hanh/diem-nong/")
    expect(desk.get_by_text("Trình duyệt này không vẽ được bản đồ")).to_be_visible()
    desk.locator("#hotspots a.row").first.click()
    expect(desk.locator("#panel h2")).to_contain_text("Ward West")


def test_a_hotspot_has_a_page_that_says_why(desk, site, run, watched):
    watched(desk)
    desk.goto(f"{site}/dieu-hanh/diem-nong/?cell=")
    desk.locator("#hotspots a.row").first.click()
    desk.locator("#panel").get_by_role("link", name="Vì sao là điểm nóng?").click()
    expect(desk.get_by_text("Nếu rác rải đều trên các ô được thử")).to_be_visible()


def test_axe_finds_nothing_on_any_staff_page(desk, site, run, case, report, accessible, picture, watched):
    watched(desk)
    late = report(case()).case
    best = run.rows.filter(hot=True).order_by("-observed").first()
    from analytics.hotspot_view import cell_name

    staff = f"{site}/dieu-hanh"
    pages = {
        "today": f"{staff}/", "cases": f"{staff}/diem-rac/?status=open", "case": f"{staff}/diem-rac/{late.code}/",
        "hotspots": f"{staff}/diem-nong/?cell={cell_name(best.cell)}", "hotspot": f"{staff}/diem-nong/{run.pk}/{cell_name(best.cell)}/",
        "black-spots": f"{staff}/diem-den/", "weekly": f"{staff}/bao-cao/", "failed": f"{staff}/that-bai/",
    }  # fmt: skip
    for name, address in pages.items():
        desk.set_viewport_size({"width": 1280, "height": 800})
        desk.goto(address)
        if name == "hotspots":
            drawn(desk)
        accessible(desk)
        picture(desk, f"staff-{name}")


def test_axe_finds_nothing_on_the_sign_in_page(page, site, db, accessible, picture, watched):
    watched(page)
    page.goto(f"{site}/dieu-hanh/")
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    accessible(page)
    picture(page, "staff-sign-in")


def test_axe_finds_nothing_on_the_administrator_s_pages(sign_in, site, run, noon, accessible, picture, watched):
    from analytics.weekly.freeze import freeze

    edition = freeze(noon.date() - timedelta(weeks=1))
    desk = watched(sign_in("administrator"))
    staff = f"{site}/dieu-hanh"
    for name, address in {"members": f"{staff}/thanh-vien/", "edition": f"{staff}/bao-cao/2026-W46/{edition.edition}/"}.items():
        desk.set_viewport_size({"width": 1280, "height": 800})
        desk.goto(address)
        accessible(desk)
        picture(desk, f"staff-{name}")


def test_an_invitation_sets_a_password_and_opens_the_desk(page, site, member, accessible, picture, watched):
    from citylab.accounts import make_link

    watched(page)
    page.goto(make_link(member("officer", username="an", first_name="An")))
    accessible(page)
    picture(page, "staff-set-password")
    for field in page.locator("input[type=password]").all():
        field.fill("biển xanh cát trắng")
    page.get_by_role("button", name="Lưu và bắt đầu").click()
    expect(page.get_by_role("heading", name="Hôm nay")).to_be_visible()
    page.goto(f"{site}/dieu-hanh/")
    page.locator(".who summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page).to_have_url(f"{site}/")
