"""Entry on behalf: the form, the list of another channel, and the answers that go back to it."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from reports import casework, grouping
from reports.contacts import unseal
from reports.csv_list import ListUnreadable
from reports.entry.from_list import COLUMNS, MOST_LINES, enter_list
from reports.entry.on_behalf import AlreadyEntered, clean_ref, enter
from reports.follow_up.erasure import erase
from reports.intake import Submission
from reports.models import Contact, Place, Report
from tests.reports.desk_pages import desk, text_of  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db

POINT = "16.0550, 108.2050"


def typed(**fields: str) -> dict[str, str]:
    return {"uuid": str(uuid4()), "channel": "phone", "point": POINT, "problem": "dump", "amount": "cart", "description": "Đống xà bần đầu hẻm", **fields}


def rows(answer) -> list[dict]:
    return json.loads(b"".join(answer.streaming_content))


@pytest.fixture
def market(two_areas):
    return Place.objects.create(kind="market", code="m1", name="Chợ Hàn", search="cho han", location="SRID=4326;POINT(108.205 16.055)", area=two_areas[0])


# --- the form ---------------------------------------------------------------------------------------
def test_a_call_becomes_a_report_whose_code_can_be_read_out(desk, two_areas):  # noqa: F811
    client = desk()
    answer = client.post(reverse("entry"), typed(external_ref="1022-77 01"))
    report = Report.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{reverse('entry')}?done={report.code}")
    assert (report.channel, report.external_ref, report.problem, report.amount, report.area) == ("phone", "1022-7701", "dump", "cart", two_areas[0])
    page = text_of(client.get(answer["Location"]))
    assert f"DN {report.code[:5]} {report.code[5:]}" in page and "Đang tìm điểm rác" in page
    grouping.process([report.pk])
    report.refresh_from_db()
    assert reverse("case", args=[report.case.code]) in client.get(answer["Location"]).content.decode()


def test_a_named_place_and_what_the_caller_said_of_it_are_both_kept(desk, market):  # noqa: F811
    desk().post(reverse("entry"), typed(point="", pick="place:m1", where="sau chợ Hàn, cạnh miếu"))
    report = Report.objects.get()
    assert report.place == market and report.location_source == "place"
    assert report.description == "Nơi: sau chợ Hàn, cạnh miếu\nĐống xà bần đầu hẻm"


def test_only_the_ward_is_enough(desk, two_areas):  # noqa: F811
    assert desk().post(reverse("entry"), typed(point="", area="E1")).status_code == 303
    assert (Report.objects.get().area, Report.objects.get().cell) == (two_areas[1], None)


def test_bad_input_is_told_at_once_and_loses_nothing(desk, two_areas):  # noqa: F811
    answer = desk().post(reverse("entry"), typed(point="xyz", observed_at="hôm qua", where="kiệt 12", phone="0905 123 456"))
    page = answer.content.decode()
    assert answer.status_code == 422 and not Report.objects.exists()
    for kept in ("xyz", "kiệt 12", "0905 123 456", "Đống xà bần đầu hẻm"):
        assert kept in page, kept
    assert "Đây không phải tọa độ" in page and "không phải ngày giờ" in page


def test_a_contact_is_kept_with_the_boxes_that_were_agreed_to_and_not_without(desk, two_areas):  # noqa: F811
    client = desk()
    answer = client.post(reverse("entry"), typed(phone="0905 123 456", name="Bà Tư"))
    assert answer.status_code == 422 and "đồng ý" in text_of(answer)
    assert client.post(reverse("entry"), typed(phone="0905 123 456", name="Bà Tư", consent_questions="1")).status_code == 303
    contact = Contact.objects.get()
    assert (unseal(contact).phone, unseal(contact).name, contact.purposes) == ("0905 123 456", "Bà Tư", ["questions"])


@pytest.mark.parametrize("ref", ["", "1022-5"])
def test_pressing_twice_enters_once(ref, desk, two_areas):  # noqa: F811
    client, sent = desk(), typed(external_ref=ref)
    first, second = client.post(reverse("entry"), sent), client.post(reverse("entry"), sent)
    assert first["Location"] == second["Location"] and Report.objects.count() == 1


def test_a_number_that_is_known_is_not_entered_again(desk, two_areas):  # noqa: F811
    client = desk()
    client.post(reverse("entry"), typed(external_ref="1022-5"))
    answer = client.post(reverse("entry"), typed(external_ref="1022-5 ", description="người khác nhập"))
    code = Report.objects.get().code
    assert answer.status_code == 422 and f"{code[:5]} {code[5:]}" in text_of(answer) and "đã được nhập trước đó" in text_of(answer)


def test_an_erased_report_keeps_no_number_and_the_number_brings_nothing_back(two_areas):
    sent = Submission(uuid=uuid4(), channel="phone", location=(108.205, 16.055), description="Gọi tôi là Mai", external_ref="1022-5")
    report = enter(sent).report
    erase(report)
    for again in (sent, replace(sent, description="Mai gọi lần nữa")):
        with suppress(AlreadyEntered):
            enter(again)
    assert list(Report.objects.values_list("uuid", "external_ref", "description")) == [(report.uuid, "", "")]


@pytest.mark.django_db(transaction=True)
def test_members_who_enter_one_number_at_once_make_one_report(two_areas):
    together = Barrier(4)

    def try_it(text: str) -> str:
        try:
            together.wait()
            enter(Submission(uuid=uuid4(), channel="phone", location=(108.205, 16.055), description=text, external_ref="G-1"))
            return "taken"
        except AlreadyEntered:
            return "known"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(try_it, "abcd")) == ["known", "known", "known", "taken"]
    assert Report.objects.count() == 1


def test_the_number_of_the_other_channel_does_not_tell_the_code(settings, two_areas):
    from reports.entry.on_behalf import uuid_of

    before = uuid_of("G-1")
    settings.TOKEN_KEY = "another key"
    assert uuid_of("G-1") != before


def test_open_cases_around_are_shown_while_the_place_is_typed(desk, case, report, market):  # noqa: F811
    near, far = case(lon=108.2052), case(lon=108.2085)
    report(near)
    page = desk().get(reverse("entry-around"), {"where": "cho han", "pick": "place:m1"}).content.decode()
    assert "Chợ Hàn" in page and f'value="{near.code}"' in page and far.code not in page
    assert "<html" not in page


def test_where_only_the_ward_is_known_its_newest_open_cases_are_shown(desk, case):  # noqa: F811
    here = case(lon=108.2085)
    assert here.code in desk().get(reverse("entry-around"), {"area": "W1"}).content.decode()


def test_without_a_script_a_button_looks_around(desk, case, market):  # noqa: F811
    near = case(lon=108.2052)
    page = desk().post(reverse("entry"), typed(find="1", where="chợ hàn")).content.decode()
    assert near.code in page and "Đống xà bần đầu hẻm" in page and not Report.objects.exists()


def test_what_is_said_to_be_a_known_case_joins_it(desk, case):  # noqa: F811
    near = case(lon=108.2052)
    desk().post(reverse("entry"), typed(same_case=near.code))
    report = Report.objects.get()
    grouping.process([report.pk])
    report.refresh_from_db()
    assert report.case == near


def test_an_officer_sees_around_only_cases_of_their_own_ward(desk, case, two_areas):  # noqa: F811
    foreign = case(lon=108.2101, area=two_areas[1])
    client = desk("officer", areas=[two_areas[0]])
    for sent in ({"point": "16.055, 108.2099"}, {"area": "E1"}):
        assert foreign.code not in client.get(reverse("entry-around"), sent).content.decode()


def test_an_officer_may_enter_for_another_ward_and_gets_the_code_but_not_the_case(desk, two_areas):  # noqa: F811
    client = desk("officer", areas=[two_areas[0]])
    answer = client.post(reverse("entry"), typed(point="16.055, 108.215"))
    report = Report.objects.get()
    grouping.process([report.pk])
    report.refresh_from_db()
    page = client.get(answer["Location"]).content.decode()
    assert report.case.code not in page and report.code[:5] in page


# --- the list ---------------------------------------------------------------------------------------
def listed(*lines: str, columns: tuple[str, ...] = COLUMNS) -> bytes:
    return ("\ufeff" + ",".join(columns) + "\n" + "\n".join(lines) + "\n").encode()


GOOD = "1022-1,phone,21/11/2025 16:42,dump,truck,,xà bần,,,108.205,16.055"


def test_good_lines_are_taken_and_bad_ones_told_by_number_and_reason(two_areas):
    found = enter_list(listed(
        GOOD, "1022-2,counter,,litter,bag,,túi ni lông,Ward East,kiệt 12,,", ",phone,,,,,không số,W1,,,", "1022-3,zalo,,,,,rác,W1,,,",
        "1022-4,phone,hôm qua,,,,rác,W1,,,", "1022-5,phone,,,,,rác,Xã Không Có,,,", "1022-6,phone,,,,,rác,,,2.35,48.85", "1022-7,phone,,,,,,W1,,,",
    ), "vi")  # fmt: skip
    assert [number for number, _report in found.taken] == [2, 3]
    assert [number for number, _ref, _why in found.bad] == [4, 5, 6, 7, 8, 9]
    assert all(why and all(why) for _number, _ref, why in found.bad)
    first, second = (report for _number, report in found.taken)
    assert (first.amount, first.observed_at.isoformat()) == ("truck", "2025-11-21T09:42:00+00:00")
    assert (second.channel, second.area, second.description) == ("counter", two_areas[1], "Nơi: kiệt 12\ntúi ni lông")


def test_the_same_list_again_changes_nothing(two_areas):
    enter_list(listed(GOOD), "vi")
    again = enter_list(listed(GOOD, GOOD.replace("xà bần", "khác")), "vi")
    assert (again.taken, [report.external_ref for _number, report in again.known], Report.objects.count()) == ([], ["1022-1", "1022-1"], 1)


@pytest.mark.parametrize("content,reason", [(b"\xff\xfe", "not_utf8"), (b"a,b\n1,2\n", "columns_missing"), (listed(), "empty"), (b"x" * (2**20 + 1), "too_large")])
def test_a_file_that_is_no_list_takes_nothing(content, reason):
    with pytest.raises(ListUnreadable) as trouble:
        enter_list(content, "vi")
    assert trouble.value.reason == reason


def many(n: int) -> list[str]:
    """So many good lines, some four metres apart."""
    return [f"1022-{at},phone,21/11/2025 16:42,dump,truck,,xà bần {at},,,{108.2 + at * 0.00004:.5f},16.055" for at in range(n)]


def test_a_file_of_a_thousand_lines_takes_the_good_names_every_bad_one_and_knows_them_again(desk, two_areas):  # noqa: F811
    lines = many(MOST_LINES)
    for at in range(0, MOST_LINES, 4):
        lines[at] = lines[at].replace(",phone,", ",zalo,")
    client = desk()
    page = text_of(client.post(reverse("entry-list"), {"list": SimpleUploadedFile("1022.csv", listed(*lines))}))
    assert "Đã nhận 750 phản ánh" in page and Report.objects.count() == 750
    for at in range(0, MOST_LINES, 4):
        assert f" {at + 2} 1022-{at} " in page, "number and reason of each"
    page = text_of(client.post(reverse("entry-list"), {"list": SimpleUploadedFile("1022.csv", listed(*many(MOST_LINES)))}))
    assert "Đã nhận 250 phản ánh" in page and "750 dòng" in page and "và 650 dòng nữa" in page and Report.objects.count() == 1000


def test_a_file_with_more_lines_is_told_its_number_and_that_nothing_was_taken(desk, two_areas):  # noqa: F811
    answer = desk().post(reverse("entry-list"), {"list": SimpleUploadedFile("1022.csv", listed(*many(MOST_LINES + 1)))})
    assert answer.status_code == 422 and "Tệp có 1.001 dòng; mỗi lần nhận được 1.000 dòng" in text_of(answer) and not Report.objects.exists()


def test_what_is_known_already_costs_one_query_for_the_whole_file(two_areas, django_assert_max_num_queries):
    enter_list(listed(*many(30)), "vi")
    with django_assert_max_num_queries(3):
        assert len(enter_list(listed(*many(30)), "vi").known) == 30


def test_a_quotation_mark_that_is_never_closed_swallows_no_line(two_areas):
    with pytest.raises(ListUnreadable) as trouble:
        enter_list(listed(GOOD, '1022-2,phone,,,,,"rác,W1,,,', GOOD.replace("1022-1", "1022-3")), "vi")
    assert (trouble.value.reason, trouble.value.facts) == ("not_csv", {"line": 3}) and not Report.objects.exists()


def test_a_text_with_a_comma_and_no_quotation_marks_is_told_and_loses_no_word(two_areas):
    found = enter_list(listed("1022-2,W1,rác, nhiều túi", '1022-3,W1,"rác, nhiều\ntúi"', "1022-4,W9,rác", columns=("external_ref", "area", "description")), "vi")
    assert [(number, ref) for number, ref, _why in found.bad] == [(2, "1022-2"), (5, "1022-4")] and [number for number, _report in found.taken] == [3]


@pytest.mark.parametrize("line", ["x\0y,phone,,,,,rác,W1,,,", "1022-9,phone,,,,,\0,W1,,,", "1022-9,phone,9999-12-31,,,,rác,W1,,,", "1022-9,phone,,,,,rác,,,nan,inf", "1022-9,phone,,xx,yy,zz,rác,W1,,,"])
def test_a_line_of_nonsense_is_a_bad_line_and_no_error_of_the_server(line, two_areas):
    found = enter_list(listed(line, GOOD), "vi")
    assert [number for number, _report in found.taken][-1] == 3 and len(found.taken) + len(found.bad) == 2


def test_the_page_tells_what_became_of_the_list(desk, two_areas):  # noqa: F811
    answer = desk().post(reverse("entry-list"), {"list": SimpleUploadedFile("1022.csv", listed(GOOD, "1022-3,zalo,,,,,rác,W1,,,"))})
    page = text_of(answer)
    assert answer.status_code == 422 and "Đã nhận 1 phản ánh" in page and "“phone”" in page and " 3 1022-3 " in page


# --- the answers ------------------------------------------------------------------------------------
def test_answers_say_what_the_receipt_says_as_page_csv_and_json(desk, two_areas, member):  # noqa: F811
    enter_list(listed(GOOD), "vi")
    report = Report.objects.get()
    grouping.process([report.pk])
    report.refresh_from_db()
    casework.refuse(report.case, member(), "Đất của gia đình.")
    client = desk()
    (row,) = rows(client.get(reverse("entry-list"), {"format": "json"}))
    assert (row["external_ref"], row["status"], row["state"]) == ("1022-1", "refused", "Phản ánh này không xử lý được")
    assert "Đất của gia đình." in row["answer"] and row["link"].endswith(f"/{report.code}/") and row["changed_at"]
    body = b"".join(client.get(reverse("entry-list"), {"format": "csv"}).streaming_content).decode()
    assert next(csv.DictReader(io.StringIO(body[1:])))["external_ref"] == "1022-1"
    assert "Đất của gia đình." in text_of(client.get(reverse("entry-list")))


def test_answers_can_be_narrowed_to_news_and_to_a_number(desk, report, noon):  # noqa: F811
    report(external_ref="1022-1"), report(external_ref="G-9")
    client = desk()
    assert len(rows(client.get(reverse("entry-list"), {"format": "json"}))) == 2
    assert [row["external_ref"] for row in rows(client.get(reverse("entry-list"), {"format": "json", "q": "g-9"}))] == ["G-9"]
    assert rows(client.get(reverse("entry-list"), {"format": "json", "since": "2026-11-20"})) == []
    assert "không phải là ngày" in text_of(client.get(reverse("entry-list"), {"since": "hôm qua"}))


def test_an_officer_reads_answers_of_their_own_wards_only(desk, case, report, two_areas):  # noqa: F811
    report(case(), external_ref="own-1"), report(case(area=two_areas[1], lon=108.215), external_ref="foreign-1")
    client = desk("officer", areas=[two_areas[0]])
    assert [row["external_ref"] for row in rows(client.get(reverse("entry-list"), {"format": "json"}))] == ["own-1"]
    assert "foreign-1" not in client.get(reverse("entry-list")).content.decode()


def test_reading_answers_costs_a_fixed_number_of_queries(desk, case, report, django_assert_max_num_queries):  # noqa: F811
    for number in range(12):
        report(case(lon=108.2 + number * 0.0005), external_ref=f"n-{number}")
    client = desk()
    with django_assert_max_num_queries(14):
        client.get(reverse("entry-list"))


@pytest.mark.parametrize("ways", [" 1022 - 77", "1022-77", "1022-77 "])
def test_a_number_is_the_same_with_and_without_spaces(ways):
    assert clean_ref(ways) == "1022-77"
