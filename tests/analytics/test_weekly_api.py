"""The public list of weekly reports: final editions only, and nothing that tells of a few reporters."""

import csv
import io
from datetime import timedelta

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

from analytics.weekly import editions
from analytics.weekly.counts import COUNTS
from analytics.weekly.freeze import freeze
from analytics.weekly.public import few
from tests.analytics.weekly_history import CENTRE, MONDAY, invent, write
from tests.rows import case_row, copy_rows, report_row

pytestmark = pytest.mark.django_db
URL = "/api/v1/weekly-reports/"
WEEK = timedelta(weeks=1)


@pytest.fixture
def week(two_areas):
    write(invent(two_areas, n=60))
    copy_rows("reports_case", [case_row(CENTRE, MONDAY, area_id=two_areas[0].pk) for _ in range(30)])


def results(client, query: str = "") -> list[dict]:
    answer = client.get(URL + query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_drafts_are_not_public(client, week):
    edition = freeze(MONDAY)
    assert results(client) == []
    editions.finalise(edition)
    assert [row["week"] for row in results(client)] == ["2026-W43"]


def test_an_edition_tells_its_figures_hash_and_files(client, week):
    edition = editions.finalise(freeze(MONDAY))
    (row,) = results(client)
    assert (row["edition"], row["figures_sha256"]) == (1, edition.figures_sha256)
    assert {file["filename"]: file["sha256"] for file in row["files"]} == dict(edition.files.values_list("filename", "sha256"))
    values = {figure["key"]: figure["value"] for figure in edition.figures["figures"]}
    assert {name: row["figures"][name]["value"] for name in ("opened", "open_at_end", "hotspots", "on_time_share")} == {
        name: values[name] for name in ("opened", "open_at_end", "hotspots", "on_time_share")
    }
    assert row["places"] and row["units"]


def test_a_correction_takes_the_place_of_the_edition_once_it_is_final(client, week):
    editions.finalise(freeze(MONDAY))
    copy_rows("reports_case", [case_row(CENTRE, MONDAY)])
    second = freeze(MONDAY, correct=True)
    assert [row["edition"] for row in results(client)] == [1]
    editions.finalise(second)
    assert [row["edition"] for row in results(client)] == [2]


@pytest.mark.parametrize("count, told", [(None, None), (0, 0), (1, "<5"), (4, "<5"), (5, 5), (60, 60)])
def test_few_reports_are_not_told_exactly(count, told):
    assert few(count) == told


def test_neither_value_nor_mean_tells_how_few_reports_there_were(client, db):
    reports = [report_row(CENTRE, MONDAY - WEEK) for _ in range(9)] + [report_row(CENTRE, MONDAY) for _ in range(3)]
    copy_rows("reports_report", reports)
    copy_rows("reports_case", [case_row(CENTRE, MONDAY - WEEK)])
    editions.finalise(freeze(MONDAY))
    figure = results(client)[0]["figures"]["reports"]
    assert figure == {"value": "<5", "last_week": 9, "four_week_mean": None}


def test_nothing_of_the_staffs_addresses_and_no_report_count_by_unit_is_public(client, week):
    editions.finalise(freeze(MONDAY))
    text = client.get(URL).content.decode()
    assert "status=" not in text and '"query"' not in text and "previous" not in text
    assert not {"reports", "counting_reports"} & set(results(client)[0]["units"][0])


def test_pages_follow_each_other_by_week(client, week):
    for back in range(3):
        editions.finalise(freeze(MONDAY - back * WEEK))
    first = client.get(URL + "?limit=2")
    assert [row["week"] for row in first.json()["results"]] == ["2026-W43", "2026-W42"]
    following = first.json()["next"]
    assert first["Link"] == f'<{following}>; rel="next"'
    second = client.get(following)
    assert [row["week"] for row in second.json()["results"]] == ["2026-W41"] and second.json()["next"] is None


def test_weeks_can_be_chosen(client, week):
    for back in range(3):
        editions.finalise(freeze(MONDAY - back * WEEK))
    assert [row["week"] for row in results(client, "?from=2026-W42&to=2026-W42")] == ["2026-W42"]
    assert [row["week"] for row in results(client, "?from=2026-W42")] == ["2026-W43", "2026-W42"]


@pytest.mark.parametrize("query, name", [("?from=2026-W54", "from"), ("?to=yesterday", "to"), ("?weeks=3", "weeks"), ("?limit=0", "limit"), ("?after=x", "after")])
def test_a_filter_that_is_not_understood_is_an_error(client, query, name):
    answer = client.get(URL + query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert name in answer.json()["errors"]


def test_the_list_is_also_csv_with_a_line_for_each_week(client, week):
    edition = editions.finalise(freeze(MONDAY))
    answer = client.get(URL + "?format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    values = {figure["key"]: figure["value"] for figure in edition.figures["figures"]}
    assert line["week"] == "2026-W43"
    assert line["opened"] == str(values["opened"])
    assert set(COUNTS) <= set(line)


def test_the_answer_is_what_the_openapi_document_promises(client, week):
    editions.finalise(freeze(MONDAY))
    document = SchemaGenerator().get_schema(public=True)
    promised = document["paths"][URL]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(client.get(URL).json(), _with_nulls(promised))


def _with_nulls(schema):
    """OpenAPI 3.0 says `nullable`; JSON Schema says it with an alternative."""
    if isinstance(schema, list):
        return [_with_nulls(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _with_nulls(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
