"""Reads a file of reports a batch at a time: CSV, XLSX, GeoJSON, GeoPackage, shapefile or Parquet.

In memory is one batch, however long the file. Each row keeps its number as people find it again: the line on which it
starts in a text file, the row of a spreadsheet, the feature or row of the other formats, counted from 1. What cannot be read as a
row is named with its number and a reason, and the rest goes on. Needs neither Django nor a database.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import numpy as np
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from reports.geography.map_files import LON_LAT, FileProblem

AT_ONCE = 20_000  # rows of a batch: some 30 MB while they are worked on; larger ones are no faster
LAST_ROW = 1_048_576  # of a spreadsheet; a cell that says it lies a billion rows down would be waited for
LONGEST_FIELD = 1_000_000  # characters; a longer one is a quotation mark that was never closed

TEXT = (".csv", ".tsv", ".txt")
MAP = (".geojson", ".json", ".geojsonl", ".gpkg", ".shp", ".zip", ".fgb")

_SURROGATE = re.compile("[\udc80-\udcff]")


class LineProblem(NamedTuple):
    """A row that is left out."""

    line: int
    reason: str


@dataclass
class Batch:
    """Some rows of a file, in its order.

    lines: (n,) number of each row. columns: by name, n values each; text in text files, typed values in the others.
    content: (n,) all that the row holds, as one text. lon, lat: (n,) degrees of its geometry, NaN where it has none, for
    files that have geometries. problems: rows that are not among the n. share: part of the file that has been read, 0 to 1.
    """

    lines: NDArray[np.int64]
    columns: dict[str, list[Any]]
    content: list[str]
    lon: NDArray[np.float64] | None = None
    lat: NDArray[np.float64] | None = None
    problems: list[LineProblem] = field(default_factory=list)
    share: float = 1.0

    def __len__(self) -> int:
        return len(self.lines)


def read_batches(
    path: Path, columns: Sequence[str], *, at_once: int = AT_ONCE, layer: str | None = None, encoding: str = "", crs: str = ""
) -> Iterator[Batch]:
    """The rows of a file. Nothing is read before the first batch is asked for.

    columns: names of those that are wanted. layer: of a GeoPackage or a spreadsheet with several. encoding: of a text file,
    UTF-8 unless it is named. crs: system of the geometries where the file names none. Raises FileProblem.
    """
    if not path.is_file():
        raise FileProblem(f"There is no file {path}.")
    kind = path.suffix.lower()
    if kind in TEXT:
        yield from _text(path, columns, at_once, encoding)
    elif kind == ".xlsx":
        yield from _spreadsheet(path, columns, at_once, layer)
    elif kind == ".parquet":
        yield from _parquet(path, columns, at_once, crs)
    elif kind in MAP:
        yield from _map(path, columns, at_once, layer, crs)
    else:
        raise FileProblem(f"{path.name} is none of CSV, XLSX, GeoJSON, GeoPackage, shapefile and Parquet.")


# ------------------------------------------------------------------------------------------------- text


def _text(path: Path, wanted: Sequence[str], at_once: int, encoding: str) -> Iterator[Batch]:
    csv.field_size_limit(LONGEST_FIELD)
    size = max(path.stat().st_size, 1)
    with path.open("rb") as raw:
        if not encoding:
            encoding = "utf-16" if raw.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
            raw.seek(0)
        try:
            file = TextIOWrapper(raw, encoding, "surrogateescape" if encoding.startswith("utf-8") else "strict", newline="")
        except LookupError:
            raise FileProblem(f"“{encoding}” is not an encoding such as utf-8 or windows-1258.") from None
        try:
            heading = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t|", key=heading.count), strict=True)
            names = [name.strip() for name in next(reader, [])]
            places = _positions(path, names, wanted)
            rows: list[list[str]] = []
            lines: list[int] = []
            problems: list[LineProblem] = []

            def batch() -> Batch:
                content = _without_broken_text(rows, lines, problems)
                share = min(raw.tell() / size, 1.0)
                columns = {name: [row[at] for row in rows] for name, at in places.items()}
                return Batch(np.array(lines, np.int64), columns, content, problems=problems, share=share)

            width, ended = len(names), reader.line_num
            while True:
                try:
                    for row in reader:
                        begins, ended = ended + 1, reader.line_num
                        if len(row) == width:
                            rows.append(row)
                            lines.append(begins)
                        elif row:
                            _take_ragged(row, width, begins, ended, rows, lines, problems)
                        if len(lines) >= at_once:
                            yield batch()
                            rows, lines, problems = [], [], []
                except csv.Error as error:
                    begins, ended = ended + 1, reader.line_num
                    problems.append(LineProblem(begins, f"is not CSV ({error}).{_left_open(begins, ended)}"))
                    continue
                break
            yield batch()
        except UnicodeError:
            raise FileProblem(f"{path.name} is not text in {encoding}. Name its encoding with --encoding, or save it as UTF-8.") from None


def _take_ragged(
    row: list[str], width: int, begins: int, ended: int, rows: list[list[str]], lines: list[int], problems: list[LineProblem]
) -> None:
    """A row with another number of fields than the heading: empty ones at the end are nothing, anything else is a problem."""
    if len(row) > width and not any(map(str.strip, row[width:])):
        rows.append(row[:width])
        lines.append(begins)
        return
    problems.append(LineProblem(begins, f"has {len(row)} fields where the heading has {width}.{_left_open(begins, ended)}"))


def _left_open(begins: int, ended: int) -> str:
    return f" All up to line {ended} belongs to it: is a quotation mark left open?" if ended > begins else ""


def _without_broken_text(rows: list[list[str]], lines: list[int], problems: list[LineProblem]) -> list[str]:
    """Takes out the rows whose bytes are not text in the file's encoding; returns the content of the others."""
    content = list(map("\x1f".join, rows))
    try:
        "".join(content).encode()
    except UnicodeEncodeError:
        broken = [at for at, text in enumerate(content) if _SURROGATE.search(text)]
        for at in reversed(broken):
            problems.append(LineProblem(lines.pop(at), "is not text in UTF-8. Name the file's encoding with --encoding, such as windows-1258."))
            del rows[at], content[at]
        problems.sort()
    return content


# ------------------------------------------------------------------------------------------------- spreadsheet


def _spreadsheet(path: Path, wanted: Sequence[str], at_once: int, layer: str | None) -> Iterator[Batch]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        if layer and layer not in book.sheetnames:
            raise FileProblem(f"{path.name} has no sheet “{layer}”. Its sheets are: {', '.join(book.sheetnames)}.")
        sheet = book[layer] if layer else book.worksheets[0]
        rows = enumerate(sheet.iter_rows(values_only=True, max_row=LAST_ROW), start=1)
        _, heading = next(rows, (1, ()))
        places = _positions(path, ["" if name is None else str(name).strip() for name in heading], wanted)
        last = max(sheet.max_row or 1, 1)
        kept: list[tuple] = []
        lines: list[int] = []
        for line, cells in rows:
            if any(cell not in (None, "") for cell in cells):
                kept.append(cells)
                lines.append(line)
            if len(lines) >= at_once:
                yield _typed(kept, lines, places, line / last)
                kept, lines = [], []
        yield _typed(kept, lines, places, 1.0)
        book.close()
    except FileProblem:
        raise
    except (InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, KeyError, IndexError, ValueError) as error:
        raise FileProblem(f"{path.name} cannot be read as a spreadsheet: {error}.") from None


def _typed(rows: Sequence[Sequence[Any]], lines: list[int], places: dict[str, int], share: float) -> Batch:
    columns = {name: [row[at] if at < len(row) else None for row in rows] for name, at in places.items()}
    content = ["\x1f".join(map(_written, row)) for row in rows]
    return Batch(np.array(lines, np.int64), columns, content, share=min(share, 1.0))


# ------------------------------------------------------------------------------------------------- Arrow


def _parquet(path: Path, wanted: Sequence[str], at_once: int, crs: str) -> Iterator[Batch]:
    import json

    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        geometry = geo.get("primary_column", "")
        system = crs or geo.get("columns", {}).get(geometry, {}).get("crs") or "OGC:CRS84"
        _positions(path, file.schema_arrow.names, wanted)
        rows = max(file.metadata.num_rows, 1)
        yield from _record_batches(file.iter_batches(batch_size=at_once), wanted, geometry, system, rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise FileProblem(f"{path.name} cannot be read as Parquet: {error}.") from None


def _map(path: Path, wanted: Sequence[str], at_once: int, layer: str | None, crs: str) -> Iterator[Batch]:
    try:
        features = pyogrio.read_info(path, layer=layer)["features"]
        with pyogrio.open_arrow(path, layer=layer, batch_size=at_once, use_pyarrow=True) as (meta, batches):
            geometry = meta["geometry_name"] or "wkb_geometry"
            geometry = geometry if geometry in batches.schema.names else ""
            system = crs or meta["crs"]
            if geometry and not system:
                raise FileProblem(f"{path.name} does not say its reference system; name it, for example with --crs EPSG:4326.")
            _positions(path, [str(name) for name in meta["fields"]], wanted)
            yield from _record_batches(batches, wanted, geometry, system, max(features, 1))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException, OSError) as error:
        raise FileProblem(f"{path.name} cannot be read as a map file: {error}.") from None


def _record_batches(batches: Iterator[pa.RecordBatch], wanted: Sequence[str], geometry: str, system: str, rows: int) -> Iterator[Batch]:
    try:
        source = pyproj.CRS(system) if geometry else LON_LAT
    except pyproj.exceptions.CRSError:
        raise FileProblem(f"“{system}” is not a reference system such as EPSG:4326.") from None
    first = 1
    for arrow in batches:
        if not arrow.num_rows:
            continue
        values = {name: column.to_pylist() for name, column in zip(arrow.schema.names, arrow.columns, strict=True)}
        lines = np.arange(first, first + arrow.num_rows, dtype=np.int64)
        first += arrow.num_rows
        content = ["\x1f".join(map(_written, row)) for row in zip(*values.values(), strict=True)]
        batch = Batch(lines, {name: values[name] for name in wanted}, content, share=min(first / rows, 1.0))
        if geometry:
            batch.lon, batch.lat = _points(values[geometry], source)
        yield batch


def _points(wkb: list[bytes | None], source: pyproj.CRS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of geometries that are points, infinite for other geometries, NaN for none."""
    geometries = shapely.from_wkb(np.array(wkb, object), on_invalid="ignore")
    geometries[shapely.is_empty(geometries)] = None
    points = np.isin(shapely.get_type_id(geometries), (0, 4)) & (shapely.get_num_coordinates(geometries) == 1)
    centres = shapely.centroid(geometries)
    lon, lat = shapely.get_x(centres), shapely.get_y(centres)
    if not source.equals(LON_LAT, ignore_axis_order=True):
        lon, lat = pyproj.Transformer.from_crs(source, LON_LAT, always_xy=True).transform(lon, lat)
    nothing = shapely.is_missing(geometries)
    other = ~points & ~nothing
    return np.where(nothing, np.nan, np.where(other, np.inf, lon)), np.where(nothing, np.nan, np.where(other, np.inf, lat))


def _written(value: Any) -> str:
    """A value as text that is the same whenever the value is the same."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return repr(value)


def _positions(path: Path, names: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    for name in wanted:
        if name not in names:
            known = ", ".join(f"“{name}”" for name in names if name) or "none"
            raise FileProblem(f"{path.name} has no column “{name}”. Its columns are: {known}.")
        if list(names).count(name) > 1:
            raise FileProblem(f"{path.name} has more than one column “{name}”. Rename all but one of them.")
    return {name: list(names).index(name) for name in wanted}
