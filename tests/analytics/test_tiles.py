"""Vector tiles as GDAL reads them: public ones hold nothing that is not public, and what is no tile asks no database."""

import math
from datetime import date, timedelta

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pyogrio
import pytest
from django.db import connection, transaction
from django.test import RequestFactory

from analytics.models import HotspotRun
from analytics.refresh import refresh
from analytics.tile_layers import LAYERS as LAYERS_BY_NAME
from analytics.tile_layers import Layer, shown_resolution
from analytics.tiles import staff_tile
from citylab.demonstration import forget, is_demonstration
from reports.models import Area, Case, CaseEvent, Place, Report
from tests.rows import case_row, copy_rows, report_row

MONDAY = date(2026, 11, 9)
CENTRE = h3.latlng_to_cell(16.055, 108.205, 10)
TOWN = sorted(h3.grid_disk(CENTRE, 8))
LAYERS = ("hotspots", "cases", "areas", "basemap")


def tile_at(z: int, lat: float = 16.055, lon: float = 108.205) -> tuple[int, int, int]:
    """The tile that holds a point (OGC Two Dimensional Tile Matrix Set, WebMercatorQuad)."""
    x = (lon + 180) / 360 * 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
    return z, int(x), int(y)


def address(layer: str, z: int, x: int, y: int) -> str:
    return f"/tiles/{layer}/{z}/{x}/{y}.mvt"


@pytest.fixture
def features(client, tmp_path):
    """The features of one layer of a tile, as GDAL's own driver reads them."""

    def read(response, layer: str) -> pd.DataFrame:
        assert response.status_code == 200, response.content
        assert response["Content-Type"] == "application/vnd.mapbox-vector-tile"
        path = tmp_path / "tile.mvt"
        path.write_bytes(response.content)
        if layer not in [name for name, _ in pyogrio.list_layers(path)]:
            return pd.DataFrame()
        return pyogrio.read_dataframe(path, layer=layer).drop(columns="mvt_id", errors="ignore")

    return read


@pytest.fixture
def staff(member):
    """Asks for a tile as a member of the staff would."""

    def ask(layer: str, z: int, x: int, y: int, role: str = "analyst", areas=(), **query: object):
        request = RequestFactory().get("/", {name: str(value) for name, value in query.items()})
        request.user = member(role, areas=areas)
        return staff_tile(request, layer, z, x, y)

    return ask


@pytest.fixture
def run(db, two_areas) -> HotspotRun:
    """Counts of 1 to 9 cases in the cells of a town, and eighty more in the middle."""
    rng = np.random.default_rng(3)
    rows = [case_row(cell, MONDAY) for cell in TOWN for _ in range(int(rng.integers(0, 10)))]
    rows += [case_row(CENTRE, MONDAY) for _ in range(80)]
    copy_rows("reports_case", rows)
    copy_rows("reports_report", [report_row(cell, MONDAY) for cell in TOWN[:40]])
    return refresh(MONDAY, resolution=10)


JUNK = [
    ("hotspots", 3, 8, 0), ("hotspots", 3, 0, 8), ("cases", 21, 0, 0), ("areas", 99999, 1, 1), ("roads", 0, 0, 0),
    ("basemap", 0, 1, 0), ("cases", 10**30, 0, 0), ("hotspots", 5, 10**40, 1),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("triple", JUNK)
def test_what_is_no_tile_never_reaches_the_database(client, django_assert_num_queries, triple) -> None:
    forget()
    with django_assert_num_queries(0):
        assert client.get(address(*triple)).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["hotspots/-1/0/0", "hotspots/1.5/0/0", "hotspots/1/0", "a b/0/0/0", "hotspots/" + "9" * 5000 + "/0/0"])
def test_what_does_not_look_like_a_tile_is_not_found(client, django_assert_num_queries, path) -> None:
    is_demonstration()  # every page of the site asks for it once a minute, the one that says “not found” too
    with django_assert_num_queries(0):
        assert client.get(f"/tiles/{path}.mvt").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("layer", LAYERS)
def test_an_empty_tile_has_no_content(client, layer) -> None:
    response = client.get(address(layer, *tile_at(14)))

    assert response.status_code == 204
    assert response.content == b""
    assert response["ETag"]


@pytest.mark.django_db
@pytest.mark.parametrize("layer", LAYERS)
def test_a_tile_that_the_browser_has_is_not_sent_again(client, run, layer) -> None:
    Place.objects.create(kind="market", code="m", name="Market", location="SRID=4326;POINT(108.205 16.055)", listed=True)
    first = client.get(address(layer, *tile_at(14)))
    assert first.status_code == 200

    again = client.get(address(layer, *tile_at(14)), headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("layer", "change"),
    [
        ("hotspots", lambda: (copy_rows("reports_case", [case_row(CENTRE, MONDAY)]), refresh(MONDAY))),
        ("cases", lambda: CaseEvent.objects.create(case=Case.objects.first(), kind="confirmed", at="2026-11-20T00:00Z", to_status="confirmed")),
        ("areas", lambda: Area.objects.filter(code="W1").update(name="Weststadt")),
        ("basemap", lambda: Place.objects.create(kind="market", code="m", name="Market", location="SRID=4326;POINT(108.205 16.055)")),
    ],
)  # fmt: skip
def test_a_tile_changes_its_mark_with_its_data(client, run, layer, change) -> None:
    before = client.get(address(layer, *tile_at(14)))["ETag"]

    with transaction.atomic():  # a transaction of its own, as changes come
        change()

    response = client.get(address(layer, *tile_at(14)), headers={"If-None-Match": before})
    assert response.status_code == 200
    assert response["ETag"] != before


@pytest.mark.django_db
@pytest.mark.parametrize("zoom", [5, 6, 9, 11, 12, 13, 14, 16])
@pytest.mark.parametrize("layer", ["hotspots", "cases"])
def test_a_public_tile_holds_no_exact_count_below_five(client, run, features, layer, zoom) -> None:
    found = features(client.get(address(layer, *tile_at(zoom))), layer)

    assert len(found)
    allowed = {"cell", "class", "cases", "cases_below", "geometry", "code", "status", "problem", "observed_on"}
    assert set(found.columns) <= allowed
    for name in found.columns:
        if pd.api.types.is_numeric_dtype(found[name]):
            assert (found[name].dropna() >= 5).all(), name


@pytest.mark.django_db
def test_a_public_hotspot_tile_tells_class_and_count(client, run, features) -> None:
    found = features(client.get(address("hotspots", *tile_at(14))), "hotspots").set_index("cell")

    row = run.rows.get(cell=CENTRE)
    middle = found.loc[h3.int_to_str(CENTRE)]
    assert (middle["class"], middle["cases"]) == ("hot" if row.hot else "reported", row.cases)
    assert set(found.loc[found["cases"].isna(), "cases_below"]) == {5}
    assert row.hot


@pytest.mark.django_db
def test_a_public_case_is_a_rounded_point_and_a_day(client, run, features) -> None:
    Case.objects.update(location="SRID=4326;POINT(108.2051 16.0551)")

    found = features(client.get(address("cases", *tile_at(14))), "cases")

    assert set(found["observed_on"]) == {"2026-11-11"}
    assert len(found) > 100
    assert len(set(found.geometry.to_wkt())) > 10  # the exact points, all the same, are not what is drawn


@pytest.mark.django_db
def test_a_staff_hotspot_tile_has_the_numbers_of_the_rows(run, features, staff) -> None:
    found = features(staff("hotspots", *tile_at(14), run=run.pk), "hotspots").set_index("cell")

    for row in run.rows.filter(cell__in=h3.grid_disk(CENTRE, 2)):
        shown = found.loc[h3.int_to_str(row.cell)]
        assert (shown["observed"], shown["cases"], shown["reports"], bool(shown["hot"])) == (row.observed, row.cases, row.reports, row.hot)
        assert shown["q"] == pytest.approx(row.q)


@pytest.mark.django_db
@pytest.mark.parametrize("zoom", [5, 8, 10, 11, 12, 13, 14, 18])
def test_hexagons_fit_the_zoom(run, features, staff, zoom) -> None:
    found = features(staff("hotspots", *tile_at(zoom), run=run.pk), "hotspots")

    own = shown_resolution(zoom, run.resolution) == run.resolution
    assert 1 <= len(found) <= 300
    assert (set(found["cells"]) == {1}) is own
    # A coarse hexagon opens the strongest cell in it, which is a cell of the run.
    assert set(found["cell"]) <= {h3.int_to_str(cell) for cell in run.rows.values_list("cell", flat=True)}
    assert found["hot"].any()


@pytest.mark.django_db
def test_an_older_analysis_can_be_drawn(run, features, staff) -> None:
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(10)])
    newer = refresh(MONDAY, resolution=10)

    def count(**query) -> int:
        return int(features(staff("hotspots", *tile_at(14), **query), "hotspots").set_index("cell").loc[h3.int_to_str(CENTRE), "cases"])

    assert count(run=newer.pk) == count(week="2026-W46") == count() == count(run=run.pk) + 10
    assert staff("hotspots", *tile_at(14), week="2020-W01").status_code == 204
    assert staff("hotspots", *tile_at(14), run=10**9).status_code == 204


@pytest.mark.django_db
def test_an_officer_sees_the_cases_of_the_own_areas(run, two_areas, features, staff) -> None:
    Case.objects.filter(cell=CENTRE).update(area=two_areas[0])
    inside = Case.objects.filter(cell=CENTRE).count()

    def points(**options) -> int:
        return len(features(staff("cases", *tile_at(12), **options), "cases"))

    assert points(role="officer", areas=[two_areas[0]]) == inside
    assert points(role="analyst") > inside
    assert staff("cases", *tile_at(12), role="officer", areas=()).status_code == 204, "without an area there is nothing to see"


@pytest.mark.django_db
def test_old_closed_cases_are_not_drawn_but_open_ones_are(client, run, features) -> None:
    Case.objects.all().delete()
    old = MONDAY - timedelta(weeks=40)
    copy_rows("reports_case", [case_row(CENTRE, old), case_row(CENTRE, old, "verified"), case_row(CENTRE, MONDAY, "refused")])

    assert list(features(client.get(address("cases", *tile_at(14)) + "?week=2026-W46"), "cases")["status"]) == ["new"]


@pytest.mark.django_db
def test_a_case_that_only_held_reports_tell_of_is_not_drawn_for_the_public(client, run, features) -> None:
    Case.objects.all().delete()
    copy_rows("reports_case", [case_row(CENTRE, MONDAY, counts=False)])
    copy_rows("reports_report", [report_row(CENTRE, MONDAY, case_id=Case.objects.get().pk, counts=False) | {"held": "device"}])
    tile = address("cases", *tile_at(14)) + "?week=2026-W46"

    assert client.get(tile).status_code == 204
    Report.objects.exclude(held="").update(held="")
    assert len(features(client.get(tile), "cases")) == 1


@pytest.mark.django_db
def test_approximate_borders_are_marked_and_each_area_is_named_once(client, two_areas, features) -> None:
    Area.objects.filter(code="W1").update(approximate=True)
    responses = [client.get(address("areas", *tile_at(zoom))) for zoom in (9, 14)]

    for response in responses:
        drawn = features(response, "areas").set_index("code")
        assert bool(drawn.loc["W1", "approximate"]) and not bool(drawn.loc["E1", "approximate"])
        assert drawn.loc["W1", "name"] == "Ward West"
    assert sorted(features(responses[0], "area-names")["code"]) == ["E1", "W1"]


@pytest.mark.django_db
def test_areas_that_are_no_longer_in_force_are_not_drawn(client, two_areas, features) -> None:
    Area.objects.filter(code="W1").update(valid_to=date(2025, 8, 1))

    assert list(features(client.get(address("areas", *tile_at(12))), "areas")["code"]) == ["E1"]


@pytest.mark.django_db
def test_places_come_with_the_zoom(client, features) -> None:
    for code, listed in (("a", True), ("b", False)):
        Place.objects.create(kind="market", code=code, name=code, location="SRID=4326;POINT(108.205 16.055)", listed=listed)

    assert client.get(address("basemap", *tile_at(9))).status_code == 204
    assert list(features(client.get(address("basemap", *tile_at(12))), "basemap")["name"]) == ["a"]
    assert list(features(client.get(address("basemap", *tile_at(14))), "basemap")["name"]) == ["a", "b"]


@pytest.mark.django_db
def test_an_address_with_a_bad_week_or_run_says_so(client, staff) -> None:
    assert client.get(address("hotspots", 0, 0, 0) + "?week=soon").status_code == 400
    assert staff("hotspots", 0, 0, 0, run="1;drop").status_code == 400


@pytest.mark.django_db
def test_a_tile_that_takes_too_long_is_given_up(client, run, monkeypatch) -> None:
    slow = Layer(version=lambda tile: "1", queries=lambda tile: [("SELECT pg_sleep(5)::text::bytea", {})])
    monkeypatch.setitem(LAYERS_BY_NAME, "cases", slow)
    monkeypatch.setattr("analytics.tiles.PATIENCE_MS", 50)

    response = client.get(address("cases", 0, 0, 0))

    assert response.status_code == 503
    assert response["Retry-After"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


@pytest.mark.django_db
def test_only_a_tile_of_one_run_is_kept_for_long(client, run, staff) -> None:
    assert "immutable" in staff("hotspots", *tile_at(14), run=run.pk)["Cache-Control"]
    assert staff("cases", *tile_at(14))["Cache-Control"] == "private, no-cache"
    assert client.get(address("hotspots", *tile_at(14)))["Cache-Control"] == "public, max-age=60"
