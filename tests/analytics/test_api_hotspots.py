"""The public list of hotspots: of one analysis, complete page by page, coarse below five, an error for a bad filter."""

import csv
import io
from datetime import date, timedelta

import h3.api.basic_int as h3
import jsonschema
import numpy as np
import pytest
import shapely
from django.db import transaction

from analytics.models import HotspotRun
from analytics.refresh import refresh
from reports.geography.area_index import forget_areas
from tests.rows import case_row, copy_rows

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/hotspots/"
MONDAY = date(2026, 11, 9)
CENTRE = h3.latlng_to_cell(16.055, 108.205, 10)
TOWN = sorted(h3.grid_disk(CENTRE, 8))


@pytest.fixture
def run(two_areas) -> HotspotRun:
    forget_areas()
    rng = np.random.default_rng(3)
    rows = [case_row(cell, MONDAY) for cell in TOWN for _ in range(int(rng.integers(0, 8)))]
    copy_rows("reports_case", [*rows, *(case_row(CENTRE, MONDAY) for _ in range(80))])
    return refresh(MONDAY, resolution=10)


def found(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return answer.json()["features"]


def problem_of(answer) -> dict:
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()["errors"]


def test_hotspots_are_told_with_their_reason(client, run) -> None:
    answer = client.get(ADDRESS)

    assert answer["Content-Type"] == "application/geo+json"
    assert {feature["id"] for feature in found(answer)} == {h3.int_to_str(cell) for cell in run.rows.filter(hot=True).values_list("cell", flat=True)}
    row = run.rows.get(cell=CENTRE)
    middle = next(feature for feature in found(answer) if feature["id"] == h3.int_to_str(CENTRE))["properties"]
    assert (middle["class"], middle["certainty"]) == ("hot", "fairly_certain" if row.q > 0.001 else "certain")
    assert (middle["cases"], middle["observed"], middle["q"]) == (row.cases, row.observed, row.q)
    assert middle["place"] == row.place_words
    assert middle["area"] == "W1"
    analysis = answer.json()["analysis"]
    assert (analysis["run"], analysis["last_week"], analysis["cells"]) == (run.pk, "2026-W46", run.cells)


def test_the_outline_is_the_cell_s(client, run) -> None:
    for feature in found(client.get(ADDRESS)):
        outline = shapely.geometry.shape(feature["geometry"])
        cell = shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(int(feature["id"], 16))])
        assert outline.symmetric_difference(cell).area < cell.area * 1e-3


def test_of_other_cells_no_count_below_five_is_told(client, run) -> None:
    features = found(client.get(ADDRESS, {"class": "reported", "limit": 1000}))

    assert len(features) > 50
    for feature in features:
        told = feature["properties"]
        assert told["cases"] == "<5" or told["cases"] >= 5
        assert {told[name] for name in ("observed", "expected", "ratio", "p", "q", "certainty")} == {None}
    assert {feature["properties"]["cases"] == "<5" for feature in features} == {True, False}


def test_the_pages_together_are_the_list(client, run) -> None:
    whole = [feature["id"] for feature in found(client.get(ADDRESS, {"class": "hot,reported", "limit": 1000}))]

    pages, address = [], f"{ADDRESS}?class=hot,reported&limit=40"
    while address:
        answer = client.get(address)
        pages.append([feature["id"] for feature in found(answer)])
        address = answer.json()["next"]
        assert answer.has_header("Link") is bool(address)

    assert [cell for page in pages for cell in page] == whole == sorted(whole)
    assert {len(page) for page in pages[:-1]} == {40}


def test_a_newer_analysis_does_not_mix_into_further_pages(client, run) -> None:
    following = client.get(ADDRESS, {"class": "reported", "limit": 40}).json()["next"]
    copy_rows("reports_case", [case_row(TOWN[0], MONDAY) for _ in range(40)])
    newer = refresh(MONDAY, resolution=10)

    assert client.get(following).json()["analysis"]["run"] == run.pk
    assert client.get(ADDRESS).json()["analysis"]["run"] == newer.pk


def test_a_week_and_a_box_narrow_the_list(client, run) -> None:
    refresh(MONDAY + timedelta(weeks=1), resolution=10)

    assert client.get(ADDRESS, {"week": "2026-W47"}).json()["analysis"]["last_week"] == "2026-W47"
    assert client.get(ADDRESS, {"week": "2026-11-11"}).json()["analysis"]["last_week"] == "2026-W46"
    assert client.get(ADDRESS, {"week": "2020-W01"}).json() == {"type": "FeatureCollection", "analysis": None, "features": [], "next": None}
    lat, lon = h3.cell_to_latlng(CENTRE)
    near = found(client.get(ADDRESS, {"bbox": f"{lon - 1e-5},{lat - 1e-5},{lon + 1e-5},{lat + 1e-5}", "week": "2026-W46"}))
    assert [feature["id"] for feature in near] == [h3.int_to_str(CENTRE)]
    assert found(client.get(ADDRESS, {"bbox": "100,10,101,11"})) == []


def test_an_area_narrows_the_list_to_its_hot_cells(client, run) -> None:
    assert {feature["properties"]["area"] for feature in found(client.get(ADDRESS, {"area": "W1"}))} == {"W1"}
    assert found(client.get(ADDRESS, {"area": "nowhere"})) == []


def test_the_same_rows_are_csv(client, run) -> None:
    answer = client.get(ADDRESS, {"format": "csv"})

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    features = {feature["id"]: feature["properties"] for feature in found(client.get(ADDRESS))}
    assert {line["cell"] for line in lines} == set(features)
    for line in lines:
        assert int(line["observed"]) == features[line["cell"]]["observed"]
        assert h3.latlng_to_cell(float(line["lat"]), float(line["lon"]), 10) == int(line["cell"], 16)


def test_what_was_sent_already_is_not_sent_again(client, run) -> None:
    first = client.get(ADDRESS)

    assert client.get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 304
    copy_rows("reports_case", [case_row(TOWN[0], MONDAY)])
    with transaction.atomic():
        refresh(MONDAY, resolution=10)
    assert client.get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("week", "soon"), ("week", "2026-W99"), ("week", "2026-13-45"), ("class", "cold"), ("bbox", "1,2,3"), ("limit", "0"),
        ("after", "1"), ("after", "999999999.8a652556180ffff"), ("colour", "red"), ("area", "a b"),
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_an_error(client, run, name, value) -> None:
    assert name in problem_of(client.get(ADDRESS, {name: value}))


def test_before_the_first_analysis_the_list_is_empty(client) -> None:
    assert client.get(ADDRESS).json() == {"type": "FeatureCollection", "analysis": None, "features": [], "next": None}


def test_every_answer_is_as_the_document_says(client, run) -> None:
    document = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    operation = document["paths"]["/api/v1/hotspots/"]["get"]
    schema = operation["responses"]["200"]["content"]["application/geo+json"]["schema"]

    for query in ({}, {"class": "reported"}, {"week": "2020-W01"}):
        jsonschema.validate(client.get(ADDRESS, query).json(), _with_nulls(schema))


def _with_nulls(schema):
    """OpenAPI 3.0 writes `nullable` where JSON Schema has another type."""
    if isinstance(schema, list):
        return [_with_nulls(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _with_nulls(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
