"""Reads where and when from a file of reports: CSV, XLSX, GeoJSON, GeoPackage or Parquet, without a database.

A line that cannot be used is named with its number and reason, and the others are taken.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[Iterable["Row"]], Iterable["Row"]]

MAX_AHEAD = timedelta(hours=24)  # phone clocks run ahead; more than a day is not a clock but a mistake
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # older times are unset clocks
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(.*)")


class FileProblem(ValueError):
    """A file that cannot be read at all; the message says what to do."""


class LineProblem(NamedTuple):
    """A line that was left out; lines are counted as a text editor or spreadsheet shows them, features from 1."""

    line: int
    reason: str


class Row(NamedTuple):
    line: int
    lon: Any
    lat: Any
    time: Any


@dataclass
class ReportPoints:
    """The usable reports in the order of the file. lon, lat: degrees (n,); observed_at: UTC, datetime64[us] (n,)."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    observed_at: NDArray[np.datetime64]
    problems: list[LineProblem] = field(default_factory=list)

    def __len__(self) -> int:
        return self.lon.size


def read_points(
    path: Path,
    *,
    lon: str | None,
    lat: str | None,
    time: str,
    timezone_name: str,
    days_since: date | None = None,
    now: datetime | None = None,
    progress: Progress = lambda rows: rows,
) -> ReportPoints:
    """The place and the moment of every report in a file.

    `lon`, `lat`, `time`: names of columns; in a map file without the first two the geometry's centre is taken. Times
    are ISO 8601 or dd/mm/yyyy, in `timezone_name` where they do not say their own, or, with `days_since`, days (and
    parts of days) on the local clock since that date. Raises FileProblem when the file or a column cannot be read.
    """
    if not path.exists():
        raise FileProblem(f"There is no file {path}.")
    zone = ZoneInfo(timezone_name)
    latest = now or datetime.now(UTC)
    found: tuple[list[float], list[float], list[datetime]] = ([], [], [])
    problems = []
    for row in progress(_rows(path, lon, lat, time)):
        try:
            place = _position(row.lon, row.lat)
            moment = _moment(row.time, zone, days_since)
            if moment > latest + MAX_AHEAD:
                raise ValueError("the time lies in the future")
            if moment < EARLIEST:
                raise ValueError("the time lies before 1970")
        except (ValueError, OverflowError) as problem:
            problems.append(LineProblem(row.line, str(problem)))
            continue
        for column, value in zip(found, (*place, min(moment, latest)), strict=True):
            column.append(value)  # type: ignore[attr-defined]
    moments = np.array([moment.replace(tzinfo=None) for moment in found[2]], "datetime64[us]")
    return ReportPoints(np.array(found[0], float), np.array(found[1], float), moments, problems)


def _position(lon: Any, lat: Any) -> tuple[float, float]:
    if _is_missing(lon) or _is_missing(lat):
        raise ValueError("the place is missing")
    try:
        place = float(lon), float(lat)
    except (TypeError, ValueError):
        raise ValueError(f"“{lon}, {lat}” is not a longitude and a latitude") from None
    if not (all(map(math.isfinite, place)) and abs(place[0]) <= 180 and abs(place[1]) <= 90):
        raise ValueError(f"“{lon}, {lat}” is not a place on Earth (longitude first, then latitude)")
    return place


def _moment(value: Any, zone: ZoneInfo, days_since: date | None) -> datetime:
    """The moment in UTC."""
    if _is_missing(value):
        raise ValueError("the time is missing")
    if days_since is not None:
        try:
            local = datetime(days_since.year, days_since.month, days_since.day) + timedelta(days=float(value))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"“{value}” is not a number of days") from None
    elif isinstance(value, datetime):
        local = value
    elif isinstance(value, np.datetime64):
        local = value.astype("datetime64[us]").item()
    elif isinstance(value, date):
        local = datetime(value.year, value.month, value.day)
    else:
        local = _parsed(str(value).strip())
    return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)


def _parsed(text: str) -> datetime:
    """ISO 8601, also with slashes, or day first as in Vietnam."""
    day_first = _DAY_FIRST.fullmatch(text)
    iso = f"{day_first[3]}-{day_first[2]:0>2}-{day_first[1]:0>2}{day_first[4]}" if day_first else text
    try:
        return datetime.fromisoformat(iso.replace("/", "-"))
    except ValueError:
        raise ValueError(f"“{text}” is not a date and time such as 2024-12-25 07:30 or 25/12/2024 07:30") from None


def _is_missing(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _rows(path: Path, lon: str | None, lat: str | None, time: str) -> Iterator[Row]:
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv", ".txt"):
        return _table_rows(path, _csv_lines(path), lon, lat, time)
    if kind == ".xlsx":
        return _table_rows(path, _xlsx_lines(path), lon, lat, time)
    if kind == ".parquet":
        return _table_rows(path, _parquet_lines(path), lon, lat, time)
    if kind in (".geojson", ".json", ".gpkg", ".shp", ".zip"):
        return _map_rows(path, lon, lat, time)
    raise FileProblem(f"{path.name} is none of CSV, XLSX, GeoJSON, GeoPackage and Parquet.")


def _table_rows(
    path: Path, lines: Iterator[tuple[int, list[Any]]], lon: str | None, lat: str | None, time: str
) -> Iterator[Row]:
    if lon is None or lat is None:
        raise FileProblem(f"Name the columns of {path.name} with --lon and --lat.")
    _, header = next(lines, (1, []))
    names = ["" if name is None else str(name).strip() for name in header]
    at = [_column(path, names, wanted) for wanted in (lon, lat, time)]
    for line, cells in lines:
        if any(not _is_missing(cell) for cell in cells):
            yield Row(line, *(cells[column] if column < len(cells) else None for column in at))


def _column(path: Path, names: list[str], wanted: str) -> int:
    if wanted in names:
        return names.index(wanted)
    known = ", ".join(f"“{name}”" for name in names if name) or "none"
    raise FileProblem(f"{path.name} has no column “{wanted}”. Its columns are: {known}.")


def _csv_lines(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Rows with the number of the line each starts on; fields may contain line breaks."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            separator = max(",;\t", key=first.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=separator)
            start = 1
            for cells in reader:
                yield start, cells
                start = reader.line_num + 1
    except UnicodeDecodeError:
        raise FileProblem(f"{path.name} is not UTF-8 text. Save it as CSV in UTF-8.") from None
    except csv.Error as error:
        raise FileProblem(f"{path.name} stops being CSV after line {start}: {error}.") from None


def _xlsx_lines(path: Path) -> Iterator[tuple[int, list[Any]]]:
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).active
    except (InvalidFileException, zipfile.BadZipFile, KeyError) as error:
        raise FileProblem(f"{path.name} cannot be read as a spreadsheet: {error}.") from None
    for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield line, list(cells)


def _parquet_lines(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """The header, then the rows from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise FileProblem(f"{path.name} cannot be read as Parquet: {error}.") from None
    yield 0, file.schema_arrow.names
    line = 0
    for batch in file.iter_batches():
        for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            line += 1
            yield line, list(cells)


def _map_rows(path: Path, lon: str | None, lat: str | None, time: str) -> Iterator[Row]:
    """Features from 1; without columns of the place, the centre of the geometry, brought to longitude and latitude."""
    import pyogrio
    import pyproj
    import shapely

    try:
        # As text, since GDAL hands out some fractions of a second that no Python time can hold.
        meta, _, wkb, columns = pyogrio.raw.read(path, force_2d=True, datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise FileProblem(f"{path.name} cannot be read as a map file: {error}.") from None
    names = list(meta["fields"])
    times = columns[_column(path, names, time)]
    if lon and lat:
        places = zip(columns[_column(path, names, lon)], columns[_column(path, names, lat)], strict=True)
    else:
        if meta["crs"] is None or wkb is None:
            raise FileProblem(f"{path.name} does not say where its features lie. Name columns with --lon and --lat.")
        centres = shapely.centroid(shapely.from_wkb(wkb, on_invalid="ignore"))
        turn = pyproj.Transformer.from_crs(meta["crs"], "EPSG:4326", always_xy=True).transform
        turned = turn(shapely.get_x(centres), shapely.get_y(centres))
        # A feature without geometry has no centre, which the projection turns into infinity.
        places = zip(*(np.where(np.isfinite(side), side, np.nan) for side in turned), strict=True)
    for line, ((x, y), moment) in enumerate(zip(places, times, strict=True), start=1):
        yield Row(line, x, y, moment)
