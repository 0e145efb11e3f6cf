"""The help pages in a real browser: accessible, in both languages, read on a phone and at a desk."""

import pytest
from django.core.management import call_command

from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = {"quyen-rieng-tu": "privacy", "phan-loai": "sorting", "tro-giup": "help", "tro-nang": "accessibility", "gioi-thieu": "about"}


@pytest.fixture(autouse=True)
def _city():
    call_command("load_city", verbosity=0)


@pytest.mark.parametrize("word", PAGES)
def test_a_help_page_is_accessible_and_asks_nobody_else(word, page, site, watched, accessible, picture):
    watched(page)
    page.goto(f"{site}/{word}/")
    accessible(page)
    picture(page, PAGES[word])
    page.set_viewport_size({"width": 360, "height": 2400})
    page.screenshot(path=f".local/screenshots/{PAGES[word]}-whole.png", full_page=True)
    page.get_by_role("link", name="English").click()
    page.wait_for_url(f"**/en/{PAGES[word]}/")
    accessible(page)


def test_the_contents_of_the_help_lead_to_their_place_with_the_keyboard(page, site, watched):
    watched(page)
    page.goto(f"{site}/tro-giup/")
    page.get_by_role("link", name="Trong Zalo, Facebook, Messenger").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#apps")
    wait_until(page, "document.querySelector('#apps').getBoundingClientRect().top < 400")  # it may glide there


def test_people_within_a_notice_are_greeted_at_home(page, site, watched, picture):
    from reports.models import Area
    from reports.notices import Words, open_notice

    area = Area.objects.units().first()
    open_notice(None, area.polygon, Words("Sau bão: đang dọn", "After the storm: being cleaned", "Xin đừng chất thêm rác."), joins=False)
    watched(page)
    page.goto(site)
    assert page.get_by_text("Sau bão: đang dọn").is_visible()
    page.goto(f"{site}/en/")
    assert page.get_by_text("After the storm: being cleaned").is_visible()
