"""The queue in a real browser: triage by keyboard alone, bulk with progress, merge and undo, silence while typing, both sizes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from reports.models import Case, CaseEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue(context, site, member, watched):
    """A page of the queue for a dispatcher: `queue("order=age")`, with its scripts ready."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(member("dispatcher", "lan", first_name="Lan"), backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page = watched(context.new_page())
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))")

    def open_page(query: str = "", *, scripts: bool = True):
        page.goto(f"{site}/dieu-hanh/hang-doi/?{query}")
        if scripts:
            expect(page.locator("html[data-queue=ready]")).to_be_attached()
        return page

    return open_page


@pytest.fixture
def piles(case, report):
    """Twenty-four cases, three hours apart, the oldest first in the order of age."""
    now = timezone.now()
    made = [case(lon=108.2005 + 0.0002 * number, at=now - timedelta(hours=90 - 3 * number), due_at=now + timedelta(days=3)) for number in range(24)]
    for found in made:
        report(found, at=found.observed_at)
    return made


def opened(page, code: str) -> None:
    expect(page.locator(f'#open-case[data-code="{code}"]')).to_be_visible()


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('.item')?.dataset.code ?? ''")


def has_focus(page, found: Case) -> None:
    expect(page.locator(f"#row-{found.code} a.row")).to_be_focused()


def test_twenty_cases_are_triaged_by_keyboard_alone_and_the_next_one_always_has_the_focus(queue, piles):
    page = queue("order=age")
    page.keyboard.press("j")
    for number, found in enumerate(piles[:20]):
        has_focus(page, found)
        match number % 4:
            case 0:
                page.keyboard.press("p")
            case 1:
                page.keyboard.press("r")
                expect(page.locator("#reason")).to_be_focused()
                page.keyboard.type("Không phải rác")
                page.keyboard.press("Enter")
            case 2:
                page.keyboard.press("a")
                expect(page.locator("#to")).to_be_focused()
                page.keyboard.press("ArrowDown")
                page.keyboard.press("Enter")
            case 3:
                page.keyboard.press("s")
                expect(page.locator("#act button[aria-pressed=true]")).to_be_focused()
                page.keyboard.press("Tab")
                page.keyboard.press("Enter")
        has_focus(page, piles[number + 1])
    done = [Case.objects.get(pk=found.pk) for found in piles[:20]]
    assert [found.status for found in done[:4]] == ["confirmed", "refused", "assigned", "new"]
    assert [found.version for found in done] == [1] * 20 and done[3].priority == 2
    assert Case.objects.filter(status="refused").count() == 5 and CaseEvent.objects.filter(kind="refused", reason="Không phải rác").count() == 5
    assert page.url.split("case=")[1].startswith(piles[20].code), "the place in the list is in the address"


def test_a_duplicate_is_merged_by_key_and_the_merge_undone(queue, piles):
    page = queue("order=age")
    page.keyboard.press("j")
    opened(page, piles[0].code)
    page.keyboard.press("d")
    expect(page.locator("#act input[type=radio]").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    has_focus(page, piles[1])
    expect(page.locator("#toast")).to_contain_text("Đã gộp 1 điểm rác.")
    merged = Case.objects.get(pk=piles[0].pk)
    assert merged.status == "merged" and merged.merged_into == piles[1] and piles[1].reports.count() == 2, "the nearest is offered first"
    page.keyboard.press("z")
    has_focus(page, piles[0])
    expect(page.locator("#toast")).to_contain_text("Đã hoàn tác 1")
    assert Case.objects.get(pk=piles[0].pk).status == "new" and piles[0].reports.count() == 1


def test_keys_are_silent_while_typing_composing_with_a_modifier_and_when_switched_off(queue, piles):
    page = queue("order=age")
    page.keyboard.press("j")
    has_focus(page, piles[0])
    for event in ("{key: 'p', isComposing: true}", "{key: 'p', keyCode: 229}", "{key: 'Process', keyCode: 229}", "{key: 'p', ctrlKey: true}", "{key: 'p', altKey: true}"):
        page.evaluate(f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{bubbles: true, ...{event}}}))")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("prajxzk")
    expect(page.locator("#search")).to_have_value("prajxzk")
    page.locator("#search").fill("")
    page.keyboard.press("Escape")
    has_focus(page, piles[0])
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("p")
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("html[data-queue=ready]")).to_be_attached()
    has_focus(page, piles[0])
    page.keyboard.press("p")
    page.keyboard.press("j")
    page.wait_for_timeout(300)
    has_focus(page, piles[0])
    assert not CaseEvent.objects.filter(kind="confirmed").exists()
    page.locator("#keys-open").click()
    page.locator("#keys-on").check()
    page.keyboard.press("Escape")
    page.locator("#rows a.row").first.focus()
    page.keyboard.press("p")
    has_focus(page, piles[1])
    expect(page.locator(f"#row-{piles[0].code}.acted")).to_be_visible()


def test_what_is_typed_before_the_form_is_there_goes_into_it_and_is_no_key(queue, piles):
    page = queue("order=age")
    page.route("**/hang-doi/**", lambda route: (page.wait_for_timeout(400), route.continue_()))
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.keyboard.type("sap sua p")
    expect(page.locator("#reason")).to_have_value("sap sua p")
    expect(page.locator("#reason")).to_be_focused()
    assert not Case.objects.exclude(status="new").exists()


def test_one_form_is_open_at_a_time_and_what_was_typed_in_another_stays(queue, piles):
    page = queue("order=age")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.keyboard.type("Khong thay rac")
    expect(page.locator("#reason")).to_have_value("Khong thay rac")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("#drawer details[data-key=r]")).not_to_have_attribute("open", "")
    expect(page.locator("#drawer details[data-key=s]")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#reason")).to_have_value("Khong thay rac")


def test_a_key_held_down_acts_once_and_only_walking_goes_on(queue, piles):
    page = queue("order=age")
    page.keyboard.press("j")
    has_focus(page, piles[0])
    page.keyboard.down("p")
    has_focus(page, piles[1])
    for _ in range(5):  # what a keyboard repeats while the key is down
        page.keyboard.down("p")
    page.keyboard.up("p")
    for _ in range(3):
        page.keyboard.down("j")
    page.keyboard.up("j")
    has_focus(page, piles[4])
    assert Case.objects.filter(status="confirmed").count() == 1


def test_escape_that_ends_a_composition_stays_in_the_field(queue, piles):
    page = queue("order=age")
    page.keyboard.press("j")
    opened(page, piles[0].code)
    page.keyboard.press("r")
    expect(page.locator("#reason")).to_be_focused()
    ime = page.context.new_cdp_session(page)
    for text in ("k", "kh", "khô"):  # as a Vietnamese input method writes a word, letter by letter
        ime.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    page.evaluate("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, key: 'Escape', isComposing: true, keyCode: 229}))")
    expect(page.locator("#reason")).to_be_focused()
    ime.send("Input.insertText", {"text": "không phải rác"})
    expect(page.locator("#reason")).to_have_value("không phải rác")
    assert not CaseEvent.objects.exists()
    page.keyboard.press("Escape")
    has_focus(page, piles[0])


def test_a_key_means_the_row_whose_box_or_badge_has_the_focus(queue, piles):
    page = queue("order=age")
    page.keyboard.press("j")
    has_focus(page, piles[0])
    page.locator(f"#row-{piles[3].code} input[type=checkbox]").focus()
    opened(page, piles[3].code)
    page.locator(f"#row-{piles[2].code} a.likely").focus()
    page.keyboard.press("p")
    expect(page.locator(f"#row-{piles[2].code}.acted")).to_be_visible()
    assert list(Case.objects.filter(status="confirmed")) == [piles[2]]


def test_the_badge_of_a_row_leads_to_the_likeliest_duplicate_beside_it(queue, piles, accessible):
    page = queue("order=age")
    badge = page.locator(f"#row-{piles[0].code} a.likely")
    expect(badge).to_contain_text("Có thể trùng 1")
    assert badge.bounding_box()["height"] >= 24
    badge.click()
    page.wait_for_url(f"**/{piles[0].code}/hay/{piles[1].code}/")
    accessible(page)


def test_an_answer_that_breaks_off_is_told_and_never_taken_for_done(queue, piles):
    page = queue("order=age")
    page.route("**/hang-doi/lam/", lambda route: route.fulfill(status=200, content_type="application/x-ndjson", body='{"done": 1, "of": 2}\n'))
    for key in "jxx":
        page.keyboard.press(key)
    page.keyboard.press("p")
    expect(page.locator("#toast")).to_contain_text("Mất kết nối")


def test_several_are_chosen_by_key_and_done_with_one_undo(queue, piles):
    page = queue("order=age")
    for key in "jxxjx":  # the first, the second, the fourth
        page.keyboard.press(key)
    expect(page.locator("#chosen-count")).to_have_text("(3)")
    page.keyboard.press("r")
    expect(page.locator("#bulk-reason")).to_be_focused()
    page.keyboard.type("Đất riêng")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Đã chuyển 3 điểm rác")
    expect(page.locator("#rows > .item")).to_have_count(21)
    assert [Case.objects.get(pk=piles[at].pk).status for at in range(4)] == ["refused", "refused", "new", "refused"]
    page.keyboard.press("z")
    expect(page.locator("#toast")).to_contain_text("Đã hoàn tác 3 điểm rác")
    expect(page.locator("#rows > .item")).to_have_count(24)
    assert Case.objects.filter(status="new").count() == 24


def test_all_of_the_list_are_meant_by_its_filter_and_progress_is_shown(queue, piles, monkeypatch):
    monkeypatch.setattr("reports.queue.acting.AT_ONCE", 1)
    page = queue("order=age")
    page.locator("#bulk-box > summary").click()
    page.locator("#all-of-view").check()
    page.locator("#bulk-priority").select_option("3")
    with transaction.atomic():  # somebody holds the thirteenth for a moment
        Case.objects.select_for_update().get(pk=piles[12].pk)
        page.locator("#bulk button[value=priority]").click()
        expect(page.locator("#progress span")).to_have_text("12 / 24")
    expect(page.locator("#toast")).to_contain_text("Đã đặt mức ưu tiên cho 24 điểm rác.")
    assert Case.objects.filter(priority=3).count() == 24
    expect(page.locator("#rows .priority-3")).to_have_count(24)  # the list is drawn anew


def test_who_was_quicker_is_named_and_the_reason_stays_in_its_field(queue, piles, member):
    from reports import casework

    page = queue("order=age")
    page.keyboard.press("j")
    opened(page, piles[0].code)
    casework.confirm(piles[0], member("dispatcher", first_name="Hoa"))
    page.keyboard.press("r")
    page.keyboard.type("Không phải rác")
    page.keyboard.press("Enter")
    expect(page.locator("#fault")).to_contain_text("Hoa đã cập nhật lúc")
    expect(page.locator("#reason")).to_have_value("Không phải rác")
    assert Case.objects.get(pk=piles[0].pk).status == "confirmed"


def test_the_search_and_the_next_page_change_the_list_without_leaving_it(queue, piles, monkeypatch):
    monkeypatch.setattr("reports.case_list.filter.PAGE", 10)
    page = queue("order=age")
    page.keyboard.press("j")
    for _ in range(9):
        page.keyboard.press("j")
    has_focus(page, piles[9])
    page.keyboard.press("j")
    has_focus(page, piles[10])
    expect(page.locator("#rows > .item")).to_have_count(20)
    page.keyboard.press("/")
    page.keyboard.type(piles[20].code)
    page.keyboard.press("Enter")
    expect(page.locator("#rows > .item")).to_have_count(1)
    assert f"q={piles[20].code}" in page.url


def test_the_place_is_corrected_by_a_click_on_the_map(queue, piles):
    page = queue("order=age")
    expect(page.locator("#map[data-idle=true]")).to_be_attached(timeout=60_000)
    page.keyboard.press("j")
    opened(page, piles[0].code)
    page.keyboard.press("e")
    expect(page.locator("#point")).to_be_focused()
    page.locator("#map canvas").click(position={"x": 120, "y": 420})
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Đã sửa vị trí.")
    assert Case.objects.get(pk=piles[0].pk).location.coords != piles[0].location.coords


def test_the_queue_is_accessible_at_both_sizes_open_filtered_and_with_all_its_forms(queue, piles, accessible, picture):
    page = queue(f"order=age&case={piles[2].code}")
    opened(page, piles[2].code)
    for part in ("a", "d", "s", "r", "e"):
        page.locator(f"#act details[data-key={part}] > summary").click()
    accessible(page)
    page.set_viewport_size({"width": 360, "height": 780})
    page.locator(".filters details > summary").click()
    page.locator("#bulk-box > summary").click()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    queue("order=age")
    page.keyboard.press("j")
    opened(page, piles[0].code)
    picture(page, "queue")


def test_without_javascript_everything_is_done_with_links_and_forms(site, browser, queue, piles):
    page = queue("order=age")
    context = browser.new_context(java_script_enabled=False, locale="vi-VN", storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{site}/dieu-hanh/hang-doi/?order=age")
    plain.locator(f"#row-{piles[0].code} a.row").click()
    plain.get_by_role("button", name="Xác nhận: đúng là rác").click()
    expect(plain.locator("#toast")).to_contain_text("Đã xác nhận 1 điểm rác.")
    expect(plain.locator(f'#open-case[data-code="{piles[1].code}"]')).to_be_visible()
    plain.get_by_role("button", name="Hoàn tác").click()
    assert Case.objects.get(pk=piles[0].pk).status == "new"
    plain.locator(f"#row-{piles[3].code} input[type=checkbox]").check()
    plain.locator(f"#row-{piles[4].code} input[type=checkbox]").check()
    plain.locator("#bulk-box > summary").click()
    plain.locator("#bulk-reason").fill("Đất riêng")
    plain.locator("#bulk button[value=refuse]").click()
    expect(plain.locator("#toast")).to_contain_text("Đã chuyển 2 điểm rác")
    assert [Case.objects.get(pk=piles[at].pk).status for at in (2, 3, 4)] == ["new", "refused", "refused"]
    context.close()
