"""Reads map files (GeoJSON, GeoPackage, shapefile, zipped or not) into rows in lon, lat, with a number for each row.

Shared by the loaders of areas and places. What is wrong with one row is a `RowProblem`; what is wrong with the whole file is
a `FileProblem`, raised.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

LON_LAT = pyproj.CRS("EPSG:4326")


class FileProblem(ValueError):
    """A file that cannot be read at all; the message says what to do."""


@dataclass(frozen=True)
class RowProblem:
    """A row that was left out. where: “row 3” of a map file, “line 4” of a text file."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


@dataclass(frozen=True)
class MapRow:
    """One feature. where: “row 3”, from 1, or “line 4”; fields: by column name; geometry: 2-D in lon, lat, or None."""

    where: str
    fields: Mapping[str, Any]
    geometry: shapely.Geometry | None

    def text(self, *columns: str) -> str:
        """The first non-empty one of these columns as NFC text, else ""."""
        for column in columns:
            value = self.fields.get(column)
            if value is None or value != value:  # NaN and NaT, how formats without null write “nothing”
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)  # codes that a format keeps as numbers
            if text := unicodedata.normalize("NFC", str(value)).strip():
                return text
        return ""

    def day(self, *columns: str) -> date | None:
        """A date column. Raises ValueError with a sentence for text that is no date."""
        for column in columns:
            value = self.fields.get(column)
            if isinstance(value, np.datetime64):
                value = value.astype("datetime64[D]").item()  # None for “not a time”
            if isinstance(value, datetime):
                return value.date()
            if isinstance(value, date):
                return value
        if text := self.text(*columns):
            try:
                return date.fromisoformat(text[:10].replace("/", "-"))
            except ValueError:
                raise ValueError(f"“{text}” is not a date such as 2025-07-01.") from None
        return None

    def number(self, *columns: str) -> float | None:
        """A number column. Raises ValueError with a sentence for text that is no number."""
        if not (text := self.text(*columns)):
            return None
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"“{text}” is not a number.") from None


def read_map_file(path: Path, crs: str = "", layer: str | None = None) -> Iterator[MapRow]:
    """The rows of a map file, geometries brought to lon, lat.

    crs: reference system to assume where the file names none, such as "EPSG:5899". layer: name, where a file has several.
    Raises FileProblem.
    """
    if not path.exists():
        raise FileProblem(f"There is no file {path}.")
    try:
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, force_2d=True)
    except (DataSourceError, DataLayerError) as error:
        raise FileProblem(f"{path.name} cannot be read as a map file: {error}") from error
    system = crs or meta["crs"]
    if system is None:
        raise FileProblem(f"{path.name} does not say its reference system; name it, for example with --crs EPSG:4326.")
    geometries = shapely.from_wkb(wkb, on_invalid="ignore") if wkb is not None else np.full(len(columns[0]), None)
    try:
        source = pyproj.CRS(system)
    except pyproj.exceptions.CRSError as error:
        raise FileProblem(f"“{system}” is not a reference system such as EPSG:4326.") from error
    if not source.equals(LON_LAT, ignore_axis_order=True):
        turn = pyproj.Transformer.from_crs(source, LON_LAT, always_xy=True).transform
        geometries = shapely.transform(geometries, lambda corners: np.column_stack(turn(corners[:, 0], corners[:, 1])))
    names = list(meta["fields"])
    for number, geometry in enumerate(geometries):
        yield MapRow(f"row {number + 1}", {name: column[number] for name, column in zip(names, columns, strict=True)}, geometry)


def why_not_on_earth(geometry: shapely.Geometry | None) -> str:
    """Why a geometry in lon, lat cannot be used, or ""."""
    if geometry is None or geometry.is_empty:
        return "it has no geometry."
    corners = shapely.get_coordinates(geometry)
    if not np.isfinite(corners).all():
        return "its coordinates cannot be turned into longitude and latitude."
    if (np.abs(corners) > (180, 90)).any():
        return "its coordinates are not longitude and latitude; name the reference system with --crs."
    return ""
