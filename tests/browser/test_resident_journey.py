"""A resident reports on one phone and comes back: what the city knows of the phone, and the pages for what went astray."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.report_phone import city, photo, standing_at, take, to_kind  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("city")]

SMALL = """() => [...document.querySelectorAll('a, button, select, input:not([type=hidden]), textarea')]
    .filter(e => e.offsetParent && !e.closest('.skip') && !e.matches('.skip'))
    .map(e => (e.closest('label') ?? e)).filter(e => e.getBoundingClientRect().height < 43.5 || e.getBoundingClientRect().width < 43.5)
    .map(e => e.outerHTML.slice(0, 80))"""


def test_two_reports_of_one_phone_are_known_as_one_reporters_by_a_hash_alone(page, site, photo, watched):  # noqa: F811
    from reports.models import Report

    watched(page)
    standing_at(page)
    for _number in range(2):
        page.goto(f"{site}/bao/")
        to_kind(page, photo)
        page.get_by_role("button", name="Gửi", exact=True).click()
        page.wait_for_url("**/p/**")
    first, second = Report.objects.values_list("reporter", flat=True)
    assert first is not None and bytes(first) == bytes(second)
    kept = page.evaluate("Object.values(localStorage)")
    assert kept and not any(value in str(list(Report.objects.values())) for value in kept if len(value) > 8)


@pytest.fixture
def astray(site):
    """Pages that nobody sets out for, by name."""
    return {
        "home-unknown-code": f"{site}/?code=7K4QX29MWB", "unknown-code": f"{site}/p/0000000000/", "not-found": f"{site}/khong-co/",
        "expired": f"{site}/bao/00000000-0000-4000-8000-000000000000/gui/",
    }  # fmt: skip


def test_pages_for_what_went_astray_help_and_are_as_good_as_the_others(page, astray, accessible, picture, watched):
    watched(page)
    for name, address in astray.items():
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        accessible(page)
        picture(page, f"resident-{name}")
        for width in (320, 360):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(SMALL) == [], name
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
