"""Areas are loaded once, with their history, from any map file; real polygons take the place of guesses."""

import json
from datetime import date

import geopandas as gpd
import pytest
import shapely
from django.core.management import CommandError
from django.db import IntegrityError, transaction

from citylab.cities.pack import city_pack
from reports.geography.area_index import areas_index
from reports.geography.city_load import load_city
from reports.models import Area, Body, Report, Route
from tests.conftest import shared

pytestmark = pytest.mark.django_db
CENTRE = (-57.600, -34.942)


@pytest.fixture
def write(tmp_path):
    """Writes features to a GeoJSON file: `write({"code": "X1", …}, polygon)` or a list of such pairs."""

    def to_file(*features: tuple[dict, shapely.Geometry | None], crs: str = "", name: str = "areas.geojson"):
        body = {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": properties, "geometry": shape and shapely.geometry.mapping(shape)}
                for properties, shape in features
            ],
        }
        if crs:
            body["crs"] = {"type": "name", "properties": {"name": crs}}
        path = tmp_path / name
        path.write_text(json.dumps(body), "utf-8")
        return path

    return to_file


def box(west: float = -57.60, south: float = -34.945, side: float = 0.005) -> shapely.Polygon:
    return shapely.box(west, south, west + side, south + side)


def test_the_pack_brings_units_overlays_and_history(second_city):
    assert Area.objects.units().current(date(2026, 1, 1)).count() == 6
    assert set(Area.objects.filter(layer="overlay").values_list("kind", flat=True)) == {"playa", "puerto"}
    quarter = Area.objects.filter(code="PC06").order_by("valid_from")
    assert [(row.valid_from.year, row.valid_to and row.valid_to.year) for row in quarter] == [(2019, 2024), (2024, None)]
    assert Area.objects.units().current(date(2015, 1, 1)).get().name == "Muelle Viejo"


def test_names_are_split_and_searched_without_accents(second_city):
    area = Area.objects.get(code="PC04")
    assert (area.name, area.full_name, area.kind) == ("Ñandú", "Barrio Ñandú", "barrio")
    assert area.search.splitlines() == ["barrio nandu", "nandu"]


def test_loading_the_same_file_again_changes_nothing(second_city, command):
    before = list(Area.objects.order_by("id").values())
    said = command("load_areas", second_city.areas.file)
    assert said.startswith("0 added, 0 redrawn, 0 renamed, 0 ended, 10 unchanged")
    assert list(Area.objects.order_by("id").values()) == before


def test_a_unit_that_changes_keeps_its_former_shape(second_city, write, command):
    old = Area.objects.get(code="PC05")
    command("load_areas", write(({"code": "PC05", "full_name": "Barrio Centro"}, box())), "--valid-from", "2027-01-01")
    old.refresh_from_db()
    new = Area.objects.get(code="PC05", valid_to=None)
    assert (old.valid_to, new.valid_from) == (date(2027, 1, 1), date(2027, 1, 1))
    assert old.pk != new.pk and new.polygon.equals_exact(old.polygon) is False


def test_a_unit_that_did_not_change_gets_no_second_row(second_city, write, command):
    shape = shapely.from_wkb(bytes(Area.objects.get(code="PC05").polygon.wkb))
    command("load_areas", write(({"code": "PC05", "full_name": "Barrio Centro"}, shape)), "--valid-from", "2027-01-01")
    assert Area.objects.filter(code="PC05").count() == 1


def test_older_history_can_be_loaded_later(second_city, write, command):
    command("load_areas", write(({"code": "PC05", "full_name": "Barrio Centro", "valid_from": "1990-01-01"}, box())))
    first, second = Area.objects.filter(code="PC05").order_by("valid_from")
    assert (first.valid_from, first.valid_to, second.valid_from) == (date(1990, 1, 1), date(2019, 3, 1), date(2019, 3, 1))


def test_a_complete_file_ends_the_units_that_are_not_in_it(second_city, write, command):
    whole = write(({"code": "N1", "full_name": "Barrio Único"}, box(-57.63, -34.97, 0.06)))
    command("load_areas", whole, "--valid-from", "2026-06-01", "--complete")
    assert [area.name for area in Area.objects.units().current(date(2026, 6, 1))] == ["Único"]
    assert Area.objects.units().current(date(2026, 5, 31)).count() == 6
    assert not Route.objects.filter(area_code="PC01").exists() and Route.objects.filter(area_code="N1").exists()


def test_without_complete_nothing_ends(second_city, write, command):
    command("load_areas", write(({"code": "N1", "full_name": "Barrio Nuevo"}, box())), "--valid-from", "2026-06-01")
    assert Area.objects.units().current(date(2026, 6, 1)).count() == 7


def test_two_rows_of_one_area_cannot_be_in_force_together(second_city):
    twin = Area.objects.get(code="PC05")
    twin.pk, twin.valid_from = None, date(2020, 1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.parametrize(("driver", "name"), [("GPKG", "areas.gpkg"), ("ESRI Shapefile", "areas.shp"), ("GeoJSON", "a.geojson")])
def test_geopackage_shapefile_and_geojson_are_read_alike(second_city, tmp_path, command, driver, name):
    frame = gpd.GeoDataFrame(
        {"code": ["X1"], "name": ["Isla Güemes"], "kind": ["barrio"], "valid_from": ["2020-05-01"]}, geometry=[box()], crs=4326
    )
    if driver == "GeoJSON":
        frame.to_file(tmp_path / name, driver=driver)
    else:
        frame.to_crs(32721).to_file(tmp_path / name, driver=driver, encoding="utf-8")
    command("load_areas", tmp_path / name)
    area = Area.objects.get(code="X1")
    assert (area.name, area.full_name, area.valid_from) == ("Isla Güemes", "Barrio Isla Güemes", date(2020, 5, 1))
    assert shapely.from_wkb(bytes(area.polygon.wkb)).symmetric_difference(box()).area < 1e-9


def test_decomposed_names_are_stored_composed(second_city, write, command):
    command("load_areas", write(({"code": "X1", "full_name": "Barrio N\u0303andu\u0301 Chico"}, box())))
    assert Area.objects.get(code="X1").name == "Ñandú Chico"


def test_a_shape_that_crosses_itself_is_mended(second_city, write, command):
    bow = shapely.Polygon([(-57.60, -34.94), (-57.59, -34.93), (-57.59, -34.94), (-57.60, -34.93)])
    assert not bow.is_valid
    command("load_areas", write(({"code": "X1", "full_name": "Barrio Moño"}, bow)))
    assert Area.objects.get(code="X1").polygon.valid


def test_an_overlay_needs_no_code_of_its_own(second_city, write, command):
    command("load_areas", write(({"name": "Playa Brava"}, box())))
    area = Area.objects.get(name="Brava")
    assert (area.layer, area.kind, area.code) == ("overlay", "playa", "playa-brava")


def test_columns_with_other_names_can_be_told(second_city, write, command):
    path = write(({"gid": "X1", "denominacion": "Barrio Este"}, box()))
    command("load_areas", path, "--code-column", "gid", "--name-column", "denominacion")
    assert Area.objects.get(code="X1").full_name == "Barrio Este"


@pytest.mark.parametrize(
    ("properties", "shape", "sentence"),
    [
        ({"code": "X1"}, box(), "row 2: it has no name."),
        ({"code": "X1", "name": "Lomas"}, box(), "row 2: its kind is not told"),
        ({"code": "X1", "name": "Lomas", "kind": "comuna"}, box(), "row 2: the kind “comuna” is not one of barrio, playa, puerto."),
        ({"name": "Barrio Lomas"}, box(), "row 2: it has no code"),
        ({"code": "X1", "name": "Barrio Lomas"}, None, "row 2: it has no geometry."),
        ({"code": "X1", "name": "Barrio Lomas"}, shapely.Point(-57.6, -34.9), "row 2: its geometry is a Point"),
        ({"code": "X1", "name": "Barrio Lomas"}, shapely.box(6e5, 6e6, 7e5, 7e6), "row 2: its coordinates are not longitude"),
        ({"code": "X1", "name": "Barrio Lomas", "valid_from": "1.5.2020"}, box(), "row 2: “1.5.2020” is not a date"),
        ({"code": "X1", "name": "Barrio Lomas", "valid_to": "2000-01-01"}, box(), "row 2: it ends on 2000-01-01, before"),
        ({"code": "OK", "name": "Barrio Lomas"}, box(), "row 2: the code OK is also in row 1"),
        ({"code": "X1", "name": "Barrio Lomas", "layer": "zone"}, box(), "row 2: the layer “zone” is neither"),
        ({"code": "X1", "name": "Barrio Lomas", "area_km2": "much"}, box(), "row 2: “much” is not a number"),
    ],
)
def test_a_wrong_row_is_named_with_its_number_and_the_good_ones_are_taken(second_city, write, command, properties, shape, sentence):
    said = command("load_areas", write(({"code": "OK", "name": "Barrio Bueno"}, box()), (properties, shape)))
    assert sentence in said
    assert Area.objects.filter(code="OK").exists()


def test_strict_takes_all_or_nothing(second_city, write, command):
    path = write(({"code": "OK", "name": "Barrio Bueno"}, box()), ({"code": "X1"}, box()))
    with pytest.raises(CommandError, match="Nothing was loaded: 1 of 2 rows"):
        command("load_areas", path, "--strict")
    assert not Area.objects.filter(code="OK").exists()


def test_a_dry_run_keeps_nothing(second_city, write, command):
    said = command("load_areas", write(({"code": "OK", "name": "Barrio Bueno"}, box())), "--dry-run")
    assert "1 added" in said and "Nothing was kept" in said
    assert not Area.objects.filter(code="OK").exists() and not Body.objects.filter(code="unit-ok").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.geojson", None, "There is no file"),
        ("text.geojson", "no map", "cannot be read as a map file"),
    ],
)
def test_a_file_that_is_no_map_is_refused_with_a_sentence(second_city, tmp_path, command, name, content, words):
    if content:
        (tmp_path / name).write_text(content)
    with pytest.raises(CommandError, match=words):
        command("load_areas", tmp_path / name)


def test_a_shapefile_without_a_reference_system_asks_for_it(second_city, tmp_path, command):
    frame = gpd.GeoDataFrame({"code": ["X1"], "name": ["Barrio Este"]}, geometry=[box()], crs=4326)
    frame.to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(CommandError, match="does not say its reference system"):
        command("load_areas", tmp_path / "a.shp")
    command("load_areas", tmp_path / "a.shp", "--crs", "EPSG:4326")
    assert Area.objects.filter(code="X1").exists()


def test_the_index_sees_areas_loaded_by_somebody_else(second_city):
    assert areas_index().locate(*CENTRE).area_id[0] == Area.objects.get(code="PC05").pk
    Area.objects.filter(code="PC05").update(valid_to=date(2026, 1, 1))
    assert areas_index().locate(*CENTRE).area_id[0] != Area.objects.get(code="PC05").pk


def test_the_version_of_the_index_changes_with_any_change_of_the_table(second_city):
    from reports.geography.area_index import KEPT_AREAS

    seen = [KEPT_AREAS._ask_version()]
    Area.objects.filter(code="PC05").update(name_en="Centre")
    seen.append(KEPT_AREAS._ask_version())
    Area.objects.filter(code="PC07").delete()
    seen.append(KEPT_AREAS._ask_version())
    assert len(set(seen)) == 3


class TestGuessesAndRealPolygons:
    """The default city: drawn from figures first, then loaded from a real file."""

    @pytest.fixture
    def guessed(self, monkeypatch):
        monkeypatch.delenv("CITYLAB_CITY", raising=False)
        load_city(city_pack("danang"))
        return Area.objects.units()

    def test_without_a_file_all_units_are_marked_approximate(self, guessed):
        assert guessed.count() == 94 and not guessed.filter(approximate=False).exists()
        assert guessed.exclude(seat=None).exclude(area_km2=None).count() == 94

    def test_real_polygons_take_the_place_of_guesses_in_the_same_rows(self, guessed, command):
        before = dict(guessed.values_list("code", "id"))
        said = command("load_areas", shared("areas/danang_2025.geojson"))
        assert said.startswith("0 added, 94 redrawn")
        assert dict(guessed.values_list("code", "id")) == before
        assert not guessed.filter(approximate=True).exists()
        kept = guessed.get(code="20263")
        assert "Phường Thọ Quang, Quận Sơn Trà" in kept.aliases and kept.name_en == "Son Tra" and kept.seat

    def test_loading_the_pack_again_never_puts_a_guess_over_a_real_polygon(self, guessed, command):
        command("load_areas", shared("areas/danang_2025.geojson"))
        before = list(guessed.order_by("id").values("id", "polygon", "approximate", "name", "aliases"))
        command("load_city", "--force")
        assert list(guessed.order_by("id").values("id", "polygon", "approximate", "name", "aliases")) == before

    def test_reports_get_their_area_when_real_polygons_arrive(self, guessed, command, noon, make_located_report):
        report = make_located_report(108.2208, 16.0600)
        assert report.area is None
        said = command("load_areas", shared("areas/danang_2025.geojson"))
        report.refresh_from_db()
        assert report.area.full_name == "Phường Hải Châu" and "1 reports and cases now name another area" in said


@pytest.fixture
def make_located_report(noon):
    """A report with a point and no area, as intake writes it while units are guesses."""
    import uuid
    from datetime import timedelta

    import h3
    from django.contrib.gis.geos import Point

    def make(lon: float, lat: float) -> Report:
        return Report.objects.create(
            uuid=uuid.uuid4(), code="0123456789", body_hash=b"\0" * 32, channel="web", location=Point(lon, lat, srid=4326),
            location_source="gps", cell=h3.api.basic_int.latlng_to_cell(lat, lon, 10), week=(noon - timedelta(days=2)).date(),
            observed_at=noon, received_at=noon, description="x", counts=True, next_try=noon,
        )  # fmt: skip

    return make
