"""What waits on the phone is sent, once, whatever the network does; nothing that was kept is lost."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)

POST = "POST /api/v1/reports/"
PUT = "PUT /api/v1/reports/"
DAY_MS = 86_400_000


def jpeg(seed: int = 0, side: int = 320) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 40 + seed).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def phone(page, wire, two_areas):
    return Phone(page, wire.url)


def stored():
    from reports.models import Report

    return list(Report.objects.order_by("received_at"))


def positions(report) -> list[int]:
    return sorted(report.photos.values_list("position", flat=True))


# --- the code ---------------------------------------------------------------------------------
def test_the_phone_makes_the_same_codes_as_the_server(phone):
    vectors = json.loads((Path(__file__).parents[1] / "reports" / "code_vectors.json").read_text())["vectors"]
    for vector in vectors:
        code = phone.page.evaluate("(uuid) => kept.codeOf(uuid)", vector["uuid"])
        assert (code, phone.page.evaluate("(code) => kept.grouped(code, 'DN')", code)) == (vector["code"], vector["grouped"])


# --- the happy way ------------------------------------------------------------------------------
def test_a_report_is_sent_at_once_its_photos_after_it_and_the_receipt_is_kept(phone, wire):
    from reports.codes import secret_token

    name = phone.put([jpeg(1), jpeg(2)])
    phone.emptied()
    (report,) = stored()
    assert (str(report.uuid), report.photos_expected, positions(report)) == (name, 2, [1, 2])
    asked = [line for line in wire.asked if line.startswith(("POST", "PUT"))]
    assert asked == [POST, f"{PUT}{name}/photos/1", f"{PUT}{name}/photos/2"]
    (mine,) = phone.mine()
    assert mine["secret_url"] == f"{wire.url}/p/{report.code}/{secret_token(report.uuid)}/"
    assert mine["words"] == "Gần bãi biển Mỹ Khê"


def test_the_page_hears_each_step(phone):
    phone.put([jpeg()])
    phone.emptied()
    phone.wait("heard.at(-1).state === 'sent' && heard.at(-1).left === 0")
    steps = [(one["state"], one["left"]) for one in phone.page.evaluate("heard")]
    assert steps[:3] == [("waiting", 1), ("sending", 1), ("sent", 1)]


def test_text_goes_before_any_photo_when_several_reports_wait(phone, wire):
    wire.cut()
    for seed in (1, 2):
        phone.put([jpeg(seed)])
    phone.tried()
    wire.mend()
    phone.page.evaluate("kept.sendAll()")
    phone.emptied()
    kinds = [line.split(" ")[0] for line in wire.asked if line.startswith(("POST", "PUT"))]
    assert kinds == ["POST", "POST", "PUT", "PUT"]


# --- no network -----------------------------------------------------------------------------------
BACK = {
    "the network is back": "dispatchEvent(new Event('online'))",
    "the page is shown again": "document.dispatchEvent(new Event('visibilitychange'))",
    "the page comes out of the cache": "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))",
    "somebody taps": "void kept.sendAll()",
}


@pytest.mark.parametrize("event", BACK)
def test_what_could_not_be_sent_is_sent_when(event, page, wire, two_areas):
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # no timer helps
    phone = Phone(page, wire.url)
    wire.cut()
    phone.put([jpeg()])
    assert phone.tried()["trouble"] == "offline"
    assert stored() == []
    wire.mend()
    phone.page.evaluate(BACK[event])
    phone.emptied()
    assert [positions(report) for report in stored()] == [[1]]


def test_what_could_not_be_sent_is_sent_by_the_timer(page, wire, two_areas):
    page.clock.install()
    phone = Phone(page, wire.url)
    wire.cut()
    phone.put()
    phone.tried(1)
    page.clock.fast_forward(10_000)
    phone.tried(2)
    wire.mend()
    page.clock.fast_forward(20_000)
    phone.emptied()
    assert len(stored()) == 1


def test_what_could_not_be_sent_is_sent_when_the_page_is_opened_again(phone, wire):
    wire.cut()
    phone.put([jpeg()])
    phone.tried()
    wire.mend()
    phone.open()
    phone.emptied()
    assert [positions(report) for report in stored()] == [[1]]


def test_the_pauses_grow_and_the_phone_says_what_is_wrong(page, wire, two_areas):
    page.clock.install()
    phone = Phone(page, wire.url, "/cho-gui/")
    page.clock.pause_at(datetime.now() + timedelta(hours=1))  # its time passes when the test says so, not while a busy machine is slow
    wire.cut()
    phone.put()
    pauses = []
    for tries in range(1, 6):
        item = phone.tried(tries)
        pauses.append(item["next"] - page.evaluate("Date.now()"))
        page.clock.fast_forward(pauses[-1] + 1500)
    assert item["message"] == "Chưa có mạng."
    assert pauses[-1] > 4 * pauses[0] and max(pauses) <= 375_000


def test_a_day_without_network_loses_nothing(page, wire, two_areas):
    page.clock.install()
    phone = Phone(page, wire.url)
    wire.cut()
    name = phone.put([jpeg()])
    phone.tried()
    page.clock.fast_forward(DAY_MS)
    assert [item["uuid"] for item in phone.list()] == [name]
    wire.mend()
    page.evaluate(BACK["the network is back"])
    phone.emptied()
    assert [positions(report) for report in stored()] == [[1]]


@pytest.mark.parametrize("step", ["text", "first photo", "second photo"])
def test_the_network_may_go_at_any_step(step, phone, wire):
    begin = {"text": POST, "first photo": PUT, "second photo": PUT}[step]
    went = {"n": 0}

    def cut(route):
        went["n"] += 1
        if step == "second photo" and went["n"] == 1:
            return route.continue_()
        wire.cut()
        route.abort("internetdisconnected")

    pattern = re.compile(r"/api/v1/reports/$" if begin == POST else r"/photos/")
    phone.page.route(pattern, cut)
    name = phone.put([jpeg(1), jpeg(2)])
    phone.tried()
    phone.page.unroute(pattern)
    wire.mend()
    phone.open()
    phone.emptied()
    (report,) = stored()
    assert (str(report.uuid), positions(report)) == (name, [1, 2])


# --- the answer is lost, the server has it ------------------------------------------------------------
@pytest.mark.parametrize("request_", [POST, PUT])
def test_a_report_whose_answer_was_lost_is_there_once(request_, phone, wire):
    wire.lose_answers_to(request_)
    name = phone.put([jpeg()])
    phone.tried()
    assert len(stored()) == 1, "the server has it"
    wire.mend()
    phone.page.evaluate("kept.sendAll()")
    phone.emptied()
    (report,) = stored()
    assert (str(report.uuid), positions(report)) == (name, [1])
    assert [row["code"] for row in phone.mine()] == [report.code]


def test_the_same_bytes_are_sent_however_often(phone, wire):
    wire.lose_answers_to(POST)
    name = phone.put(description="“túi” ni lông, 3 €")
    phone.tried()
    wire.mend()
    phone.page.evaluate("kept.sendAll()")
    phone.emptied()
    bodies = re.findall(rb'\{"id":"' + name.encode() + rb'".*?\}(?=POST|GET|PUT|$)', wire.sent, re.S)
    assert len(bodies) == 2 and bodies[0] == bodies[1]


def test_silence_is_a_failure_after_half_a_minute(page, wire, two_areas):
    page.clock.install()
    phone = Phone(page, wire.url)
    wire.mute()
    phone.put()
    phone.heard("sending")
    page.clock.fast_forward(31_000)
    assert phone.tried()["trouble"] == "timeout"
    wire.mend()
    page.evaluate(BACK["the network is back"])
    phone.emptied()
    assert len(stored()) == 1


# --- two tabs, reload, crash ----------------------------------------------------------------------------
@pytest.mark.parametrize("locks", [True, False], ids=["with locks", "with a lease"])
def test_two_tabs_send_once(locks, context, wire, two_areas):
    if not locks:
        context.add_init_script("delete Navigator.prototype.locks")
    one, two = (Phone(context.new_page(), wire.url) for _ in range(2))
    assert one.page.evaluate("Boolean(navigator.locks)") is locks
    wire.cut()
    one.put([jpeg()])
    one.tried()
    wire.mend()
    before = wire.count(POST)
    for phone in (one, two):
        phone.page.evaluate("void kept.sendAll()")
    one.emptied()
    two.emptied()
    assert (wire.count(POST) - before, wire.count(PUT)) == (1, 1)
    assert [positions(report) for report in stored()] == [[1]]


def test_a_tab_hears_what_another_tab_sends(context, wire, two_areas):
    one, two = (Phone(context.new_page(), wire.url) for _ in range(2))
    one.put()
    two.heard("sent")


def test_a_reload_in_the_middle_loses_nothing_and_doubles_nothing(phone, wire):
    wire.lose_answers_to(PUT)
    phone.put([jpeg(1), jpeg(2)])
    phone.wait("heard.some((detail) => detail.state === 'sent')")
    phone.open()
    wire.mend()
    phone.page.evaluate("kept.sendAll()")
    phone.emptied()
    assert [positions(report) for report in stored()] == [[1, 2]]


def test_a_lease_of_a_tab_that_died_is_taken_over(context, wire, two_areas):
    context.add_init_script("delete Navigator.prototype.locks")
    phone = Phone(context.new_page(), wire.url)
    phone.page.evaluate(
        """() => new Promise((done) => { const asked = indexedDB.open("citylab");
            asked.onsuccess = () => { const going = asked.result.transaction("lease", "readwrite");
            going.objectStore("lease").put({by: 0.5, until: Date.now() + 1500}, "outbox"); going.oncomplete = done; } })"""
    )
    phone.put()
    phone.emptied()
    assert len(stored()) == 1


def test_a_browser_that_is_killed_loses_nothing(playwright, browser_type_launch_args, browser_context_args, wire, two_areas, tmp_path):
    profile = tmp_path / "profile"

    def start():
        return playwright.chromium.launch_persistent_context(profile, **browser_type_launch_args, **browser_context_args)

    context = start()
    phone = Phone(context.new_page(), wire.url)
    phone.page.evaluate("kept.draft.save({id: 'half', description: 'đang viết'}, [new Blob(['ảnh'])])")
    wire.cut()
    name = phone.put([jpeg()])
    phone.tried()
    kill(profile)
    wire.mend()
    with pytest.raises(Exception):  # noqa: B017  the browser is gone
        phone.page.evaluate("1")

    context = start()
    phone = Phone(context.new_page(), wire.url)
    half = phone.page.evaluate("kept.draft.load().then(async ({fields, photos}) => [fields.description, await photos[0].text()])")
    assert half == ["đang viết", "ảnh"]
    phone.emptied()
    (report,) = stored()
    assert (str(report.uuid), positions(report)) == (name, [1])
    context.close()


def kill(profile: Path) -> None:
    """kill -9 of every process of the browser that has this profile."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
                if str(profile).encode() in command:
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                continue
    for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
        (profile / name).unlink(missing_ok=True)


# --- what the server says -----------------------------------------------------------------------------------
def test_a_report_with_the_id_of_another_one_shows_that_ones_receipt(phone, wire):
    name = str(uuid.uuid4())
    phone.put(id=name, description="một")
    phone.emptied()
    phone.put(id=name, description="hai")
    item = phone.until("taken")
    (report,) = stored()
    assert item["receipt"]["url"] == f"{wire.url}/p/{report.code}/"
    assert json.loads(item["body"])["description"] == "hai", "what was typed is still there"
    assert [row["code"] for row in phone.mine()] == [report.code]
    phone.page.evaluate("(uuid) => kept.sendAsNew(uuid)", name)
    phone.emptied()
    assert sorted(report.description for report in stored()) == ["hai", "một"]


def test_a_report_that_is_refused_stays_with_the_reason_and_can_be_corrected(phone):
    name = phone.put([jpeg()], location={"type": "Point", "coordinates": [0, 0]})
    item = phone.until("refused")
    assert item["message"] and item["errors"]["location"] == [item["message"]]
    assert phone.page.evaluate("(uuid) => kept.correct(uuid)", name) is True
    draft = phone.page.evaluate("kept.draft.load().then(({fields, photos}) => [fields.id, photos.length])")
    assert (draft, phone.list()) == ([name, 1], [])
    phone.put([jpeg()], id=name)
    phone.emptied()
    assert [str(report.uuid) for report in stored()] == [name]
    assert phone.page.evaluate("kept.draft.load()") is None, "the draft became the report"


def test_a_refused_report_is_not_sent_again_and_holds_up_no_other(phone, wire):
    phone.put(location={"type": "Point", "coordinates": [0, 0]})
    phone.until("refused")
    before = wire.count(POST)
    phone.put()
    phone.heard("sent")
    phone.page.evaluate("kept.sendAll()")
    assert (wire.count(POST) - before, len(stored())) == (1, 1)


def test_a_report_that_never_gets_an_answer_holds_up_no_other(phone):
    def cut(route):
        route.abort("internetdisconnected") if "một" in route.request.post_data else route.continue_()

    phone.page.route(re.compile(r"/api/v1/reports/$"), cut)
    phone.put(description="một")
    phone.tried()
    phone.put(description="hai")
    phone.heard("sent")
    assert [report.description for report in stored()] == ["hai"]


def test_a_half_written_report_is_not_thrown_away_by_opening_another(phone):
    name = phone.put(location={"type": "Point", "coordinates": [0, 0]})
    phone.until("refused")
    phone.page.evaluate("kept.draft.save({id: 'other'}, [])")
    assert phone.page.evaluate("(uuid) => kept.correct(uuid)", name) is False
    assert (len(phone.list()), phone.page.evaluate("kept.draft.load().then((draft) => draft.fields.id)")) == (1, "other")


def test_a_photo_that_is_refused_is_told_and_the_others_go_on(phone):
    phone.put([jpeg(1), b"no photo at all", jpeg(2)])
    item = phone.until("sent")
    (report,) = stored()
    assert positions(report) == [1, 3]
    assert [(file["name"], file["state"]) for file in item["files"]] == [("photos/2", "refused")]
    assert item["files"][0]["message"].startswith("Tệp này không phải là ảnh")
    phone.page.evaluate("(uuid) => kept.remove(uuid)", item["uuid"])
    assert phone.list() == []


PROBLEM = "application/problem+json"
LATER = {
    "busy": (503, "busy", {"Retry-After": "1"}, "<html>"),
    "too many": (429, "busy", {"Retry-After": "1"}, "{}"),
    "broken": (500, "server", {}, "<html>"),
    "no room": (507, "server", {}, '{"status": 507, "detail": "đầy"}'),
    "hotel wifi": (200, "stranger", {}, "<html>Đăng nhập wifi</html>"),
    "wall": (403, "stranger", {}, "<html>Forbidden</html>"),
    "wall in json": (403, "stranger", {}, '{"error": "forbidden"}'),
    "moved": (404, "stranger", {}, "<html>Not found</html>"),
    "another json": (200, "stranger", {}, '{"ok": true}'),
}


@pytest.mark.parametrize("answer", LATER)
def test_an_answer_that_says_nothing_about_the_report_is_no_answer(answer, phone):
    status, trouble, headers, body = LATER[answer]
    pattern = re.compile(r"/api/v1/reports/$")
    phone.page.route(pattern, lambda route: route.fulfill(status=status, headers=headers, body=body))
    phone.put()
    assert (phone.tried()["trouble"], phone.list()[0]["state"]) == (trouble, "waiting")
    phone.page.unroute(pattern)
    phone.page.evaluate("kept.sendAll()")
    phone.emptied()
    assert len(stored()) == 1


def test_a_busy_server_is_left_in_peace_for_as_long_as_it_says(phone):
    phone.page.route(re.compile(r"/api/v1/reports/$"), lambda route: route.fulfill(status=503, headers={"Retry-After": "600"}))
    phone.put()
    item = phone.tried()
    assert item["next"] - phone.page.evaluate("Date.now()") > 500_000
    phone.page.evaluate(BACK["the network is back"])
    phone.page.evaluate("kept.list()")
    assert phone.list()[0]["tries"] == 1


def test_a_report_that_the_server_lost_is_brought_back_with_its_photo(phone):
    from reports.models import Report

    pattern = re.compile(r"/photos/1$")
    phone.page.route(pattern, lambda route: route.abort())
    phone.put([jpeg()])
    phone.tried()
    Report.objects.all().delete()  # as after a backup was restored
    phone.page.unroute(pattern)
    phone.page.evaluate("kept.sendAll().then(() => kept.sendAll())")
    phone.emptied()
    assert [positions(report) for report in stored()] == [[1]]


@pytest.mark.parametrize("then", ["continue_", "abort"])
def test_a_report_that_is_deleted_while_it_is_sent_does_not_come_back(then, phone):
    held = []
    phone.page.route(re.compile(r"/photos/1$"), lambda route: held.append(route))
    name = phone.put([jpeg()])
    while not held:
        phone.page.wait_for_timeout(50)
    phone.page.evaluate("(uuid) => kept.remove(uuid)", name)
    getattr(held[0], then)()
    phone.page.evaluate("kept.sendAll()")  # waits for its turn
    assert phone.list() == []


# --- room on the phone -----------------------------------------------------------------------------------------
def test_a_browser_that_keeps_nothing_says_so(context, wire, two_areas):
    context.add_init_script("Object.defineProperty(self, 'indexedDB', {value: {open() { throw new DOMException('no', 'SecurityError') }}})")
    phone = Phone(context.new_page(), wire.url)
    assert phone.page.evaluate("kept.storageState()")["reason"] == "missing"
    assert phone.page.evaluate("kept.list()") == [] and phone.page.evaluate("kept.draft.load()") is None


def test_a_full_phone_says_so_before_the_photo_is_taken_and_what_does_not_fit_is_refused(phone, context, wire):
    session = context.new_cdp_session(phone.page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": wire.url, "quotaSize": 300_000})
    assert phone.page.evaluate("kept.storageState()")["reason"] == "full"
    wire.cut()
    with pytest.raises(Exception, match=r"QuotaExceeded|full"):
        phone.put([jpeg(side=1600)])
    assert phone.list() == []
    session.send("Storage.overrideQuotaForOrigin", {"origin": wire.url})
    assert phone.page.evaluate("kept.storageState()")["ok"] is True


def test_twenty_reports_are_kept_and_the_next_one_is_refused_before_its_photo(phone, wire):
    wire.cut()
    for _ in range(20):
        phone.put()
    assert phone.page.evaluate("kept.storageState()") == {"ok": False, "reason": "full", "free": 0}
    with pytest.raises(Exception, match="outbox is full"):
        phone.put()
    assert len(phone.list()) == 20


def test_a_crew_keeps_the_forms_of_a_whole_shift_beside_the_reports(phone, wire):
    wire.cut()
    for _ in range(20):
        phone.put()
    form = "(n) => kept.putForm({uuid: crypto.randomUUID(), address: `/doi/x/${n}/`, fields: [['do', 'visit']]})"
    for n in range(25):
        phone.page.evaluate(form, n)
    assert len(phone.list()) == 45


def test_sixty_megabytes_are_kept_and_no_more(phone, wire):
    wire.cut()
    fill = "(n) => kept.store.keep({uuid: `u${n}`, body: '', at: n}, [new Blob([new Uint8Array(15 * 2 ** 20)])])"
    for n in range(4):
        phone.page.evaluate(fill, n) if n < 3 else None
    with pytest.raises(Exception, match="outbox is full"):
        phone.page.evaluate("kept.store.keep({uuid: 'more', body: '', at: 9}, [new Blob([new Uint8Array(16 * 2 ** 20)])])")
    assert len(phone.list()) == 3


def test_the_storage_is_asked_to_last_after_the_first_report(context, wire, two_areas):
    context.add_init_script("navigator.storage.persist = () => { globalThis.asked = true; return Promise.resolve(true) }")
    phone = Phone(context.new_page(), wire.url)
    assert phone.page.evaluate("globalThis.asked") is None
    phone.put()
    assert phone.page.evaluate("asked") is True
