"""kill -9 of the real web server while a phone sends: what it kept arrives, once."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.browser.phone import Phone
from tests.reliability.running_site import running_site

PORT = 8766


def _jpeg(seed: int) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((900, 900), 40 + seed).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.slow
def test_reports_sent_while_the_server_is_killed_arrive_once_with_their_photos(browser, browser_context_args):
    with running_site(PORT, city="danang") as site:
        context = browser.new_context(**browser_context_args)
        phone = Phone(context.new_page(), site.url, "/cho-gui/")
        names = []
        for round_ in range(3):
            for seed in range(2):
                names.append(phone.put([_jpeg(round_ * 2 + seed)], location={"type": "Point", "coordinates": [108.22 + 0.002 * len(names), 16.06]}))
            site.end("web")
            names.append(phone.put(description="lúc máy chủ đã tắt"))
            phone.tried()
            site.start("web")
            phone.page.evaluate("void kept.sendAll()")
        for _ in range(60):
            if not phone.list():
                break
            phone.page.evaluate("kept.sendAll()")
            phone.page.wait_for_timeout(500)
        assert phone.list() == []
        stored = site.query("SELECT uuid::text, (SELECT count(*) FROM reports_photo p WHERE p.report_id = r.id) FROM reports_report r")
        assert sorted(uuid for uuid, _photos in stored) == sorted(names)
        assert sum(photos for _uuid, photos in stored) == 6
        assert len(phone.mine()) == len(names)
        context.close()
