"""A real browser on the real site: Debian's Chromium, pages in Vietnamese, nothing from any other host."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread
expect.set_options(timeout=30_000)  # a page must come to it; how soon is for `bin/bench` to say, on a machine that is not busy

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Pictures of every page, for a person to look at.
SCREENSHOTS = Path(os.environ.get("CITYLAB_SCREENSHOTS") or ROOT / ".local" / "screenshots")
PHONE = {"width": 360, "height": 780}
DESK = {"width": 1280, "height": 800}

FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs a browser: apt-get install chromium")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    return {**browser_type_launch_args, "executable_path": chromium, "args": flags}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    # Without a service worker, unless a test asks for one: a page controlled by one hides its requests from `route`.
    return {
        **browser_context_args, "locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh", "viewport": PHONE, "service_workers": "block",
    }  # fmt: skip


@pytest.fixture
def site(live_server, settings):
    """The address of the running site. Files are kept in the test's own folder."""
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def wire(live_server, settings):
    """The network in front of the site: `wire.url` is the address, `wire.cut()` and `wire.mend()` are the weather."""
    from urllib.parse import urlsplit

    from tests.browser.wire import Wire

    address = urlsplit(live_server.url)
    wire = Wire(address.hostname, address.port)
    settings.SITE_URL = wire.url
    yield wire
    wire.cut()


@pytest.fixture
def watched():
    """Makes a page tell what went wrong on it: `complaints = watched(page)`, checked when the test ends."""
    seen: list[str] = []

    def watch(page):
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("console", lambda message: seen.append(f"console: {message.text}") if _is_complaint(message) else None)
        page.on("request", lambda request: seen.append(f"foreign: {request.url}") if _is_foreign(request.url) else None)
        return page

    yield watch
    assert seen == []


def _is_complaint(message) -> bool:
    return message.type == "error" and "status of 4" not in message.text  # an answer 4xx is what some tests ask for


def _is_foreign(url: str) -> bool:
    return not url.startswith(("http://localhost", "http://127.0.0.1", "data:", "blob:"))


@pytest.fixture
def accessible():
    """Asks axe about a page: `accessible(page)` fails with what it found."""
    if not AXE.exists():
        pytest.skip("needs axe-core: npm ci")
    source = AXE.read_text()

    def check(page) -> None:
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(rule["id"], [node["target"] for node in rule["nodes"]][:5]) for rule in found] == []

    return check


@pytest.fixture
def picture():
    """Keeps a screenshot where a person can look at it: `picture(page, "home")`."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page, name: str) -> None:
        for size, label in ((PHONE, "phone"), (DESK, "desk")):
            page.set_viewport_size(size)
            page.screenshot(path=SCREENSHOTS / f"{name}-{label}.png")

    return take
