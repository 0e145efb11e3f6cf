"""A file from a stranger is opened as what it is called, reads no other file or address, and costs no more than its size."""

import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import openpyxl
import pyogrio
import pytest

from citylab.map_formats import FORMATS
from reports.geography.map_files import FileProblem, read_map_file
from reports.imports.files import read_batches

NAMES = ("a.geojson", "a.json", "a.geojsonl", "a.gpkg", "a.shp", "a.fgb", "a.zip")


@pytest.fixture
def listener():
    """A server that remembers whether anybody asked it."""
    asked: list[str] = []

    class Remember(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Remember)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def written(path, text: str):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.vrt", text)
    else:
        path.write_text(text)
    return path


def refused(path) -> None:
    with pytest.raises(FileProblem):
        list(read_batches(path, ["id"]))
    with pytest.raises(FileProblem):
        list(read_map_file(path))


def test_only_the_listed_formats_are_opened():
    assert set(pyogrio.list_drivers()) == FORMATS


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_points_to_another_file_is_refused(name, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("id,lon,lat\n1,108.2,16.05\n")
    layer = f'<OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource><LayerSRS>EPSG:4326</LayerSRS></OGRVRTLayer>'
    refused(written(tmp_path / name, f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"))


@pytest.mark.parametrize("name", ["a.json", "a.gdalg.json"])
def test_a_file_that_is_a_command_is_refused(name, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("id,lon,lat\n1,108.2,16.05\n")
    command = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret} ! write streamed_dataset"}
    refused(written(tmp_path / name, json.dumps(command)))


def test_no_file_makes_the_site_open_an_address(tmp_path, listener):
    address, asked = listener
    refused(written(tmp_path / "wfs.json", f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>"))
    layer = f'<OGRVRTLayer name="x"><SrcDataSource>/vsicurl/{address}/x.csv</SrcDataSource></OGRVRTLayer>'
    refused(written(tmp_path / "vrt.json", f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"))
    linked = {
        "type": "FeatureCollection",
        "crs": {"type": "link", "properties": {"href": f"{address}/crs", "type": "ogcwkt"}},
        "features": [{"type": "Feature", "properties": {"id": 1}, "geometry": {"type": "Point", "coordinates": [108.2, 16]}}],
    }
    list(read_map_file(written(tmp_path / "linked.geojson", json.dumps(linked))))
    assert asked == []


SHEET = '<?xml version="1.0"?>{before}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
HEADING = '<row r="1"><c t="inlineStr"><is><t>id</t></is></c></row>'
LAUGHS = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))


def spreadsheet(path, rows: str, before: str = ""):
    """A workbook whose one sheet is this XML."""
    plain = path.with_name("plain.xlsx")
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            sheet = name.endswith("sheet1.xml")
            archive.writestr(name, SHEET.format(before=before, rows=rows) if sheet else source.read(name))
    return path


def test_a_row_a_billion_rows_down_is_not_waited_for(tmp_path):
    path = spreadsheet(tmp_path / "far.xlsx", HEADING + '<row r="1000000000"><c t="inlineStr"><is><t>x</t></is></c></row>')
    assert sum(map(len, read_batches(path, ["id"]))) == 0


@pytest.mark.parametrize(
    ("value", "before"),
    [("&a9;", f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>'), ("&e;", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>')],
)
def test_entities_of_a_spreadsheet_are_refused(value, before, tmp_path):
    path = spreadsheet(tmp_path / "x.xlsx", f'{HEADING}<row r="2"><c t="inlineStr"><is><t>{value}</t></is></c></row>', before)
    with pytest.raises(FileProblem):
        list(read_batches(path, ["id"]))


def test_a_column_that_no_spreadsheet_has_is_refused(tmp_path):
    path = spreadsheet(tmp_path / "x.xlsx", f'{HEADING}<row r="2"><c r="ZZZZZZ2" t="inlineStr"><is><t>x</t></is></c></row>')
    with pytest.raises(FileProblem):
        list(read_batches(path, ["id"]))
