"""The public lists: coarse, complete page by page, and an error for every filter that is not understood."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import h3.api.basic_int as h3
import pytest
from django.contrib.gis.geos import Point
from django.db import transaction

from reports.models import Area, Case, WasteType

pytestmark = pytest.mark.django_db
CASES, AREAS, WASTE = "/api/v1/cases/", "/api/v1/areas/", "/api/v1/waste-types/"


def problem_of(answer, status: int = 400) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()


def found(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return answer.json()["features"]


def table(answer) -> list[dict]:
    assert answer.status_code == 200 and answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.fixture
def public(case):
    """Makes a case whose public point is the centre of its resolution-11 cell: `public(lon=…)`."""

    def make(lon: float = 108.205, lat: float = 16.055, **fields) -> Case:
        made = case(lon=lon, lat=lat, **fields)
        y, x = h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, 11))
        made.public_location = Point(x, y, srid=4326)
        made.save()
        return made

    return make


# --- cases --------------------------------------------------------------------------------------
def test_a_case_is_public_by_cell_and_day_only(client, public, noon):
    lon, lat = 108.2051234, 16.0554321
    public(lon=lon, lat=lat, at=noon)
    answer = client.get(CASES)
    (feature,) = found(answer)
    assert answer["Content-Type"] == "application/geo+json"
    x, y = feature["geometry"]["coordinates"]
    assert (y, x) == pytest.approx(h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, 11)), abs=1e-6)
    assert feature["properties"] == {
        "code": feature["id"], "status": "new", "problem": "litter", "waste_group": None, "amount": "bag", "observed_on": "2026-11-18",
        "area": "W1", "area_name": "Ward West", "area_approximate": False, "reports": "<5", "recurs": False,
    }  # fmt: skip


def test_the_day_is_the_city_s_not_greenwich_s(client, public):
    public(at=datetime(2026, 11, 18, 18, 30, tzinfo=UTC))
    assert found(client.get(CASES))[0]["properties"]["observed_on"] == "2026-11-19"


@pytest.mark.parametrize("count, told", [(0, "<5"), (1, "<5"), (4, "<5"), (5, 5), (7, 7)])
def test_fewer_than_five_reports_are_not_told_exactly(client, public, report, count, told):
    one = public()
    for _ in range(count):
        report(one)
    assert found(client.get(CASES))[0]["properties"]["reports"] == told


def test_what_is_no_waste_is_not_listed_and_cannot_be_asked_for(client, public):
    kept = public()
    public(status="refused")
    public(status="merged", merged_into=kept)
    assert [feature["id"] for feature in found(client.get(CASES))] == [kept.code]
    assert "status" in problem_of(client.get(CASES, {"status": "refused"}))["errors"]


def test_the_box_knows_the_public_point_only(client, public):
    """Else whoever asks with smaller and smaller boxes would learn the true point."""
    one = public(lon=108.2051234, lat=16.0554321)
    true, shown = one.location, one.public_location
    around = lambda point: ",".join(f"{value:.7f}" for value in (point.x - 1e-6, point.y - 1e-6, point.x + 1e-6, point.y + 1e-6))  # noqa: E731
    assert found(client.get(CASES, {"bbox": around(true)})) == []
    assert len(found(client.get(CASES, {"bbox": around(shown)}))) == 1


def test_from_and_to_are_whole_days_of_the_city_both_included(client, public):
    day = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)  # midnight of the 18th in the city
    codes = [public(at=at).code for at in (day - timedelta(microseconds=1), day, day + timedelta(hours=24, microseconds=-1), day + timedelta(hours=24))]
    ask = lambda **query: [feature["id"] for feature in found(client.get(CASES, query))]  # noqa: E731
    assert ask(**{"from": "2026-11-18", "to": "2026-11-18"}) == sorted([codes[1], codes[2]])
    assert ask(**{"to": "2026-11-17"}) == [codes[0]]
    assert ask(**{"from": "2026-11-19"}) == [codes[3]]


def test_cases_are_found_by_status_and_area(client, public, two_areas):
    west, east, done = public(), public(area=two_areas[1]), public(status="cleaned", area=two_areas[1])
    ask = lambda **query: {feature["id"] for feature in found(client.get(CASES, query))}  # noqa: E731
    assert ask(area="E1") == {east.code, done.code}
    assert ask(area="E1,W1", status="new,confirmed") == {west.code, east.code}
    assert ask(area="nowhere") == set()


def test_pages_show_every_case_once_newest_day_first_and_by_code_within_a_day(client, public, noon):
    at = [noon, noon, noon - timedelta(days=1), noon - timedelta(days=2), noon, noon - timedelta(days=1), noon - timedelta(days=3)]
    codes = [public(at=moment).code for moment in at]
    seen, address = [], f"{CASES}?limit=3&status=new"
    while address:
        answer = client.get(address)
        seen.append([feature["id"] for feature in found(answer)])
        following = answer.json()["next"]
        assert ("Link" in answer) == bool(following) and (not following or f'<{following}>; rel="next"' == answer["Link"])
        address = following and following.split("8000", 1)[-1]
        if len(seen) == 1:
            public(at=noon + timedelta(days=1))  # what is added meanwhile moves nothing
    assert [len(page) for page in seen] == [3, 3, 1]
    assert [code for page in seen for code in page] == [
        *sorted(codes[each] for each in (0, 1, 4)), *sorted(codes[each] for each in (2, 5)), codes[3], codes[6],
    ]  # fmt: skip


def test_a_case_of_which_only_the_area_is_known_has_no_geometry(client, public, two_areas):
    one = public()
    Case.objects.filter(pk=one.pk).update(location=None, public_location=None, cell=None)
    assert found(client.get(CASES))[0]["geometry"] is None
    assert found(client.get(CASES, {"bbox": "108,16,109,17"})) == []
    assert table(client.get(CASES, {"format": "csv"}))[0]["lon"] == ""


def test_csv_says_the_same_and_runs_nothing(client, public, two_areas, report):
    Area.objects.filter(pk=two_areas[0].pk).update(full_name='=HYPERLINK("http://x","y")')
    one = public(lon=108.205, lat=16.055)
    (row,) = table(client.get(CASES, {"format": "csv"}))
    assert row["code"] == one.code and row["area_name"] == "'=HYPERLINK(\"http://x\",\"y\")"
    assert float(row["lon"]) == pytest.approx(108.205, abs=1e-3)
    assert table(client.get(CASES, HTTP_ACCEPT="text/csv"))[0]["code"] == one.code


def test_a_longitude_west_of_greenwich_stays_a_number_in_csv(client, public):
    public(lon=-75.16, lat=39.95)
    assert float(table(client.get(CASES, {"format": "csv"}))[0]["lon"]) < -75


def test_plain_json_is_the_same_collection(client, public):
    public()
    plain = client.get(CASES, {"format": "json"})
    assert plain["Content-Type"] == "application/json"
    assert plain.json() == client.get(CASES).json()


@pytest.mark.parametrize(
    "query",
    [
        {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "109,16,108,17"}, {"bbox": "108,17,109,16"}, {"bbox": "nan,0,1,1"}, {"bbox": "0,0,6,1"},
        {"bbox": "-181,0,-180.5,1"}, {"bbox": ""}, {"from": "2026-13-01"}, {"from": "18/11/2026"}, {"to": "2026-11-18T05:00"},
        {"from": "0001-01-01"}, {"status": "new;old"}, {"status": ""}, {"area": "a' or 1=1"}, {"area": ""}, {"limit": "0"},
        {"limit": "1001"}, {"limit": "-1"}, {"limit": "all"}, {"after": "x"}, {"after": "0000000000"}, {"page": "2"}, {"Status": "new"}, {"limit": "１"},
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_named(client, case, query):
    case()
    (name,) = query
    assert set(problem_of(client.get(CASES, query))["errors"]) == {name}


def test_a_span_of_time_that_is_reversed_or_too_long_is_refused(client):
    for begin, end in (("2026-11-18", "2026-11-17"), ("2010-01-01", "2026-01-01")):
        assert set(problem_of(client.get(CASES, {"from": begin, "to": end}))["errors"]) == {"to"}


def test_a_filter_that_is_said_twice_is_refused(client):
    assert "status" in problem_of(client.get(f"{CASES}?status=new&status=cleaned"))["errors"]


def test_an_unknown_format_is_406_and_still_a_problem(client):
    problem_of(client.get(CASES, {"format": "shp"}), 406)
    problem_of(client.get(CASES, HTTP_ACCEPT="image/png"), 406)
    problem_of(client.get(CASES, {"format": "csv", "limit": "0"}), 400)


def test_a_list_cannot_be_written_to(client):
    problem_of(client.post(CASES), 405)


def test_a_page_of_cases_takes_a_fixed_number_of_queries(client, public, report, django_assert_max_num_queries):
    for _ in range(8):
        report(public())
    with django_assert_max_num_queries(6):  # savepoint, limit, how far, cases, limit off, release
        client.get(CASES)


# --- areas --------------------------------------------------------------------------------------
def test_areas_have_borders_and_say_when_they_are_a_guess(client, two_areas):
    Area.objects.filter(code="E1").update(approximate=True)
    east, west = found(client.get(AREAS))
    assert (east["id"], west["id"]) == ("unit:E1", "unit:W1")
    assert east["geometry"]["type"] == "MultiPolygon" and east["properties"]["approximate"]
    assert west["properties"]["full_name"] == "Ward West" and west["properties"]["valid_from"] == "2025-07-01"


def test_areas_of_another_day_are_those_in_force_then(client, two_areas):
    Area.objects.filter(code="W1").update(valid_from=date(2020, 1, 1), valid_to=date(2025, 7, 1))
    ask = lambda **query: [feature["id"] for feature in found(client.get(AREAS, query))]  # noqa: E731
    assert ask() == ["unit:E1"]
    assert ask(on="2024-01-01") == ["unit:W1"]
    assert ask(on="2010-01-01") == []


def test_areas_are_found_by_box_layer_and_code_and_come_in_pages(client, two_areas):
    Area.objects.create(layer="overlay", kind="beach", code="B1", name="Beach", valid_from=date(2020, 1, 1), polygon=two_areas[0].polygon)
    ask = lambda **query: [feature["id"] for feature in found(client.get(AREAS, query))]  # noqa: E731
    assert ask() == ["overlay:B1", "unit:E1", "unit:W1"]
    assert ask(layer="unit") == ["unit:E1", "unit:W1"]
    assert ask(bbox="108.2001,16.051,108.2002,16.052") == ["overlay:B1", "unit:W1"]
    assert ask(area="W1") == ["unit:W1"]
    assert ask(limit=1) == ["overlay:B1"]
    assert ask(limit=1, after="overlay:B1") == ["unit:E1"]
    assert ask(limit=1, after="unit:E1") == ["unit:W1"]


def test_areas_are_not_sent_again_while_nothing_changed(client, two_areas):
    first = client.get(AREAS)
    again = client.get(AREAS, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(AREAS, {"limit": 1}, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200
    with transaction.atomic():  # of its own: a version is a row's transaction
        Area.objects.filter(code="E1").update(name="Renamed")
    assert client.get(AREAS, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_areas_as_csv_have_names_and_no_borders(client, two_areas):
    Area.objects.filter(code="E1").update(aliases=["Old East", "Orient"])
    assert table(client.get(AREAS, {"format": "csv"}))[0] | {"aliases": "Old East; Orient"} == table(client.get(AREAS, {"format": "csv"}))[0]


# --- waste types --------------------------------------------------------------------------------
def test_waste_types_come_with_the_codes_of_other_programmes(client):
    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets", unep="PL20", g_code="G51 G52", ospar="116", order=2)
    WasteType.objects.create(code="foam", group="foam", name="Xốp", name_en="Foam", order=1, active=False)
    answer = client.get(WASTE)
    foam, nets = answer.json()["results"]
    assert (foam["code"], foam["active"]) == ("foam", False)
    assert (nets["name_en"], nets["unep"], nets["g_code"], nets["mean_mass_g"]) == ("Nets", "PL20", "G51 G52", None)
    assert client.get(WASTE, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    assert [row["code"] for row in table(client.get(WASTE, {"format": "csv"}))] == ["foam", "nets"]
    problem_of(client.get(WASTE, {"group": "nets"}))


def test_the_answer_s_json_has_no_member_that_tells_the_reporter(client, public, report):
    one = public()
    for number in range(6):
        report(one, reporter=bytes([number]) * 32, description="my phone is 0905 000 000")
    text = json.dumps(client.get(CASES).json())
    assert "0905" not in text and str(one.pk) not in [feature["id"] for feature in client.get(CASES).json()["features"]]
