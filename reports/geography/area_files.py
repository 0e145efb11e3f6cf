"""Reads a file of areas: administrative units or overlays such as beaches, ports and canals.

Columns are recognised by name, whatever the capitals: code; name or full_name (“Phường …”); name_en; aliases (separated by
“;”); kind; layer; valid_from; valid_to; area_km2. A kind is told by its column, by the caller, or by the word with
which the full name begins, as the city pack names it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import shapely

from citylab.cities.pack import AreaKind, CityPack
from reports.geography.approximations import as_multipolygon
from reports.geography.area_store import AreaRecord
from reports.geography.map_files import MapRow, RowProblem, why_not_on_earth
from reports.geography.search_text import plain
from reports.models import Area

COLUMNS = {
    "code": ("code", "ma", "id"),
    "name": ("name", "ten"),
    "full_name": ("full_name", "fullname"),
    "name_en": ("name_en", "nameen", "name:en"),
    "aliases": ("aliases", "alias", "old_names"),
    "kind": ("kind",),
    "layer": ("layer",),
    "valid_from": ("valid_from",),
    "valid_to": ("valid_to",),
    "area_km2": ("area_km2", "areakm2"),
}


@dataclass(frozen=True)
class AreaDefaults:
    """What holds for a row that does not say it itself. columns: this file's names for some of `COLUMNS`."""

    valid_from: date
    layer: str = ""
    kind: str = ""
    columns: tuple[tuple[str, str], ...] = ()


def read_areas_from(
    rows: Iterable[MapRow], city: CityPack, defaults: AreaDefaults
) -> tuple[list[AreaRecord], list[RowProblem]]:
    """Areas of a file and what is wrong with the rows that are none. Shapes that cross themselves are mended."""
    records: list[AreaRecord] = []
    problems: list[RowProblem] = []
    seen: dict[tuple[str, str], list[tuple[AreaRecord, str]]] = {}
    for row in rows:
        try:
            record = as_area(row, city, defaults)
            before = seen.setdefault((record.layer, record.code), [])
            for other, where in before:
                if (other.valid_to or date.max) > record.valid_from and (
                    record.valid_to or date.max
                ) > other.valid_from:
                    raise ValueError(f"the code {record.code} is also in {where}, for the same days.")
            before.append((record, row.where))
            records.append(record)
        except ValueError as error:
            problems.append(RowProblem(row.where, str(error)))
    return records, problems


def as_area(row: MapRow, city: CityPack, defaults: AreaDefaults) -> AreaRecord:
    """One row as an area. Raises ValueError with a sentence."""
    chosen = dict(defaults.columns)
    by_small_name = {name.casefold(): name for name in row.fields}
    columns = {
        field: [chosen[field]] if field in chosen else [by_small_name[name] for name in names if name in by_small_name]
        for field, names in COLUMNS.items()
    }
    name, full_name = row.text(*columns["name"]), row.text(*columns["full_name"])
    if not (name or full_name):
        raise ValueError("it has no name.")
    kind = find_kind(row.text(*columns["kind"]) or defaults.kind, full_name or name, city)
    name, full_name = both_names(name, full_name, kind)
    layer = row.text(*columns["layer"]) or defaults.layer or (Area.Layer.OVERLAY if kind.overlay else Area.Layer.UNIT)
    if layer not in Area.Layer.values:
        raise ValueError(f"the layer “{layer}” is neither unit nor overlay.")
    code = row.text(*columns["code"])
    if not code and layer == Area.Layer.UNIT:
        raise ValueError("it has no code; a unit is told from others by its code.")
    valid_from = row.day(*columns["valid_from"]) or defaults.valid_from
    valid_to = row.day(*columns["valid_to"])
    if valid_to and valid_to <= valid_from:
        raise ValueError(f"it ends on {valid_to}, before it begins on {valid_from}.")
    polygon = as_polygon(row.geometry)
    return AreaRecord(
        layer=str(layer),
        kind=kind.code,
        code=code or f"{kind.code}-{plain(name).replace(' ', '-')}",
        name=name,
        full_name=full_name,
        name_en=row.text(*columns["name_en"]),
        aliases=tuple(filter(None, (alias.strip() for alias in row.text(*columns["aliases"]).split(";")))),
        polygon=polygon,
        area_km2=row.number(*columns["area_km2"]),
        valid_from=valid_from,
        valid_to=valid_to,
    )


def find_kind(told: str, full_name: str, city: CityPack) -> AreaKind:
    """The kind with this code, or the one whose prefix the full name begins with. Raises ValueError."""
    if told:
        for kind in city.area_kinds:
            if told in (kind.code, kind.name, kind.name_en, kind.prefix):
                return kind
        known = ", ".join(kind.code for kind in city.area_kinds)
        raise ValueError(f"the kind “{told}” is not one of {known}.")
    begins = [kind for kind in city.area_kinds if kind.prefix and plain(full_name).startswith(plain(kind.prefix) + " ")]
    if begins:
        return max(begins, key=lambda kind: len(kind.prefix))
    raise ValueError(f"its kind is not told and cannot be read from the name “{full_name}”; give it with --kind.")


def both_names(name: str, full_name: str, kind: AreaKind) -> tuple[str, str]:
    """The short and the full name, each from the other where one is missing."""
    longer = full_name or name
    has_prefix = bool(kind.prefix) and plain(longer).startswith(plain(kind.prefix) + " ")
    short = longer[len(kind.prefix) :].strip() if has_prefix else longer
    if not full_name:
        full_name = longer if has_prefix or not kind.prefix else f"{kind.prefix} {name}"
    return (short if not name or name == full_name else name), full_name


def as_polygon(geometry: shapely.Geometry | None) -> shapely.MultiPolygon:
    """A valid MultiPolygon in lon, lat. Raises ValueError with a sentence."""
    if reason := why_not_on_earth(geometry):
        raise ValueError(reason)
    if geometry.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        raise ValueError(f"its geometry is a {geometry.geom_type}; an area needs a polygon.")
    polygon = as_multipolygon(geometry if geometry.is_valid else shapely.make_valid(geometry))
    if polygon.is_empty:
        raise ValueError("its polygon has no surface.")
    return polygon
