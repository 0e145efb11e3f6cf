"""One reader for every format: the same rows, each with the number by which people find it again."""

import json

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from reports.geography.map_files import FileProblem
from reports.imports.files import LineProblem, read_batches

ROWS = [(108.2208, 16.06, "2024-01-01T08:00:00", "túi ni lông"), (108.2300, 16.07, "2024-01-02T08:00:00", ""), (108.2400, 16.08, "2024-01-03T08:00:00", "x")]
NAMES = ["lon", "lat", "seen", "note"]


def all_of(path, columns=("seen",), **options):
    batches = list(read_batches(path, list(columns), **options))
    lines = [line for batch in batches for line in batch.lines.tolist()]
    problems = [problem for batch in batches for problem in batch.problems]
    columns = {name: [value for batch in batches for value in batch.columns[name]] for name in columns}
    return lines, columns, problems, batches


def write(folder, kind: str):
    frame = pd.DataFrame(ROWS, columns=NAMES)
    path = folder / f"reports.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "tsv":
        frame.to_csv(path, index=False, sep="\t")
    elif kind == "xlsx":
        frame.to_excel(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        points = geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(frame["lon"], frame["lat"]), crs="EPSG:4326")
        (points.to_crs("EPSG:5899") if kind == "gpkg" else points).to_file(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx", "parquet", "geojson", "gpkg", "shp"])
@pytest.mark.parametrize("at_once", [1, 2, 50_000])
def test_every_format_gives_the_same_rows_in_batches_of_any_size(kind, at_once, tmp_path):
    columns = ("lon", "lat", "seen")
    lines, read, problems, batches = all_of(write(tmp_path, kind), columns, at_once=at_once)
    assert lines == [line + (2 if kind in ("csv", "tsv", "xlsx") else 1) for line in range(3)]
    assert [float(lon) for lon in read["lon"]] == [row[0] for row in ROWS]
    assert [str(seen)[:10] for seen in read["seen"]] == [row[2][:10] for row in ROWS]
    assert problems == []
    assert max(map(len, batches)) <= at_once
    assert batches[-1].share == 1.0


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "shp"])
def test_points_of_map_files_come_in_longitude_and_latitude(kind, tmp_path):
    (batch,) = read_batches(write(tmp_path, kind), ["seen"])
    np.testing.assert_allclose(batch.lon, [row[0] for row in ROWS], atol=1e-8)
    np.testing.assert_allclose(batch.lat, [row[1] for row in ROWS], atol=1e-8)


def test_points_of_geoparquet_are_read(tmp_path):
    frame = pd.DataFrame(ROWS, columns=NAMES)
    points = geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(frame["lon"], frame["lat"]), crs="EPSG:4326").to_crs("EPSG:5899")
    points.to_parquet(tmp_path / "r.parquet")
    (batch,) = read_batches(tmp_path / "r.parquet", ["seen"])
    np.testing.assert_allclose(batch.lon, [row[0] for row in ROWS], atol=1e-8)


def test_a_geometry_that_is_no_point_is_infinite_and_none_is_missing(tmp_path):
    geometries = [shapely.Point(108, 16), shapely.box(108, 16, 109, 17), None, shapely.Point(), shapely.MultiPoint([(108.5, 16.5)])]
    geopandas.GeoDataFrame({"seen": ["2024-01-01"] * 5}, geometry=geometries, crs="EPSG:4326").to_file(tmp_path / "r.gpkg")
    (batch,) = read_batches(tmp_path / "r.gpkg", ["seen"])
    assert np.isinf(batch.lon).tolist() == [False, True, False, False, False]
    assert np.isnan(batch.lon).tolist() == [False, False, True, True, False]
    assert batch.lon[4] == 108.5


def test_a_row_is_numbered_by_the_line_on_which_it_starts(tmp_path):
    (tmp_path / "r.csv").write_text('seen,note\n2024-01-01,"two\nlines"\n\n2024-01-02,x\n', encoding="utf-8")
    lines, read, _, _ = all_of(tmp_path / "r.csv", ["seen", "note"])
    assert lines == [2, 5]
    assert read["note"] == ["two\nlines", "x"]


def test_rows_with_too_few_or_too_many_fields_are_named_and_the_rest_is_read(tmp_path):
    (tmp_path / "r.csv").write_text("seen,note\na,1\nb\nc,3\nd,4,\ne,5,6\nf,7\n", encoding="utf-8")
    lines, read, problems, _ = all_of(tmp_path / "r.csv")
    assert (lines, read["seen"]) == ([2, 4, 5, 7], ["a", "c", "d", "f"])
    assert [problem.line for problem in problems] == [3, 6]
    assert problems[0].reason == "has 1 fields where the heading has 2."


def test_a_quotation_mark_left_open_is_told_with_the_lines_it_swallowed(tmp_path):
    (tmp_path / "r.csv").write_text('seen,note\na,1\nb,"2\nc,3\nd,4\n', encoding="utf-8")
    lines, _, problems, _ = all_of(tmp_path / "r.csv")
    assert lines == [2]
    assert [problem.line for problem in problems] == [3]
    assert "All up to line 5 belongs to it: is a quotation mark left open?" in problems[0].reason


def test_after_a_field_that_never_ends_reading_goes_on(tmp_path):
    (tmp_path / "r.csv").write_text("seen,note\na,1\nb," + "x" * 1_200_000 + "\nc,3\n", encoding="utf-8")
    lines, _, problems, _ = all_of(tmp_path / "r.csv")
    assert lines == [2, 4]
    assert problems[0].line == 3 and "field larger than field limit" in problems[0].reason


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_marks_of_spreadsheet_programs_are_understood(separator, encoding, tmp_path):
    text = "\r\n".join(separator.join(row) for row in (("seen", "ghi chú"), ("2024-01-01", "túi"))) + "\r\n"
    (tmp_path / "r.csv").write_text(text, encoding=encoding)
    lines, read, problems, _ = all_of(tmp_path / "r.csv", ["seen", "ghi chú"])
    assert (lines, read["ghi chú"], problems) == ([2], ["túi"], [])


def test_bytes_that_are_not_text_cost_their_own_line_only(tmp_path):
    (tmp_path / "r.csv").write_bytes("seen,note\na,túi\n".encode() + b"b,t\xfai\nc,x\n")
    lines, read, problems, _ = all_of(tmp_path / "r.csv")
    assert read["seen"] == ["a", "c"] and lines == [2, 4]
    assert [problem.line for problem in problems] == [3] and "--encoding" in problems[0].reason
    named = all_of(tmp_path / "r.csv", ["note"], encoding="windows-1252")
    assert named[1]["note"][1] == "túi" and named[2] == []


@pytest.mark.parametrize("content", [b"", b"\n", b"seen\n"])
def test_an_empty_file_has_no_rows_or_no_column(content, tmp_path):
    (tmp_path / "r.csv").write_bytes(content)
    if content == b"seen\n":
        assert all_of(tmp_path / "r.csv")[0] == []
    else:
        with pytest.raises(FileProblem, match="no column “seen”"):
            all_of(tmp_path / "r.csv")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("absent.csv", None, "There is no file"),
        ("r.doc", b"x", "none of CSV"),
        ("r.xlsx", b"not a zip", "cannot be read as a spreadsheet"),
        ("r.parquet", b"not parquet", "cannot be read as Parquet"),
        ("r.geojson", b"{", "cannot be read as a map file"),
        ("r.csv", b"a,b\n1,2\n", "has no column “seen”. Its columns are: “a”, “b”."),
        ("r.csv", b"seen,seen\n1,2\n", "more than one column “seen”"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(name, content, sentence, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileProblem, match=sentence):
        all_of(tmp_path / name)


def test_the_content_of_a_row_tells_rows_apart_and_is_the_same_tomorrow(tmp_path):
    path = write(tmp_path, "csv")
    first, second = ([text for batch in read_batches(path, ["seen"], at_once=n) for text in batch.content] for n in (1, 10))
    assert first == second and len(set(first)) == 3
    for kind in ("xlsx", "parquet", "geojson"):
        content = [text for batch in read_batches(write(tmp_path, kind), ["seen"]) for text in batch.content]
        assert len(set(content)) == 3


def test_features_with_moments_of_any_kind_are_read(tmp_path):
    features = [
        {"type": "Feature", "properties": {"seen": seen}, "geometry": {"type": "Point", "coordinates": [108, 16]}}
        for seen in ("2024-01-01T08:00:00", "2024-01-01T08:00:00.123+07:00", None)
    ]
    (tmp_path / "r.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    lines, read, problems, _ = all_of(tmp_path / "r.geojson")
    assert (lines, problems) == ([1, 2, 3], []) and read["seen"][2] is None


def test_problems_are_pairs_of_a_line_and_a_reason():
    assert LineProblem(3, "x") == (3, "x")
