"""Reads and stores named places from a map file or a CSV: markets, beach posts, schools.

Columns are recognised by name: name; name_en; kind; code; lon and lat (CSV). Files made from OpenStreetMap work as they are: the
kind comes from their tags and the code from `osm_type` and `osm_id`. Benches, bins and other things that are no
landmarks, and rows without a name, are passed over and counted.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from django.contrib.gis.geos import Point
from django.db import transaction

from reports.geography.area_index import areas_index
from reports.geography.map_files import FileProblem, MapRow, RowProblem, read_map_file, why_not_on_earth
from reports.geography.search_text import plain, search_column
from reports.models import Place

OSM_TAGS = (
    "natural",
    "leisure",
    "amenity",
    "man_made",
    "tourism",
    "historic",
    "railway",
    "waterway",
    "bridge",
    "shop",
    "place",
)
# OpenStreetMap's word: ours. Everything else keeps its word.
OSM_KINDS = {"marketplace": "market", "place_of_worship": "worship", "harbour": "port", "dock": "port", "yes": "place"}
NO_LANDMARK = {
    "atm", "bench", "waste-basket", "recycling", "vending-machine", "parking-entrance", "motorcycle-parking", "bicycle-parking",
    "surveillance", "street-cabinet", "water-tap", "telephone", "post-box", "information", "artwork", "flagpole", "mast",
}  # fmt: skip
COLUMNS = {
    "name": ("name:vi", "name"),
    "name_en": ("name_en", "name:en"),
    "kind": ("kind", "type"),
    "code": ("code", "id"),
}
BATCH = 5_000  # rows a statement
UPDATED = ["kind", "name", "name_en", "search", "location", "listed", "area"]
COMPARED = [
    name.replace("area", "area_id") for name in UPDATED
]  # the key, not the area itself: no query for each place


@dataclass(frozen=True)
class PlaceDefaults:
    """listed: kinds whose surroundings are always analysed; kind: for rows that tell none."""

    listed: tuple[str, ...] = ()
    kind: str = ""


@dataclass
class PlaceRecord:
    """A place as read. lon, lat in degrees; kind and code as stored."""

    code: str
    kind: str
    name: str
    name_en: str
    lon: float
    lat: float
    listed: bool


@dataclass
class PlaceChanges:
    """What storing did, in rows."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    passed_over: int = 0
    outside: int = field(default=0)


def read_place_rows(path: Path, crs: str = "") -> Iterator[MapRow]:
    """The rows of a map file or of a CSV with lon and lat. Raises FileProblem."""
    if path.suffix.lower() != ".csv":
        yield from read_map_file(path, crs)
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = {name.casefold(): name for name in reader.fieldnames or []}
            lon, lat = (
                next((names[name] for name in wanted if name in names), "")
                for wanted in (("lon", "x", "lng"), ("lat", "y"))
            )
            if not (lon and lat):
                raise FileProblem(f"{path.name} has no columns lon and lat, so its places cannot be found.")
            for row in reader:
                yield MapRow(f"line {reader.line_num}", row, _point(row[lon], row[lat]))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileProblem(f"{path.name} cannot be read as UTF-8 CSV: {error}") from error


def _point(lon: str | None, lat: str | None) -> shapely.Point | None:
    try:
        return shapely.Point(float(lon or ""), float(lat or ""))
    except ValueError:
        return None


def read_places_from(
    rows: Iterable[MapRow], defaults: PlaceDefaults
) -> tuple[list[PlaceRecord | None], list[RowProblem]]:
    """Places of a file, None for each row passed over, and what is wrong with the other rows."""
    records: list[PlaceRecord | None] = []
    problems: list[RowProblem] = []
    seen: dict[str, str] = {}
    for row in rows:
        try:
            record = as_place(row, defaults)
            if record and record.code in seen:
                raise ValueError(f"the code {record.code} is also in {seen[record.code]}.")
            if record:
                seen[record.code] = row.where
            records.append(record)
        except ValueError as error:
            problems.append(RowProblem(row.where, str(error)))
    return records, problems


def as_place(row: MapRow, defaults: PlaceDefaults) -> PlaceRecord | None:
    """One row as a place, None when it is nothing to find one's way by. Raises ValueError with a sentence."""
    name = row.text(*COLUMNS["name"])
    is_osm = "osm_id" in row.fields
    told = row.text(*COLUMNS["kind"]) or (row.text(*OSM_TAGS) if is_osm else "") or defaults.kind or "place"
    kind = plain(OSM_KINDS.get(told, told)).replace(" ", "-")[:30] or "place"
    if kind in NO_LANDMARK or (is_osm and not name):
        return None
    if not name:
        raise ValueError("it has no name.")
    if reason := why_not_on_earth(row.geometry):
        raise ValueError(reason)
    point = row.geometry if row.geometry.geom_type == "Point" else row.geometry.representative_point()
    code = f"osm-{row.text('osm_type')}-{row.text('osm_id')}" if is_osm else row.text(*COLUMNS["code"])
    return PlaceRecord(
        code=code[:60] or f"{kind}-{plain(name).replace(' ', '-')}"[:60],
        kind=kind,
        name=name[:160],
        name_en=row.text(*COLUMNS["name_en"])[:160],
        lon=point.x,
        lat=point.y,
        listed=kind in defaults.listed,
    )


@transaction.atomic
def store_places(records: Sequence[PlaceRecord | None]) -> PlaceChanges:
    """Adds and updates places by code, and names the unit each lies in. Places farther from the city are left out and counted."""
    places = [record for record in records if record]
    changes = PlaceChanges(passed_over=len(records) - len(places))
    index = areas_index()
    located = index.locate(np.array([place.lon for place in places]), np.array([place.lat for place in places]))
    before = {place.code: place for place in Place.objects.filter(code__in=[place.code for place in places])}
    rows = []
    for place, area, away in zip(places, located.certain_id.tolist(), located.outside_m.tolist(), strict=True):
        if index.has_units and away > index.margin_m:
            changes.outside += 1
            continue
        row = Place(
            code=place.code, kind=place.kind, name=place.name, name_en=place.name_en, listed=place.listed,
            search=search_column([place.name, place.name_en]), location=Point(place.lon, place.lat, srid=4326),
            area_id=area if area >= 0 else None,
        )  # fmt: skip
        old = before.get(place.code)
        if old is None:
            changes.added += 1
        elif all(getattr(old, name) == getattr(row, name) for name in COMPARED):
            changes.unchanged += 1
            continue
        else:
            changes.changed += 1
        rows.append(row)
    Place.objects.bulk_create(rows, BATCH, update_conflicts=True, unique_fields=["code"], update_fields=UPDATED)
    return changes
