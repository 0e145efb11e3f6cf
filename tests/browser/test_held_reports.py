"""The staff find what is held, read why, and release it."""

from uuid import uuid4

import pytest
from django.test import Client

from reports.grouping.steps import group_pending
from reports.intake import Submission, submit_report
from reports.models import Report

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_held_is_found_read_and_released(page, site, member, two_areas, watched, accessible, picture, settings):
    settings.FLOOD_DEVICE_HOUR = 2
    for number in range(5):
        place = (108.205 + 0.00001 * number, 16.055)
        submit_report(Submission(uuid=uuid4(), channel="web", location=place, description="Túi ni lông dạt vào bờ", device="one phone"))
    group_pending()
    client = Client()
    client.force_login(member("dispatcher", first_name="Lan"), backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    watched(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{site}/dieu-hanh/")
    page.get_by_role("link", name="giữ lại để xem").click()
    accessible(page)
    picture(page, "staff-held-list")
    page.locator("table a.row").first.click()
    assert page.get_by_text("Điện thoại này gửi rất nhiều phản ánh").count() == 3
    accessible(page)
    picture(page, "staff-held-case")
    page.get_by_role("button", name="Cho qua", exact=True).first.click()
    page.get_by_role("button", name="Cho qua cả 2 phản ánh đang giữ lại").click()
    page.wait_for_selector("text=Cho qua một phản ánh đã giữ lại")
    assert not Report.objects.exclude(held="").exists()
