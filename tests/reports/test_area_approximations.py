"""Units without polygons are drawn from seats and sizes, and are never taken for real."""

import csv
import json
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from citylab.cities.pack import city_pack
from reports.geography.approximations import UnitRow, approximate_polygons
from reports.geography.search_text import plain
from reports.geography.vietnamese_units import units_of_province
from tests.conftest import shared

PACK = city_pack("danang")
KINDS = {kind.prefix: kind.code for kind in PACK.area_kinds if not kind.overlay}


@pytest.fixture(scope="module")
def units():
    return units_of_province(PACK.areas.province, KINDS)


@pytest.fixture(scope="module")
def drawn(units):
    return approximate_polygons(units, PACK.projection, PACK.areas.apart)


def unit(code: str, lon: float, lat: float, km2: float = 4.0) -> UnitRow:
    return UnitRow(code, code, code, "barrio", lon, lat, km2)


def test_the_package_gives_94_units_of_three_kinds(units):
    kinds = [unit.kind for unit in units]
    assert (kinds.count("ward"), kinds.count("commune"), kinds.count("special-zone")) == (23, 70, 1)
    assert len({unit.code for unit in units}) == 94


def test_units_carry_the_names_of_the_units_they_were_made_of(units):
    by_name = {unit.full_name: unit.aliases for unit in units}
    assert "Phường Thọ Quang, Quận Sơn Trà" in by_name["Phường Sơn Trà"]
    assert by_name["Đặc khu Hoàng Sa"] == ("Huyện Hoàng Sa",)


def test_a_divided_unit_is_a_former_name_of_each_of_its_parts(units):
    heirs = {unit.full_name for unit in units if any("Hòa Liên" in alias for alias in unit.aliases)}
    assert heirs == {"Phường Hải Vân", "Phường Liên Chiểu"}


def test_all_280_former_units_live_on_in_a_name(units):
    # 47 wards, 233 communes and the island district of the two former provinces
    assert len({alias for unit in units for alias in unit.aliases}) == 281


def test_former_names_agree_with_a_public_list_of_the_mergers(units):
    today = {plain(unit.full_name): unit for unit in units} | {plain(unit.name): unit for unit in units}
    with shared("areas/danang_2025_population_mergers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    asked = found = 0
    for row in rows:
        aliases = plain(" ".join(today[plain(row["new_commune_ward"])].aliases))
        for former in row["merged_communes_wards"].split(", "):
            asked += 1
            found += plain(former) in aliases
    assert asked == 282 and found >= 277  # the others are spelled in two ways


def test_an_unknown_province_is_refused():
    with pytest.raises(ValueError, match="knows no province"):
        units_of_province("atlantis", KINDS)


def test_a_kind_that_the_pack_does_not_name_is_refused():
    with pytest.raises(ValueError, match="names no kind of area with the prefix “Đặc khu”"):
        units_of_province(PACK.areas.province, {"Phường": "ward", "Xã": "commune"})


def test_drawn_units_do_not_overlap_and_hold_their_seats(units, drawn):
    assert all(polygon.is_valid and not polygon.is_empty for polygon in drawn)
    union = shapely.union_all(drawn)
    assert union.area == pytest.approx(sum(polygon.area for polygon in drawn), rel=1e-6)
    assert all(polygon.contains(shapely.Point(unit.lon, unit.lat)) for unit, polygon in zip(units, drawn, strict=True))


def test_an_island_apart_has_its_own_size_and_touches_nobody(units, drawn):
    at = next(number for number, unit in enumerate(units) if unit.code in PACK.areas.apart)
    metric = gpd.GeoSeries(drawn, crs=4326).to_crs(PACK.projection)
    assert metric.iloc[at].area / 1e6 == pytest.approx(units[at].km2, rel=0.01)
    assert metric.iloc[at].distance(shapely.union_all(np.delete(metric.values, at))) > 200_000


def test_two_thirds_of_real_places_fall_into_the_right_drawn_unit(units, drawn):
    places = gpd.read_file(shared("text/danang_places_osm.geojson"))
    place, found = shapely.STRtree(drawn).query(places.geometry.values, "within")
    right = np.array([unit.code for unit in units])[found] == places.code.values[place]
    assert 0.60 < right.sum() / len(places) < 0.80  # a drawing aid: good to look at, too wrong to route by


def test_drawn_units_cover_most_of_the_real_land(drawn):
    land = shapely.union_all(gpd.read_file(shared("areas/danang_2025.geojson")).geometry.values)
    assert shapely.union_all(drawn).intersection(land).area / land.area > 0.75


def test_one_unit_alone_is_a_disc():
    [polygon] = approximate_polygons([unit("A", -57.6, -34.95, 3.14159265)], "EPSG:32721")
    corners = gpd.GeoSeries([polygon], crs=4326).to_crs(32721).iloc[0]
    assert shapely.minimum_bounding_radius(corners) == pytest.approx(1000, rel=0.001)


def test_a_unit_without_a_size_is_refused_by_name():
    with pytest.raises(ValueError, match=r"Unit B .* no size"):
        approximate_polygons([unit("A", -57.6, -34.95), unit("B", -57.5, -34.95, 0)], "EPSG:32721")


def test_two_units_with_one_seat_are_refused():
    with pytest.raises(ValueError, match="same seat"):
        approximate_polygons([unit("A", -57.6, -34.95), unit("B", -57.6, -34.95)], "EPSG:32721")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40), st.floats(0.05, 60)), min_size=1, max_size=15, unique_by=lambda row: row[:2]
    )
)
def test_every_unit_gets_a_valid_piece_with_its_seat_whatever_the_seats(rows):
    units = [unit(f"U{at}", -57.6 + x / 100, -34.95 + y / 100, km2) for at, (x, y, km2) in enumerate(rows)]
    polygons = approximate_polygons(units, "EPSG:32721")
    assert len(polygons) == len(units)
    for one, polygon in zip(units, polygons, strict=True):
        assert polygon.is_valid and polygon.buffer(1e-7).contains(shapely.Point(one.lon, one.lat))


def test_former_units_of_the_package_all_have_names():
    """Guards the join: a new release of the package with other keys would silently lose aliases."""
    folder = Path(find_spec("vietnamadminunits").submodule_search_locations[0])
    keys = json.loads((folder / "data" / "converter_2025.json").read_text("utf-8"))["DICT_PROVINCE_WARD_NO_DIVIDED"]
    assert sum(map(len, keys[PACK.areas.province].values())) == 280
