"""The same figures in all files, read back by programs that we did not write; nothing personal, nothing that runs."""

import csv
import io
import zipfile
from datetime import datetime

import openpyxl
import pandas as pd
import pyogrio
import pytest
from django.utils import translation

from analytics.weekly import editions, figures, words
from analytics.weekly.counts import CASE_COUNTS, COUNTS
from analytics.weekly.files import table
from analytics.weekly.freeze import freeze
from reports.models import Area, Case, Place, Report
from tests.analytics.weekly_history import CENTRE, MONDAY, invent, write
from tests.rows import case_row, copy_rows

pytestmark = pytest.mark.django_db
NASTY = '=HYPERLINK("x")'


@pytest.fixture
def areas(two_areas):
    two_areas[1].full_name = NASTY
    two_areas[1].save()
    Place.objects.create(kind="market", code="p1", name="=1+1", location="SRID=4326;POINT(108.205 16.055)")
    return two_areas


@pytest.fixture
def edition(areas):
    write(invent([*areas, None], n=120))
    copy_rows("reports_case", [case_row(CENTRE, MONDAY, area_id=areas[0].pk) for _ in range(30)])
    Report.objects.update(description="ông Ba, 0905123456")
    return freeze(MONDAY)


@pytest.fixture
def files(edition, tmp_path):
    return {path.suffix[1:]: path for path in editions.write_files(edition, tmp_path / "out")}


@pytest.fixture
def book(files):
    return openpyxl.load_workbook(files["xlsx"])


def sheet_rows(book, key: str) -> list[dict]:
    """A sheet as dictionaries by column name in the city's language; of the summary, what is below the facts."""
    with translation.override("vi"):
        sheet = book[str(words.SHEETS[key])]
    rows = list(sheet.iter_rows(values_only=True))
    with translation.override("vi"):
        first = words.label({"summary": "key", "units": "area_code", "hotspots": "cell", "cases": "code", "dictionary": "key"}[key])
    top = next(number for number, row in enumerate(rows) if row[0] == first)
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]


def said(key: str) -> str:
    with translation.override("vi"):
        return words.label(key)


def test_every_figure_is_the_same_in_the_edition_the_spreadsheet_and_the_geopackage(edition, files, book):
    sheet = {row[said("key")]: row for row in sheet_rows(book, "summary")}
    layer = pyogrio.read_dataframe(files["gpkg"], layer="figures").set_index("key")
    for figure in edition.figures["figures"]:
        key = figure["key"]
        assert sheet[key][said("value")] == figure["value"], key
        assert sheet[key][said("last_week_value")] == figure["last_week"], key
        assert sheet[key][said("four_week_mean")] == figure["four_week_mean"], key
        for column, name in (("value", "value"), ("last_week_value", "last_week"), ("four_week_mean", "four_week_mean")):
            other = layer.loc[key, column]
            assert (None if pd.isna(other) else other) == figure[name], key


def test_hotspots_are_the_same_in_all_three_files(edition, files, book):
    layer = pyogrio.read_dataframe(files["gpkg"], layer="hotspots")
    lines = pd.read_csv(files["csv"], encoding="utf-8-sig")
    sheet = sheet_rows(book, "hotspots")
    value = {figure["key"]: figure["value"] for figure in edition.figures["figures"]}["hotspots"]
    assert len(layer) == len(lines) == len(sheet) == value > 0
    assert list(lines.columns) == [name for name in layer.columns if name != "geometry"]
    for name in ("cell", "observed", "cases", "cell_reports"):
        assert list(layer[name]) == list(lines[name]) == [row[said(name)] for row in sheet]
    for name in ("expected", "ratio", "p", "q", "gi_star", "longitude", "latitude"):
        assert list(layer[name]) == pytest.approx(list(lines[name]), rel=1e-12)
        assert [row[said(name)] for row in sheet] == pytest.approx(list(lines[name]), rel=1e-12)


def test_the_lines_by_unit_add_up_to_the_figures_of_the_city(edition, book):
    lines = sheet_rows(book, "units")
    value = {figure["key"]: figure["value"] for figure in edition.figures["figures"]}
    assert {name: sum(line[said(name)] for line in lines) for name in COUNTS} == {name: value[name] for name in COUNTS}


def test_the_areas_of_the_geopackage_carry_the_counts_of_their_units(edition, files):
    areas = pyogrio.read_dataframe(files["gpkg"], layer="areas").set_index("code")
    for line in edition.figures["units"]:
        assert areas.loc[line["code"], list(COUNTS)].tolist() == [line[name] for name in COUNTS]


def test_the_cases_of_sheet_and_layer_add_up_to_the_figures(edition, files, book):
    value = {figure["key"]: figure["value"] for figure in edition.figures["figures"]}
    layer, sheet = pyogrio.read_dataframe(files["gpkg"], layer="cases"), sheet_rows(book, "cases")
    assert list(layer["code"]) == [row[said("code")] for row in sheet]
    for name in CASE_COUNTS:
        if not name.endswith("_at_end"):
            assert layer[name].sum() == sum(row[said(name)] for row in sheet) == value[name], name


def test_texts_are_texts_and_numbers_and_days_are_real(book):
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title} {cell.coordinate} is a formula"
                assert cell.hyperlink is None
    case = sheet_rows(book, "cases")[0]
    assert isinstance(case[said("seen_on")], datetime) and case[said("seen_on")].time().isoformat() == "00:00:00"
    assert isinstance(case[said("longitude")], float)
    assert any(row[said("area")] == NASTY for row in sheet_rows(book, "units")), "what looks like a formula is shown as it is"


def test_sheets_have_frozen_headings_filters_and_titles_on_every_printed_page(book):
    assert len(book.worksheets) == 5
    for sheet in book.worksheets:
        assert sheet.freeze_panes and sheet.auto_filter.ref and sheet.print_title_rows, sheet.title
        assert sheet.oddHeader.left.text


def test_the_dictionary_explains_every_column_of_every_sheet(book):
    explained = {row[said("figure")] for row in sheet_rows(book, "dictionary")}
    for key in ("summary", "units", "hotspots", "cases"):
        assert set(sheet_rows(book, key)[0]) <= explained
    assert all(row[said("meaning")] for row in sheet_rows(book, "dictionary"))


def test_csv_is_marked_as_utf_8_and_no_text_begins_a_formula(files):
    raw = files["csv"].read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows
    assert not [row for row in rows if row["place"].startswith(("=", "+", "-", "@")) or row["area"].startswith(("=", "+", "-", "@"))]


def test_a_place_that_looks_like_a_formula_is_made_harmless_in_csv(edition):
    content = figures.read(MONDAY)
    content.hotspots[0]["place"] = NASTY
    row = next(csv.DictReader(io.StringIO(table(content).decode("utf-8-sig"))))
    assert row["place"] == "'" + NASTY


def test_the_geopackage_has_its_layers_in_their_projections(files, settings):
    expected = {"hotspots": "EPSG:4326", "hotspots_projected": settings.CITY.projection, "cases": "EPSG:4326", "areas": "EPSG:4326"}
    assert {name for name, _kind in pyogrio.list_layers(files["gpkg"])} == {*expected, "figures"}
    for layer, crs in expected.items():
        assert pyogrio.read_dataframe(files["gpkg"], layer=layer).crs == crs
    metres = pyogrio.read_dataframe(files["gpkg"], layer="hotspots_projected").area
    assert (metres > 1000).all()


def test_points_are_those_that_are_public_and_times_are_days(edition, files):
    layer = pyogrio.read_dataframe(files["gpkg"], layer="cases")
    for code, point, seen in zip(layer["code"], layer.geometry, layer["seen_on"], strict=True):
        case = Case.objects.get(code=code)
        assert (point.x, point.y) == pytest.approx((case.public_location.x, case.public_location.y), abs=1e-6)
        assert pd.Timestamp(seen).time().isoformat() == "00:00:00"


def test_nothing_that_a_person_wrote_is_in_any_file(files):
    with zipfile.ZipFile(files["xlsx"]) as archive:
        contents = [archive.read(name) for name in archive.namelist()]
    contents += [files["gpkg"].read_bytes(), files["csv"].read_bytes()]
    for words_of_people in ("0905123456", "secret words"):
        assert all(words_of_people.encode() not in content for content in contents)


def test_an_area_with_a_guessed_border_is_marked_and_has_no_counts(areas, tmp_path):
    Area.objects.filter(code="E1").update(approximate=True)
    copy_rows("reports_case", [case_row(CENTRE, MONDAY, area_id=areas[1].pk)])
    paths = {path.suffix: path for path in editions.write_files(freeze(MONDAY), tmp_path)}
    drawn = pyogrio.read_dataframe(paths[".gpkg"], layer="areas").set_index("code")
    assert drawn.loc["E1", "approximate"] == 1
    assert drawn.loc["E1", list(COUNTS)].isna().all()


def test_a_week_without_anything_makes_readable_files(db, tmp_path):
    paths = {path.suffix: path for path in editions.write_files(freeze(MONDAY), tmp_path)}
    assert pyogrio.read_dataframe(paths[".gpkg"], layer="hotspots").empty
    assert pd.read_csv(paths[".csv"], encoding="utf-8-sig").empty
    assert len(openpyxl.load_workbook(paths[".xlsx"]).worksheets) == 5


def test_a_case_of_which_only_the_area_is_known_is_in_the_files_without_a_point(areas, tmp_path):
    copy_rows("reports_case", [case_row(None, MONDAY, area_id=areas[0].pk, code="AREAONLY01")])
    paths = {path.suffix: path for path in editions.write_files(freeze(MONDAY), tmp_path)}
    layer = pyogrio.read_dataframe(paths[".gpkg"], layer="cases")
    assert list(layer["code"]) == ["AREAONLY01"] and layer.geometry.isna().all()
