"""kill -9 of the real web server: what the phone kept arrives, once; the report page still opens meanwhile."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.phone import Phone
from tests.reliability.running_site import running_site

PORT = 18433

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def real_site():
    """All processes of the site on a database of their own, with files named by their digests as in production."""
    with running_site(PORT, city="danang") as site:
        yield site


@pytest.fixture
def phone(browser, browser_context_args, real_site):
    context = browser.new_context(**{**browser_context_args, "service_workers": "allow"})
    yield Phone(context.new_page(), real_site.url, "/cho-gui/")
    context.close()


def _jpeg(seed: int) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((900, 900), 40 + seed).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def test_reports_sent_while_the_server_is_killed_arrive_once_with_their_photos(phone, real_site):
    names = []
    for round_ in range(3):
        for seed in range(2):
            place = {"type": "Point", "coordinates": [108.22 + 0.002 * len(names), 16.06]}
            names.append(phone.put([_jpeg(round_ * 2 + seed)], location=place))
        real_site.end("web")
        names.append(phone.put(description="lúc máy chủ đã tắt"))
        phone.tried()
        real_site.start("web")
        phone.page.evaluate("void kept.sendAll()")
    for _ in range(120):
        if not phone.list():
            break
        phone.page.evaluate("kept.sendAll()")
        phone.page.wait_for_timeout(500)
    assert phone.list() == []
    stored = real_site.query("SELECT uuid::text, (SELECT count(*) FROM reports_photo p WHERE p.report_id = r.id) FROM reports_report r")
    assert sorted(uuid for uuid, _photos in stored) == sorted(names)
    assert sum(photos for _uuid, photos in stored) == 6
    assert len(phone.mine()) == len(names)


def test_the_report_page_opens_with_its_style_and_script_while_the_server_is_down(phone, real_site):
    page = phone.page
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    real_site.end("web")
    try:
        failed = []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.goto(real_site.url + "/bao/")
        expect(page.locator("h1:visible").first).to_be_visible()
        named = page.locator("link[rel=stylesheet], script[src]").evaluate_all("(all) => all.map((one) => one.href ?? one.src)")
        assert named and all(re.search(r"\.[0-9a-f]{12}\.(css|js)$", name) for name in named)
        assert [name for name in failed if name in named] == []
        expect(page.locator("html.scripted")).to_be_attached()  # its script runs
    finally:
        real_site.start("web")
