"""A resident's way from the first page to the receipt, tap by tap, as a browser test and the benchmark both go it."""

from __future__ import annotations

import re
import time
from pathlib import Path

from tests.waiting import wait_until


class Thumb:
    """Taps on a page, and counts them."""

    def __init__(self, page) -> None:
        self.page, self.taps = page, 0

    def tap(self, what) -> None:
        self.taps += 1
        what.tap()


def send_a_report(page, base: str, photo: Path, patience_ms: float = 60_000) -> dict[str, float]:
    """Send one report with a photo taken on the spot; `base` is the site's address. Seconds, and the number of taps."""
    page.set_default_timeout(patience_ms)
    thumb = Thumb(page)
    page.goto(base + "/")
    thumb.tap(page.locator("a.go").first)
    page.wait_for_selector("form.panel[data-step=photo]")
    wait_until(page, "document.documentElement.classList.contains('scripted')")
    with page.expect_file_chooser() as chooser:
        thumb.tap(page.locator("label:has(input[name=photo_camera])"))
    began = time.monotonic()
    chooser.value.set_files(photo)
    place = page.locator("form.panel[data-step=place]")
    place.locator("button.go[name=next]").wait_for(state="visible")
    wait_until(page, "document.querySelector('#place-error').textContent.trim() !== ''")
    thumb.tap(place.locator("button.go[name=next]"))
    kind = page.locator("form.panel[data-step=kind]")
    thumb.tap(kind.locator(".tile").first)
    thumb.tap(kind.locator("button.go[name=next]"))
    wait_until(page, "document.querySelector('#sent-code')?.textContent.trim().length > 10 || /\\/p\\//.test(location.pathname)")
    code_at = time.monotonic()
    page.wait_for_url(re.compile(r"/p/[0-9A-Z]{10}/[\w-]+/"))
    page.locator("p.code").first.wait_for(state="visible")
    return {"photo_to_code_s": round(code_at - began, 1), "photo_to_sent_s": round(time.monotonic() - began, 1), "taps": thumb.taps}
