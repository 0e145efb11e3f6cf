"""The page of a case: every verb from its form, the version that was seen, what is told beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from citylab.models import Team
from reports import casework
from reports.models import Body, Case, Message, ReplyTemplate, Route
from reports.models.case import Priority, Status
from reports.pages.desk.case_verbs import VERBS
from tests.reports.desk_pages import desk, text_of  # noqa: F401  # a fixture
from tests.reports.photos.pictures import encoded, scene

pytestmark = pytest.mark.django_db


def address(case: Case) -> str:
    return reverse("case", args=[case.code])


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("after.jpg", encoded(scene(), quality=80), "image/jpeg")


@pytest.fixture
def port():
    return Body.objects.create(code="port", name="Ban quản lý cảng")


# verb → (state it is used in, what the form sends, state afterwards)
FORMS = {
    "confirm": ("new", {}, "confirmed"),
    "assign": ("confirmed", {"team": "TEAM"}, "assigned"),
    "start": ("assigned", {}, "in_progress"),
    "hold": ("in_progress", {"waits_for": "điện lực", "reason": "chờ cắt điện"}, "on_hold"),
    "resume": ("on_hold", {}, "confirmed"),
    "refuse": ("new", {"reason": "đất riêng"}, "refused"),
    "clean": ("in_progress", {"outcome": "cleaned", "photos": "PHOTO", "grade": "A", "exception": "later"}, "cleaned"),
    "verify": ("cleaned", {}, "verified"),
    "reopen": ("refused", {"reason": "nhầm"}, "confirmed"),
    "merge": ("new", {"into": "OTHER"}, "merged"),
    "move": ("new", {"point": "16.0551, 108.2060"}, "new"),
    "change_kind": ("new", {"problem": "dump", "amount": "truck"}, "new"),
    "set_priority": ("new", {"priority": "3"}, "new"),
    "reroute": ("new", {"body": "port", "reason": "thuộc cảng"}, "new"),
    "note": ("verified", {"text": "gọi lại bác tổ trưởng"}, "verified"),
    "link": ("new", {"with": "OTHER"}, "new"),
}


@pytest.mark.parametrize("verb", FORMS)
def test_every_verb_has_a_form_that_does_it_and_carries_the_version(verb, desk, case, port):  # noqa: F811
    before, sent, after = FORMS[verb]
    found, other, team = case(status=before), case(lon=108.2052), Team.objects.create(name="Đội 1")
    client = desk()
    page = client.get(address(found)).content.decode()
    assert f'value="{verb}"' in page and f'name="seen" value="{found.version}"' in page
    filled = {name: {"OTHER": other.code, "TEAM": str(team.pk)}.get(value, value) for name, value in sent.items()}
    if "photos" in filled:
        filled["photos"] = photo()
    answer = client.post(address(found), {"verb": verb, "seen": str(found.version), **filled})
    assert answer.status_code == 302, text_of(answer)
    found.refresh_from_db()
    assert found.status == after and found.version == 1 and found.events.exists()


def test_the_forms_cover_the_verbs_of_casework():
    others = {"confirm-photos", "release", "undo", "split", "unmerge"}  # tested by themselves
    assert set(VERBS) == set(FORMS) | others
    everything = (set(casework.TRANSITIONS) | set(casework.CHANGES)) - {"withdraw", "visit"}  # `visit` is an outcome of the form of `clean`
    assert everything <= set(VERBS)


@pytest.mark.parametrize("outcome,sent,status", [("partly", {"note": "cần xe ben"}, "assigned"), ("not_reached", {"note": "cổng khóa"}, "assigned"), ("nothing_found", {"photos": "PHOTO", "exception": "later"}, "cleaned")])
def test_every_outcome_of_a_visit_is_one_form(outcome, sent, status, desk, case):  # noqa: F811
    found = case(status="assigned")
    sent = {**sent, "photos": photo()} if "photos" in sent else sent
    assert desk().post(address(found), {"verb": "clean", "outcome": outcome, **sent}).status_code == 302
    found.refresh_from_db()
    assert (found.status, found.cleanups.get().outcome) == (status, outcome)


def test_some_reports_are_split_off(desk, case, report):  # noqa: F811
    found = case()
    stays, goes = report(found), report(found)
    assert desk().post(address(found), {"verb": "split", "report": [goes.code]}).status_code == 302
    goes.refresh_from_db(), stays.refresh_from_db()
    assert stays.case == found and goes.case != found
    answer = desk().post(address(found), {"verb": "split", "report": [stays.code]})
    assert answer.status_code == 422 and "không phải tất cả" in text_of(answer)


# --- two people at once -----------------------------------------------------------------------------
def test_who_saw_an_older_case_is_told_who_changed_what_and_loses_nothing(desk, case, member):  # noqa: F811
    found = case()
    casework.set_priority(found, member(first_name="Lan"), Priority.HIGH)
    answer = desk().post(address(found), {"verb": "hold", "seen": "0", "waits_for": "điện lực Sơn Trà", "reason": "chờ cắt điện ở ngõ"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Lan vừa cập nhật trước: “đặt mức ưu tiên”" in text_of(answer)
    assert 'value="điện lực Sơn Trà"' in page and "chờ cắt điện ở ngõ</textarea>" in page
    assert 'name="seen" value="1"' in page, "who has read it can press again"
    found.refresh_from_db()
    assert found.status == "new"


# --- taking back ------------------------------------------------------------------------------------
def test_ones_own_last_step_can_be_taken_back_for_a_minute(desk, case):  # noqa: F811
    found, client = case(), desk()
    client.post(address(found), {"verb": "refuse", "reason": "đất riêng"})
    assert "Hoàn tác" in text_of(client.get(address(found)))
    assert "Hoàn tác" not in text_of(desk().get(address(found))), "only by who did it"
    assert client.post(address(found), {"verb": "undo"}).status_code == 302
    found.refresh_from_db()
    assert found.status == "new"
    page = client.get(address(found)).content.decode()
    assert 'class="undone"' in page and "hoàn tác dòng 1" in page.lower()


def test_after_a_minute_it_is_too_late(desk, case, member):  # noqa: F811
    from unittest import mock

    found, client = case(), desk()
    client.post(address(found), {"verb": "confirm"})
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(seconds=61)):
        answer = client.post(address(found), {"verb": "undo"})
    assert answer.status_code == 422 and "Không còn hoàn tác được" in text_of(answer)


# --- words ------------------------------------------------------------------------------------------
def test_the_history_says_in_words_what_each_step_changed(desk, case, member, port):  # noqa: F811
    found, lan, other = case(), member(first_name="Lan"), case(lon=108.2052)
    team = Team.objects.create(name="Đội Mân Thái")
    casework.assign(found, lan, team=team, day=timezone.localdate())
    casework.hold(found, lan, "công ty điện lực", "dây điện chắn lối")
    casework.resume(found, lan)
    casework.change_kind(found, lan, problem="dump")
    casework.set_priority(found, lan, 3)
    casework.reroute(found, lan, port, "trên cầu cảng")
    casework.link(found, lan, other)
    casework.visit(found, lan, casework.Visit(photos=(), note="cổng khóa"), "not_reached")
    words = text_of(desk().get(address(found)))
    for sentence in ("Đội Mân Thái", "chờ: công ty điện lực", "từ rác vương vãi sang", "từ bình thường sang khẩn", "Ban quản lý cảng", other.code, "không vào được", "cổng khóa"):
        assert sentence in words, sentence


def test_the_history_says_that_the_earlier_deadline_holds_after_a_merge(desk, case, member, noon):  # noqa: F811
    found, late = case(due_at=noon + timedelta(days=5)), case(due_at=noon)
    casework.merge(late, member(), found)
    assert "lấy hạn sớm hơn của hai điểm" in text_of(desk().get(address(found)))


def test_who_is_responsible_is_told_with_the_reason(desk, case, port, member):  # noqa: F811
    ward = Body.objects.create(code="unit-w1", name="Phường Tây")
    Route.objects.create(priority=500, area_code="W1", body=ward)
    found = case(body=ward)
    assert "vì nằm trong Ward West" in text_of(desk().get(address(found)))
    casework.reroute(found, member(first_name="Lan"), port, "trên cầu cảng")
    words = text_of(desk().get(address(found)))
    assert "Ban quản lý cảng Lan chuyển" in words and "vì nằm trong" not in words
    casework.move(found, None, 108.2051, 16.0551)
    assert "vì nằm trong Ward West" in text_of(desk().get(address(found))), "the table decides again where the place was corrected"


def test_age_and_returns_are_always_visible(desk, case, noon):  # noqa: F811
    first = case(status="cleaned", at=timezone.now() - timedelta(days=60))
    found = case(recurs_of=first, at=timezone.now() - timedelta(days=12))
    words = text_of(desk().get(address(found)))
    assert "mở 12 ngày" in words and "lần thứ 2 ở chỗ này" in words
    assert reverse("case", args=[first.code]) in desk().get(address(found)).content.decode()


def test_the_state_of_the_cell_comes_from_the_newest_analysis(desk, case):  # noqa: F811
    assert "chưa có phân tích" in text_of(desk().get(address(case())))


def test_private_notes_are_for_who_works_on_cases(desk, case, member):  # noqa: F811
    found = case()
    casework.note(found, member(), "chủ đất là ông Ba")
    assert "chủ đất là ông Ba" in text_of(desk().get(address(found)))
    assert "chủ đất là ông Ba" not in text_of(desk("analyst").get(address(found)))


# --- ready answers ----------------------------------------------------------------------------------
@pytest.fixture
def ready():
    return ReplyTemplate.objects.create(verb="refuse", name="Đất riêng", text="Chỗ này thuộc đất của gia đình.")


def test_ready_answers_are_those_of_the_verb_and_the_kind(desk, case, ready):  # noqa: F811
    ReplyTemplate.objects.create(verb="refuse", problem="burning", name="Lửa đã tắt", text="x")
    ReplyTemplate.objects.create(verb="refuse", name="Cũ", text="x", active=False)
    page = text_of(desk().get(address(case())))
    assert "Đất riêng" in page and "Lửa đã tắt" not in page and "Cũ" not in page


def test_without_a_script_the_ready_answer_is_filled_in_and_shown_as_the_reporter_reads_it(desk, case, told, ready):  # noqa: F811
    found = case()
    told(found)
    answer = desk().post(address(found), {"preview": "refuse", "seen": "0", "template": str(ready.pk), "reason": ""})
    assert "Chỗ này thuộc đất của gia đình.</textarea>" in answer.content.decode()
    words = text_of(answer)
    assert "Phản ánh này không xử lý được" in words and "Gửi e-mail cho 1 người báo" in words
    found.refresh_from_db()
    assert found.status == "new" and not found.events.exists() and not Message.objects.exists(), "a preview changes nothing"


def test_the_preview_is_a_piece_of_the_page_too(desk, case, report):  # noqa: F811
    found = case(status="confirmed")
    report(found)
    answer = desk().post(reverse("case-preview", args=[found.code]), {"preview": "hold", "waits_for": "ông Ba", "reason": "Chờ xe lớn."})
    words = text_of(answer)
    assert "Cần đơn vị khác xử lý trước. Chờ xe lớn." in words and "ông Ba" not in words, "who is waited for is not for the public"
    assert "<html" not in answer.content.decode()


def test_the_ready_answer_alone_is_enough(desk, case, ready):  # noqa: F811
    found = case()
    assert desk().post(address(found), {"verb": "refuse", "template": str(ready.pk), "reason": " "}).status_code == 302
    assert found.events.get(kind="refused").reason == ready.text


# --- pairs ------------------------------------------------------------------------------------------
def test_two_cases_are_merged_and_parted_from_the_page_of_the_pair(desk, case, report):  # noqa: F811
    left, right = case(), case(lon=108.2051)
    sent = report(left)
    client, page = desk(), reverse("case-pair", args=[left.code, right.code])
    assert "Là một: giữ điểm này" in text_of(client.get(page))
    seen = {f"seen_{left.code}": "0", f"seen_{right.code}": "0"}
    assert client.post(page, {"verb": "merge", "keep": right.code, **seen}).status_code == 302
    left.refresh_from_db(), sent.refresh_from_db()
    assert left.merged_into == right and sent.case == right
    assert client.post(page, {"verb": "undo"}).status_code == 302
    left.refresh_from_db(), sent.refresh_from_db()
    assert left.status == Status.NEW and sent.case == left


def test_a_pair_that_changed_meanwhile_is_not_merged(desk, case, member):  # noqa: F811
    left, right = case(), case(lon=108.2051)
    casework.set_priority(right, member(), 3)
    answer = desk().post(reverse("case-pair", args=[left.code, right.code]), {"verb": "merge", "keep": right.code, f"seen_{right.code}": "0"})
    left.refresh_from_db()
    assert answer.status_code == 422 and left.status == "new"


def test_suggestions_stand_on_the_page_and_go_when_somebody_says_that_they_are_two(desk, case):  # noqa: F811
    left, right = case(), case(lon=108.2051)
    client, pair = desk(), reverse("case-pair", args=[left.code, right.code])
    assert pair in client.get(address(left)).content.decode()
    assert client.post(pair, {"verb": "apart"}).status_code == 302
    assert pair not in client.get(address(left)).content.decode()


# --- wards ------------------------------------------------------------------------------------------
def test_an_officer_reaches_no_case_of_another_ward_by_any_address_of_the_desk(desk, case, two_areas, report):  # noqa: F811
    own, foreign = case(area=two_areas[0]), case(area=two_areas[1], lon=108.215)
    secret = report(foreign, description="chỗ kín")
    client = desk("officer", areas=[two_areas[0]])
    for name, args in [("case", [foreign.code]), ("case-pair", [own.code, foreign.code]), ("case-pair", [foreign.code, own.code])]:
        assert client.get(reverse(name, args=args)).status_code == 404
        assert client.post(reverse(name, args=args), {"verb": "merge", "keep": own.code}).status_code == 404
    assert client.post(reverse("case-preview", args=[foreign.code]), {"preview": "refuse", "reason": "x"}).status_code == 404
    for verb, field in (("merge", "into"), ("link", "with")):
        for typed in (foreign.code, secret.code):
            assert client.post(address(own), {"verb": verb, field: typed}).status_code == 422
    foreign.refresh_from_db()
    assert foreign.status == "new" and not foreign.events.exists()


def test_an_officer_who_moves_a_case_out_of_the_ward_lands_on_the_list(desk, case, two_areas):  # noqa: F811
    found = case()
    answer = desk("officer", areas=[two_areas[0]]).post(address(found), {"verb": "move", "point": "16.055, 108.2155"})
    found.refresh_from_db()
    assert (found.area, answer["Location"]) == (two_areas[1], reverse("cases"))


def test_a_place_with_a_guessed_border_still_names_its_area(desk, case, two_areas):  # noqa: F811
    from reports.geography.area_index import forget_areas
    from reports.models import Area

    Area.objects.update(approximate=True)
    forget_areas()
    found = case(area=None)
    desk().post(address(found), {"verb": "move", "point": "16.055, 108.2155"})
    found.refresh_from_db()
    assert found.area == two_areas[1]


def test_the_page_costs_a_bounded_number_of_queries_however_much_is_around(desk, case, report, member, django_assert_max_num_queries):  # noqa: F811
    found = case()
    for number in range(8):
        report(case(lon=108.205 + number * 0.0001)), report(found)
        casework.note(found, member(first_name="Lan"), f"ghi chú {number}")
    client = desk()
    with django_assert_max_num_queries(45):
        client.get(address(found))
