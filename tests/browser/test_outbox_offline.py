"""The service worker: pages open without a network, nothing secret is kept, and what waits is sent after the page was closed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = """async () => {
    const found = {};
    for (const name of await caches.keys()) found[name] = (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname);
    return found;
}"""


@pytest.fixture
def installed(browser, browser_context_args, wire, two_areas):
    """A page of the site in a browser whose service worker has taken over."""
    context = browser.new_context(**{**browser_context_args, "service_workers": "allow"})
    page = context.new_page()
    install(page, wire)
    yield page
    context.close()


def install(page, wire, path: str = "/") -> None:
    page.goto(wire.url + path)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    _until(page, "Boolean(navigator.serviceWorker.controller)")


def _until(page, question: str) -> None:
    for _ in range(600):
        if page.evaluate(question):
            return
        page.wait_for_timeout(50)
    raise AssertionError(question)


@pytest.mark.parametrize("path", ["/bao/", "/bao/?fbclid=1", "/cho-gui/", "/en/report/"])
def test_a_page_of_the_shell_opens_without_a_network_with_its_style_and_script(path, installed, wire):
    complaints = []
    installed.on("pageerror", lambda error: complaints.append(str(error)))
    installed.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    wire.cut()
    installed.goto(wire.url + path)
    expect(installed.locator("h1:visible").first).to_be_visible()
    assert installed.evaluate("getComputedStyle(document.querySelector('.bar, .go')).display") != "inline", "the style is there"
    assert "đang không có mạng" not in installed.inner_text("body").lower()
    assert complaints == []


def test_a_page_that_is_not_kept_leads_to_the_report_page(installed, wire, accessible, picture):
    wire.cut()
    installed.goto(wire.url + "/so-lieu/")
    expect(installed.get_by_role("heading", name="Hiện không có mạng")).to_be_visible()
    accessible(installed)
    picture(installed, "offline")
    installed.get_by_role("link", name="Báo rác").click()
    expect(installed).to_have_url(re.compile("/bao/"))
    expect(installed.locator("h1:visible").first).to_be_visible()


def test_the_offline_page_speaks_the_language_of_the_address(installed, wire):
    wire.cut()
    installed.goto(wire.url + "/en/figures/")
    expect(installed.get_by_role("heading", name="No network at the moment")).to_be_visible()


def test_two_reports_written_without_a_network_have_two_ids(installed, wire):
    wire.cut()
    found = set()
    for _ in range(2):
        installed.goto(wire.url + "/bao/")
        found.update(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", installed.content()))
    assert len(found) == 2


def test_a_page_that_was_asked_for_with_a_query_is_not_kept_as_the_page_itself(installed, wire):
    installed.goto(wire.url + "/bao/?place=%3Cb%3E", wait_until="networkidle")
    kept = installed.evaluate("caches.match('/bao/', {ignoreVary: true}).then((kept) => kept.url)")
    assert kept == wire.url + "/bao/"


def test_nothing_secret_and_no_answer_of_the_api_is_kept(installed, wire, report, member):
    from reports.codes import secret_token

    sent = report()
    secret = f"/p/{sent.code}/{secret_token(sent.uuid)}/"
    for path in (secret, f"/p/{sent.code}/", "/api/v1/waste-types/", "/?code=" + sent.code, "/bao/", "/ban-do/", "/staff/", "/noi-bo/"):
        installed.goto(wire.url + path, wait_until="commit")
    installed.goto(wire.url + "/cua-toi/", wait_until="networkidle")
    (kept,) = installed.evaluate(KEPT).values()
    pages = {path for path in kept if not path.startswith("/static/")}
    assert pages == {"/", "/en/", "/bao/", "/en/report/", "/cho-gui/", "/en/waiting/", "/khong-mang/", "/en/offline/", "/cua-toi/"}


def test_a_secret_page_without_a_network_shows_the_offline_page_and_not_the_report(installed, wire, report):
    from reports.codes import secret_token

    sent = report(description="chuyện riêng")
    address = f"{wire.url}/p/{sent.code}/{secret_token(sent.uuid)}/"
    installed.goto(address)
    wire.cut()
    installed.goto(address)
    expect(installed.get_by_role("heading", name="Hiện không có mạng")).to_be_visible()
    assert "chuyện riêng" not in installed.content()


def test_with_a_network_the_page_comes_from_the_server(installed, wire):
    before = wire.count("GET /bao/")
    installed.goto(wire.url + "/bao/")
    assert wire.count("GET /bao/") == before + 1


def test_a_network_that_does_not_answer_is_not_waited_for(installed, wire):
    wire.mute()
    installed.goto(wire.url + "/bao/")
    expect(installed.locator("h1:visible").first).to_be_visible()


def test_a_new_version_replaces_the_old_one_and_leaves_nothing_of_it(installed, wire, monkeypatch):
    (old,) = installed.evaluate(KEPT)
    monkeypatch.setattr("reports.pages.mine.shell_version", lambda: "another")
    installed.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    for _ in range(600):
        if list(installed.evaluate(KEPT)) == ["shell-another"]:
            break
        installed.wait_for_timeout(50)
    assert list(installed.evaluate(KEPT)) == ["shell-another"] and old != "shell-another"
    wire.cut()
    installed.goto(wire.url + "/bao/")
    expect(installed.locator("h1:visible").first).to_be_visible()


def test_a_new_version_waits_while_somebody_writes(installed, wire, monkeypatch):
    installed.goto(wire.url + "/bao/")
    monkeypatch.setattr("reports.pages.mine.shell_version", lambda: "another")
    installed.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
    _until(installed, "navigator.serviceWorker.getRegistration().then((found) => found.waiting?.state === 'installed')")
    assert len(installed.evaluate(KEPT)) == 2


def test_what_waits_is_sent_in_the_background_after_the_page_was_closed(installed, wire):
    from reports.models import Report

    context = installed.context
    phone = Phone(installed, wire.url)
    wire.cut()
    phone.put([b"\xff\xd8 no photo, but text goes first"])
    phone.tried()
    browser = context.browser.new_browser_cdp_session()
    workers = [target for target in browser.send("Target.getTargets")["targetInfos"] if target["type"] == "service_worker"]
    assert workers
    other = context.new_page()  # a page of nobody: the sync event is sent through the tools of the browser
    session = context.new_cdp_session(other)
    registrations = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    other.wait_for_timeout(500)
    installed.close()
    wire.mend()
    (registration,) = [one for one in registrations if one["scopeURL"].startswith(wire.url)]
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": wire.url, "registrationId": registration["registrationId"], "tag": "outbox", "lastChance": False},
    )
    for _ in range(300):
        if Report.objects.exists():
            break
        other.wait_for_timeout(100)
    assert Report.objects.count() == 1


def test_everything_works_where_service_workers_are_refused(page, wire, two_areas):
    phone = Phone(page, wire.url, "/cho-gui/")  # the tests' browsers refuse them unless asked
    phone.put()
    phone.emptied()
    assert page.evaluate("navigator.serviceWorker?.controller ?? null") is None
