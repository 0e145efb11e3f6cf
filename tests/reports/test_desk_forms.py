"""Bad input at the desk gets a clear sentence and loses nothing: not a typed word, not a chosen photo. Form by form."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from citylab.models import Team
from reports import casework, grouping
from reports.models import Body, Case, Draft, Photo, Report
from reports.models.case import Priority
from reports.pages.photo_words import why_not
from tests.reports.desk_pages import desk, text_of  # noqa: F401  # a fixture
from tests.reports.photos.pictures import encoded, scene

pytestmark = pytest.mark.django_db


def picture(name: str = "anh.jpg", shade: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encoded(scene().point(lambda value: (value + shade) % 256), quality=80), "image/jpeg")


def no_picture() -> SimpleUploadedFile:
    return SimpleUploadedFile("ke-hoach.docx", b"PK\x03\x04 no picture", "image/jpeg")


def form_of(answer) -> str:
    """The id that the form with the photos carries."""
    return re.search(r'name="form" value="([0-9a-f-]{36})"', answer.content.decode())[1]


def address(case: Case) -> str:
    return reverse("case", args=[case.code])


def visit(**fields: object) -> dict[str, object]:
    """A visit as the form of the page sends it."""
    return {"verb": "clean", "form": str(uuid4()), "outcome": "cleaned", "grade": "A", "exception": "later", **fields}


# --- photos of a visit ---------------------------------------------------------------------------------
def test_a_visit_with_a_fault_keeps_its_photos_and_needs_only_the_fault_mended(desk, case):  # noqa: F811
    found, client = case(status="in_progress"), desk()
    answer = client.post(address(found), visit(exception="", note="đã dọn sạch", bags="4", photos=[picture("truoc-nha.jpg"), picture("ben-hong.jpg", 40)]))
    page = text_of(answer)
    assert answer.status_code == 422 and "Đã giữ 2 ảnh" in page and "truoc-nha.jpg" in page and "ben-hong.jpg" in page
    assert "đã dọn sạch" in page and 'name="bags" inputmode="numeric" size="5" value="4"' in answer.content.decode()
    again = client.post(address(found), visit(form=form_of(answer)))
    assert again.status_code == 302, text_of(again)
    found.refresh_from_db()
    assert found.status == "cleaned" and sorted(found.photos.values_list("position", flat=True)) == [1, 2] and not Draft.objects.exists()


def test_who_was_slower_keeps_the_photos_too(desk, case, member):  # noqa: F811
    found, client = case(status="in_progress"), desk()
    casework.set_priority(found, member(first_name="Lan"), Priority.HIGH)
    answer = client.post(address(found), visit(seen="0", photos=[picture()]))
    assert answer.status_code == 422 and "Đã giữ 1 ảnh" in text_of(answer)
    assert client.post(address(found), visit(seen="1", form=form_of(answer))).status_code == 302
    assert Photo.objects.filter(case=found).count() == 1


def test_one_bad_file_is_named_and_the_good_ones_are_kept(desk, case):  # noqa: F811
    found, client = case(status="in_progress"), desk()
    answer = client.post(address(found), visit(photos=[no_picture(), picture("tot.jpg")]))
    page = text_of(answer)
    assert answer.status_code == 422 and f"ke-hoach.docx: {why_not('not_a_photo')}" in page and "bỏ ảnh tot.jpg" in page
    found.refresh_from_db()
    assert found.status == "in_progress" and client.post(address(found), visit(form=form_of(answer))).status_code == 302


def test_a_fourth_photo_is_refused_aloud_and_not_dropped_in_silence(desk, case):  # noqa: F811
    found = case(status="in_progress")
    answer = desk().post(address(found), visit(photos=[picture(f"{n}.jpg", 30 * n) for n in range(4)]))
    assert answer.status_code == 422 and "3.jpg: " in text_of(answer) and "Đã giữ 3 ảnh" in text_of(answer)


def test_a_kept_photo_can_be_left_out(desk, case):  # noqa: F811
    found, client = case(status="in_progress"), desk()
    answer = client.post(address(found), visit(exception="", photos=[picture("a.jpg"), picture("b.jpg", 40)]))
    (drop, _other) = re.findall(r'name="drop" value="([0-9a-f]{64})"', answer.content.decode())
    assert client.post(address(found), visit(form=form_of(answer), drop=[drop])).status_code == 302
    assert found.photos.count() == 1 and found.photos.get().original_sha256 != drop


# --- words of the page of a case ------------------------------------------------------------------------
# verb → (state, what is typed, what the page shows of it again)
TYPED = {
    "assign": ("confirmed", {"team": "TEAM", "day": "2001-01-01"}, ['value="TEAM" selected', 'value="2001-01-01"']),
    "hold": ("new", {"waits_for": "điện lực", "reason": "chờ cắt điện"}, ['value="điện lực"', "chờ cắt điện</textarea>"]),
    "refuse": ("new", {"reason": "đất riêng"}, ["đất riêng</textarea>"]),
    "reopen": ("refused", {"reason": "nhầm ngõ"}, ["nhầm ngõ</textarea>"]),
    "reroute": ("new", {"body": "port", "reason": "thuộc cảng"}, ['value="port" selected', "thuộc cảng</textarea>"]),
    "merge": ("new", {"into": "K0N6C0"}, ['value="K0N6C0"']),
    "link": ("new", {"with": "K0N6C0"}, ['value="K0N6C0"']),
    "move": ("new", {"point": "xyz", "where": "kiệt 12"}, ['value="xyz"', 'value="kiệt 12"']),
    "change_kind": ("new", {"problem": "dump", "amount": "truck"}, ['value="dump" selected', 'value="truck" selected']),
    "set_priority": ("new", {"priority": "3"}, ['value="3" selected']),
    "note": ("new", {"text": "gọi lại bác tổ trưởng"}, ["gọi lại bác tổ trưởng</textarea>"]),
    "clean": ("in_progress", {"outcome": "partly", "note": "cần xe ben", "bags": "7", "kg": "12,5"}, ["cần xe ben</textarea>", 'value="7"', 'value="12,5"', 'value="partly" checked']),
}  # fmt: skip


@pytest.mark.parametrize("verb", TYPED)
def test_every_form_of_a_case_comes_back_with_what_was_typed(verb, desk, case, member):  # noqa: F811
    state, sent, shown = TYPED[verb]
    found, team = case(status=state), Team.objects.create(name="Đội 1")
    Body.objects.create(code="port", name="Ban quản lý cảng")
    casework.note(found, member(first_name="Lan"), "ai đó ghi trước")
    Case.objects.filter(pk=found.pk).update(version=5)  # somebody was quicker
    sent = {name: value.replace("TEAM", str(team.pk)) for name, value in sent.items()}
    answer = desk().post(address(found), {"verb": verb, "seen": "0", **sent})
    assert answer.status_code == 422
    for words in shown:
        assert words.replace("TEAM", str(team.pk)) in answer.content.decode(), words


def test_words_for_a_step_that_is_possible_no_more_are_shown_to_be_copied(desk, case, member):  # noqa: F811
    found, client = case(), desk()
    casework.refuse(found, member(first_name="Lan"), "đất riêng")
    sent = {"verb": "hold", "seen": "0", "waits_for": "điện lực", "reason": "chờ cắt điện ở ngõ"}
    page = text_of(client.post(address(found), sent))
    assert "chờ cắt điện ở ngõ" in page and "điện lực" in page and "Có thể sao chép" in page
    sent = {"verb": "refuse", "case": found.code, "seen": f"{found.code}:0", "reason": "không phải rác đâu"}
    assert "không phải rác đâu" in text_of(client.post(reverse("queue-act"), sent))


# --- the queue -----------------------------------------------------------------------------------------
def test_the_form_for_many_comes_back_with_what_was_chosen_and_typed(desk, case):  # noqa: F811
    one, two, other = case(), case(), case()
    typed = {"to": "member:me", "day": "2001-01-01", "priority": "2", "reason": "đất riêng", "into": "K0N6C0"}
    page = desk().post(reverse("queue-act"), {"verb": "merge", "case": [one.code, two.code], **typed}).content.decode()
    for kept in ('value="member:me" selected', 'value="2001-01-01"', 'value="2" selected', 'value="đất riêng"', 'value="K0N6C0"'):
        assert kept in page.split('id="bulk"')[1], kept
    for found, chosen in ((one, True), (two, True), (other, False)):
        assert (f'Chọn {found.code}" checked' in page) is chosen


def test_the_detail_comes_back_with_the_case_that_was_chosen(desk, case):  # noqa: F811
    here, there = case(), case(lon=108.2051)
    Case.objects.filter(pk=here.pk).update(version=5)
    page = desk().post(reverse("queue-act"), {"verb": "merge", "case": here.code, "seen": f"{here.code}:0", "into": [there.code, ""]}).content.decode()
    assert f'name="into" value="{there.code}" checked' in page


def test_a_view_that_is_not_kept_leaves_its_name_in_the_form(desk, monkeypatch):  # noqa: F811
    monkeypatch.setattr("reports.pages.staff_queue_views.MOST_OWN", 0), monkeypatch.setattr("reports.queue.saved_views.MOST_OWN", 0)
    answer = desk().post(reverse("saved-views"), {"name": "Khẩn & gần biển", "query": "priority=3"}, follow=True)
    page = answer.content.decode()
    assert 'value="Khẩn &amp; gần biển"' in page and 'name="query" value="priority=3"' in page


# --- entry on behalf -----------------------------------------------------------------------------------
def entered(**fields: object) -> dict[str, object]:
    return {"uuid": str(uuid4()), "channel": "counter", "point": "16.0550, 108.2050", "problem": "dump", "amount": "cart", "description": "Đống xà bần", **fields}


def test_photos_shown_at_the_counter_go_the_way_of_every_photo(desk, two_areas):  # noqa: F811
    answer = desk().post(reverse("entry"), entered(photos=[picture("a.jpg"), picture("b.jpg", 40)]))
    report = Report.objects.get()
    assert answer.status_code == 303 and report.photos_expected == 2
    assert [(photo.position, photo.state, photo.kind) for photo in report.photos.order_by("position")] == [(1, "quarantined", "report"), (2, "quarantined", "report")]
    grouping.process([report.pk])
    report.refresh_from_db()
    assert report.case is not None


def test_a_photo_is_enough_without_a_word(desk, two_areas):  # noqa: F811
    assert desk().post(reverse("entry"), entered(description="", photos=[picture()])).status_code == 303


def test_an_entry_with_a_fault_keeps_its_photos(desk, two_areas):  # noqa: F811
    client, sent = desk(), entered(point="xyz")
    answer = client.post(reverse("entry"), sent | {"photos": [picture("a.jpg")]})
    assert answer.status_code == 422 and "bỏ ảnh a.jpg" in text_of(answer) and not Report.objects.exists()
    found = client.post(reverse("entry"), sent | {"point": "16.0550, 108.2050", "find": "1"})
    assert "bỏ ảnh a.jpg" in text_of(found), "looking around keeps them too"
    assert client.post(reverse("entry"), sent | {"point": "16.0550, 108.2050"}).status_code == 303
    assert Report.objects.get().photos.count() == 1


def test_a_file_that_is_no_photo_is_named_and_nothing_is_taken_without_it(desk, two_areas):  # noqa: F811
    answer = desk().post(reverse("entry"), entered(photos=[no_picture(), picture("b.jpg")]))
    assert answer.status_code == 422 and "ke-hoach.docx: " in text_of(answer) and "bỏ ảnh b.jpg" in text_of(answer) and not Report.objects.exists()


@pytest.mark.parametrize("ref", ["", "1022-5"])
def test_pressing_twice_with_photos_enters_once(ref, desk, two_areas):  # noqa: F811
    client, sent = desk(), entered(external_ref=ref)
    first = client.post(reverse("entry"), sent | {"photos": [picture("a.jpg")]})
    assert client.post(reverse("entry"), sent | {"photos": [picture("a.jpg")]})["Location"] == first["Location"]
    assert (Report.objects.count(), Photo.objects.count()) == (1, 1)


def test_a_form_that_was_entered_and_then_changed_says_so_and_can_be_entered_anew(desk, two_areas):  # noqa: F811
    client, sent = desk(), entered()
    client.post(reverse("entry"), sent)
    code = Report.objects.get().code
    answer = client.post(reverse("entry"), sent | {"description": "Đống khác, cách 200 m", "photos": [picture("c.jpg")]})
    assert answer.status_code == 422 and f"{code[:5]} {code[5:]}" in text_of(answer) and "Đống khác, cách 200 m" in text_of(answer)
    fresh = re.search(r'name="uuid" value="([0-9a-f-]{36})"', answer.content.decode())[1]
    assert fresh != sent["uuid"]
    assert client.post(reverse("entry"), sent | {"uuid": fresh, "description": "Đống khác, cách 200 m"}).status_code == 303
    assert Report.objects.count() == 2 and Report.objects.exclude(code=code).get().photos.count() == 1
