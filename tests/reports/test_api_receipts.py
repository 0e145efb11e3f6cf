"""GET /api/v1/receipts/: how far some reports are, by their codes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports import casework
from reports.follow_up import withdraw_report

pytestmark = pytest.mark.django_db


def asked(client, *codes, **headers):
    return client.get("/api/v1/receipts/?" + "&".join(f"code={code}" for code in codes), **headers)


def test_each_known_code_is_answered_once_in_the_order_asked(client, report, case):
    first, second = report(), report(case("cleaned"))
    answer = asked(client, second.code, first.code, second.code, "0000000000")
    assert [row["code"] for row in answer.json()["receipts"]] == [second.code, first.code]
    assert [row["status"] for row in answer.json()["receipts"]] == ["cleaned", "checking"]


def test_the_words_are_in_the_language_asked_for(client, report):
    code = report().code
    assert asked(client, code, HTTP_ACCEPT_LANGUAGE="vi").json()["receipts"][0]["title"] == "Đã nhận phản ánh"
    english = client.get("/api/v1/receipts/", {"code": code, "lang": "en"}).json()["receipts"][0]
    assert english["title"] == "The report has been received" and english["url"].endswith(f"/en/p/{code}/")


def test_it_changes_when_the_case_does_and_not_otherwise(client, report, case, member, noon):
    worked = case()
    code = report(worked).code
    before = asked(client, code).json()["receipts"][0]
    assert before["changed_at"] == "2026-11-18T05:00:00Z"
    casework.confirm(worked, member())
    after = asked(client, code).json()["receipts"][0]
    assert after["changed_at"] > before["changed_at"] and after["status"] == "handled"
    casework.hand_over([worked], None, None, "x")
    assert asked(client, code).json()["receipts"][0] == after


def test_every_status_is_one_of_the_documented(client, report, case):
    from reports.progress import STATUSES

    sent = [report(case(status)) for status in ("new", "confirmed", "cleaned", "verified", "refused", "withdrawn")]
    sent += [withdraw_report(report()), report(case=None, processed_at=None)]
    found = {row["status"] for row in asked(client, *[each.code for each in sent]).json()["receipts"]}
    assert found == set(STATUSES)


def test_nothing_private_is_in_it(client, report):
    sent = report(description="nhà số 12")
    assert set(asked(client, sent.code).json()["receipts"][0]) == {"code", "status", "title", "changed_at", "url", "photo"}


@pytest.mark.parametrize("query", ["", "?code=", "?code=zzz", "?" + "&".join(["code=0000000000"] * 21), "?codes=0000000000"])
def test_what_cannot_be_looked_up_is_a_problem(client, db, query):
    answer = client.get(f"/api/v1/receipts/{query}")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"


def test_it_is_fresh_for_a_moment_only(client, report):
    assert asked(client, report().code)["Cache-Control"] in ("public, max-age=20", "max-age=20, public")


def test_twenty_codes_take_a_bounded_number_of_questions(client, report, case):
    few, many = [report(case()) for _ in range(2)], [report(case()) for _ in range(20)]
    asked(client, few[0].code)
    with CaptureQueriesContext(connection) as two:
        asked(client, *[each.code for each in few])
    with CaptureQueriesContext(connection) as twenty:
        asked(client, *[each.code for each in many])
    assert len(twenty) - len(two) <= 2, (len(two), len(twenty))


def test_a_withdrawn_report_has_news_and_no_photo(client, report, case):
    sent = report(case("cleaned"))
    withdraw_report(sent, now=timezone.now() + timedelta(hours=1))
    row = asked(client, sent.code).json()["receipts"][0]
    assert (row["status"], row["photo"]) == ("withdrawn", None)
