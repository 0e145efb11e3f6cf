"""The one address to which every action of the queue goes: one case, several, a whole view; what was seen; the undo of all of it."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from citylab.models import Team
from reports import casework
from reports.models import Case, CaseEvent, Photo, ReplyTemplate, Report
from reports.queue.acting import AT_ONCE

pytestmark = pytest.mark.django_db
QUEUE = "/dieu-hanh/hang-doi/"
ACT = f"{QUEUE}lam/"
HTMX = {"HX-Request": "true"}
LINES = {"Accept": "application/x-ndjson"}


@pytest.fixture
def lan(member):
    return member("dispatcher", "lan", first_name="Lan")


@pytest.fixture
def desk(lan):
    client = Client()
    client.force_login(lan, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def officer(member, two_areas):
    """An officer of the eastern unit."""
    client = Client()
    client.force_login(member("officer", areas=[two_areas[1]]), backend="django.contrib.auth.backends.ModelBackend")
    return client


def now_is(*cases: Case) -> list[str]:
    return [Case.objects.get(pk=case.pk).status for case in cases]


def token_in(answer) -> str:
    """The token of the undo that an answer offers."""
    page = answer.content.decode()
    return page.split('name="token" value="')[1].split('"')[0] if 'name="token"' in page else ""


def told(answer) -> list[dict]:
    """The lines of an answer that tells its progress."""
    return [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]


# --- one case ------------------------------------------------------------------------------------------
def test_each_verb_does_what_it_says_to_one_case(desk, case, two_areas):
    team, other, day = Team.objects.create(name="Đội 1"), case(), timezone.localdate() + timedelta(days=2)
    made = {name: case() for name in ("confirm", "publish", "assign", "refuse", "priority:3", "merge", "move")}
    words = {
        "assign": {"to": f"team:{team.pk}", "day": str(day)}, "refuse": {"reason": "Đất riêng"}, "merge": {"into": other.code}, "move": {"point": "16.0555, 108.2155"},
    }  # fmt: skip
    for verb, found in made.items():
        answer = desk.post(ACT, {"verb": verb, "case": found.code, "seen": f"{found.code}:0", **words.get(verb, {})}, headers=HTMX)
        assert answer.status_code == 200, (verb, answer.content.decode()[:500])
        assert json.loads(answer["HX-Trigger-After-Settle"])["queue-acted"]["codes"] == [found.code]
        assert f'id="row-{found.code}"' in answer.content.decode() and token_in(answer)
        found.refresh_from_db()
    assert [found.status for found in made.values()] == ["confirmed", "confirmed", "assigned", "refused", "new", "merged", "new"]
    assert (made["assign"].team, made["assign"].planned_for, made["priority:3"].priority) == (team, day, 3)
    assert (made["merge"].merged_into, made["move"].area, made["refuse"].events.get().reason) == (other, two_areas[1], "Đất riêng")


def test_a_person_can_be_given_a_case_and_oneself_too(desk, case, member, lan):
    member("officer", "hoa")
    for to, expected in (("member:hoa", "hoa"), ("member:me", "lan")):
        found = case()
        desk.post(ACT, {"verb": "assign", "case": found.code, "to": to}, headers=HTMX)
        assert Case.objects.get(pk=found.pk).assigned_to.username == expected


@pytest.mark.parametrize(
    "sent,sentence",
    [
        ({"verb": "refuse", "reason": "  "}, "Cần ghi lý do"), ({"verb": "assign", "to": ""}, "Chọn đội hoặc người"), ({"verb": "assign", "to": "team:99"}, "Chọn đội hoặc người"),
        ({"verb": "assign", "to": "member:me", "day": "mai"}, "hôm nay hoặc ngày sau"), ({"verb": "assign", "to": "member:me", "day": "2001-01-01"}, "hôm nay hoặc ngày sau"), ({"verb": "merge", "into": "nothing"}, "mã của một điểm rác khác"), ({"verb": "priority:9"}, "Chọn mức ưu tiên"),
        ({"verb": "move", "point": "somewhere"}, "Ghi tọa độ"), ({"verb": "move", "point": "nan, nan"}, "Ghi tọa độ"), ({"verb": "move", "point": "10.1, 20.2"}, "nằm ngoài thành phố"), ({"verb": "fly"}, "Trang này không làm được"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [HTMX, {}])
def test_what_is_missing_is_said_and_what_was_typed_stays(sent, sentence, headers, desk, case):
    found = case()
    answer = desk.post(ACT, {"case": found.code, **sent}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page, page[:800]
    for name in ("day", "point", "into"):
        assert not sent.get(name) or f'value="{sent[name]}"' in page
    assert now_is(found) == ["new"] and found.events.count() == 0


def test_who_was_quicker_is_named_and_nothing_is_overwritten(desk, case, member):
    found, hoa = case(), member("dispatcher", "hoa", first_name="Hoa")
    casework.confirm(found, hoa)
    answer = desk.post(ACT, {"verb": "refuse", "reason": "không phải rác", "case": found.code, "seen": f"{found.code}:0"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 409 and "Hoa đã cập nhật lúc" in page and 'value="không phải rác"' in page
    assert f'{found.code}:1"' in page, "the next try carries the version that is on the page now"
    assert now_is(found) == ["confirmed"]


def test_without_javascript_an_action_comes_back_to_the_list_with_the_next_case_open(desk, case):
    first, second = case(), case()
    sent = {"verb": "confirm", "case": first.code, "back": "order=age&status=new", "next": second.code}
    answer = desk.post(ACT, sent)
    assert (answer.status_code, answer["Location"]) == (303, f"{QUEUE}?order=age&status=new&case={second.code}")
    page = desk.get(answer["Location"])
    assert "Đã xác nhận 1 điểm rác." in page.content.decode()
    undone = desk.post(ACT, {"verb": "undo", "token": token_in(page), "back": "order=age"})
    assert now_is(first) == ["new"] and undone["Location"] == f"{QUEUE}?order=age&case={first.code}"


def test_confirming_with_the_photo_publishes_what_was_checked_and_undo_hides_it_again(desk, report, lan):
    from tests.lively_city import _photo

    sent = report()
    photo = _photo(report=sent, public=False, number=1)
    from reports.models import PhotoCheck

    PhotoCheck.objects.create(photo=photo, created_at=timezone.now(), next_try=timezone.now(), faces="done", plates="done", nudity="done", boxes=[])
    answer = desk.post(ACT, {"verb": "publish", "case": sent.case.code}, headers=HTMX)
    assert "1 ảnh đã công khai" in answer.content.decode() and Photo.objects.public().count() == 1
    back = desk.post(ACT, {"verb": "undo", "token": token_in(answer)}, headers=HTMX)
    assert "Ảnh đã được ẩn" in back.content.decode() and Photo.objects.public().count() == 0
    assert now_is(sent.case) == ["new"] and Photo.objects.waiting_for_a_person().count() == 1


def test_a_case_is_offered_the_ready_reasons_of_its_kind(desk, case):
    ReplyTemplate.objects.create(verb="refuse", problem="litter", name="Đất riêng", text="Đây là đất riêng, chủ đất tự dọn.")
    ReplyTemplate.objects.create(verb="refuse", problem="burning", name="Khác", text="Không dùng cho loại này.")
    page = desk.get(f"{QUEUE}diem-rac/{case().code}/", headers=HTMX).content.decode()
    assert "Đây là đất riêng" in page and "Không dùng" not in page


# --- undo ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb,words", [("confirm", {}), ("assign", {"to": "member:me"}), ("refuse", {"reason": "x"}), ("priority:3", {}), ("merge", {}), ("move", {"point": "16.0555, 108.2155"})])
def test_every_action_can_be_undone_exactly(verb, words, desk, case, report):
    found, other = case(), case()
    sent = report(found)
    before = Case.objects.filter(pk=found.pk).values().get()
    words = words | ({"into": other.code} if verb == "merge" else {})
    answer = desk.post(ACT, {"verb": verb, "case": found.code, **words}, headers=HTMX)
    back = desk.post(ACT, {"verb": "undo", "token": token_in(answer)}, headers=HTMX)
    assert back.status_code == 200 and json.loads(back["HX-Trigger-After-Settle"])["queue-undone"]["codes"] == [found.code]
    after = Case.objects.filter(pk=found.pk).values().get()
    assert {name: value for name, value in after.items() if name != "version"} == {name: value for name, value in before.items() if name != "version"}
    assert Report.objects.get(pk=sent.pk).case == found


def test_an_undo_is_refused_after_its_minute_to_others_and_when_somebody_went_on(desk, case, member, monkeypatch):
    found, hoa = case(), member("dispatcher")
    token = token_in(desk.post(ACT, {"verb": "confirm", "case": found.code}, headers=HTMX))
    other = Client()
    other.force_login(hoa, backend="django.contrib.auth.backends.ModelBackend")
    assert other.post(ACT, {"verb": "undo", "token": token}, headers=HTMX).status_code == 409
    assert desk.post(ACT, {"verb": "undo", "token": token + "x"}, headers=HTMX).status_code == 409
    casework.set_priority(found, hoa, 3)
    page = desk.post(ACT, {"verb": "undo", "token": token}, headers=HTMX).content.decode()
    assert "Không hoàn tác được" in page and now_is(found) == ["confirmed"]
    second = case()
    token = token_in(desk.post(ACT, {"verb": "confirm", "case": second.code}, headers=HTMX))
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + casework.UNDO_S + 1)
    assert desk.post(ACT, {"verb": "undo", "token": token}, headers=HTMX).status_code == 409
    assert now_is(second) == ["confirmed"]


def test_an_undo_takes_back_its_own_action_and_no_later_one_of_the_same_member(desk, case):
    found = case()
    token = token_in(desk.post(ACT, {"verb": "confirm", "case": found.code}, headers=HTMX))
    desk.post(ACT, {"verb": "priority:3", "case": found.code}, headers=HTMX)
    desk.post(ACT, {"verb": "undo", "token": token}, headers=HTMX)
    found.refresh_from_db()
    assert (found.status, found.priority) == ("confirmed", 3)


# --- several, and all of a view ----------------------------------------------------------------------------
def test_several_are_done_at_once_and_one_undo_takes_all_back(desk, case):
    made = [case() for _ in range(5)]
    answer = desk.post(ACT, {"verb": "assign", "to": "member:me", "case": [found.code for found in made], "seen": [f"{found.code}:0" for found in made]}, headers=HTMX)
    assert "Đã giao 5 điểm rác." in answer.content.decode() and set(now_is(*made)) == {"assigned"}
    assert "Đã hoàn tác 5" in desk.post(ACT, {"verb": "undo", "token": token_in(answer)}, headers=HTMX).content.decode()
    assert set(now_is(*made)) == {"new"}


def test_what_somebody_changed_meanwhile_is_left_and_told_the_others_are_done(desk, case, member):
    made = [case() for _ in range(3)]
    casework.set_priority(made[1], member("dispatcher", first_name="Hoa"), 3)
    page = desk.post(ACT, {"verb": "confirm", "case": [found.code for found in made], "seen": [f"{found.code}:0" for found in made]}, headers=HTMX).content.decode()
    assert now_is(*made) == ["confirmed", "new", "confirmed"]
    assert "Đã xác nhận 2 điểm rác. 1 điểm không thay đổi" in page and "Hoa đã cập nhật" in page


def test_all_of_a_view_are_meant_by_its_filter_and_not_what_changed_after_it_was_drawn(desk, case, member):
    urgent, later, plain = [case(priority=3) for _ in range(3)], case(priority=3), case()
    as_of = timezone.now().isoformat()
    casework.change_kind(later, member("dispatcher", first_name="Hoa"), problem="dump")
    page = desk.post(ACT, {"verb": "confirm", "all": "1", "view": "priority=3", "as_of": as_of}, headers=HTMX).content.decode()
    assert now_is(*urgent, later, plain) == ["confirmed"] * 3 + ["new", "new"]
    assert "Đã xác nhận 3" in page and "Hoa đã cập nhật" in page


def test_progress_is_told_lot_by_lot_and_the_last_line_carries_the_undo(desk, case, monkeypatch):
    monkeypatch.setattr("reports.queue.acting.AT_ONCE", 4)
    made = [case() for _ in range(10)]
    lines = told(desk.post(ACT, {"verb": "refuse", "reason": "trùng tin", "all": "1", "view": ""}, headers=LINES))
    assert [line.get("done") for line in lines] == [4, 8, 10, None] and lines[0]["of"] == 10
    assert set(now_is(*made)) == {"refused"} and AT_ONCE > 4
    token = lines[-1]["toast"].split('name="token" value="')[1].split('"')[0]
    assert len(token) < 1000, "however many were done"
    assert told(desk.post(ACT, {"verb": "undo", "token": token}, headers=LINES))[-1]["left"] == 0
    assert set(now_is(*made)) == {"new"}


def test_several_are_merged_into_the_one_that_was_seen_first(desk, case, report, noon):
    late, first, other = case(at=noon), case(at=noon - timedelta(days=2)), case(at=noon - timedelta(days=1))
    for found in (late, first, other):
        report(found)
    answer = desk.post(ACT, {"verb": "merge", "case": [late.code, first.code, other.code]}, headers=HTMX)
    assert now_is(late, first, other) == ["merged", "new", "merged"] and first.reports.count() == 3
    desk.post(ACT, {"verb": "undo", "token": token_in(answer)}, headers=HTMX)
    assert now_is(late, first, other) == ["new"] * 3 and [found.reports.count() for found in (late, first, other)] == [1, 1, 1]


@pytest.mark.parametrize("verb", ["publish", "move"])
def test_what_needs_a_look_at_each_is_not_done_to_several(verb, desk, case):
    made = [case(), case()]
    answer = desk.post(ACT, {"verb": verb, "case": [found.code for found in made], "point": "16.05, 108.20"}, headers=HTMX)
    assert answer.status_code == 422 and set(now_is(*made)) == {"new"}


def test_nothing_chosen_and_too_much_chosen_is_said(desk, case, monkeypatch):
    assert "Chọn ít nhất một điểm rác" in desk.post(ACT, {"verb": "confirm"}, headers=HTMX).content.decode()
    monkeypatch.setattr("reports.queue.acting.MOST", 2)
    [case() for _ in range(3)]
    for headers in (HTMX, {}, LINES):
        answer = desk.post(ACT, {"verb": "confirm", "all": "1", "view": ""}, headers=headers)
        assert answer.status_code == 422 and "nhiều nhất 2 điểm rác" in answer.content.decode()
    assert not CaseEvent.objects.exists()


# --- the edge of an officer's areas --------------------------------------------------------------------------
@pytest.mark.parametrize("verb", ["confirm", "publish", "assign", "refuse", "priority:3", "merge", "move"])
@pytest.mark.parametrize("headers", [HTMX, {}, LINES])
def test_an_officer_acts_on_no_case_of_another_ward(verb, headers, officer, case, two_areas):
    west, east = two_areas
    foreign, own, second = case(area=west), case(area=east, lon=108.215), case(area=east, lon=108.216)
    words = {"verb": verb, "to": "member:me", "reason": "x", "point": "16.055, 108.215"}
    assert officer.post(ACT, {**words, "case": foreign.code, "into": own.code}, headers=headers).status_code == 422
    answer = officer.post(ACT, {**words, "case": [foreign.code, own.code, second.code], "into": own.code}, headers=headers)
    b"".join(answer.streaming_content) if answer.streaming else None
    answer = officer.post(ACT, {**words, "all": "1", "view": "area=W1&status=all", "into": own.code}, headers=headers)
    b"".join(answer.streaming_content) if answer.streaming else None
    foreign.refresh_from_db()
    assert (foreign.status, foreign.priority, foreign.version, foreign.events.count()) == ("new", 1, 0, 0)


def test_an_officer_merges_into_no_case_of_another_ward_and_undoes_nobody_elses_action(officer, desk, case, two_areas):
    foreign, own = case(area=two_areas[0]), case(area=two_areas[1], lon=108.215)
    assert officer.post(ACT, {"verb": "merge", "case": own.code, "into": foreign.code}, headers=HTMX).status_code == 422
    token = token_in(desk.post(ACT, {"verb": "confirm", "case": foreign.code}, headers=HTMX))
    assert officer.post(ACT, {"verb": "undo", "token": token}, headers=HTMX).status_code == 409
    assert now_is(foreign, own) == ["confirmed", "new"]


def test_an_action_needs_the_csrf_token(lan, case):
    client = Client(enforce_csrf_checks=True)
    client.force_login(lan, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(ACT, {"verb": "confirm", "case": case().code}).status_code == 403
