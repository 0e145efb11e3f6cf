"""Puts areas into the database: once, with their history, and without breaking what already points at them.

* A row is never deleted. A unit that ends gets `valid_to`; a unit that changes gets a second row from that day on.
* A real polygon takes the place of an approximate one in the same row, so reports and cases keep their area.
* Loading the same areas again changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.contrib.gis.geos import GEOSGeometry, Point
from django.db import connection, transaction

from reports.geography.area_index import forget_areas
from reports.geography.search_text import search_column
from reports.models import Area

LOCK = 0x0A6EA5  # any fixed number: one loader of areas at a time


@dataclass
class AreaRecord:
    """An area as read from a file or made from figures. polygon: shapely MultiPolygon in lon, lat; names NFC."""

    layer: str
    kind: str
    code: str
    name: str
    polygon: shapely.MultiPolygon
    valid_from: date
    valid_to: date | None = None
    full_name: str = ""
    name_en: str = ""
    aliases: tuple[str, ...] = ()
    seat: tuple[float, float] | None = None
    area_km2: float | None = None
    approximate: bool = False


@dataclass
class AreaChanges:
    """What loading did, as ids of areas; `notes` are sentences about what it left alone."""

    added: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    redrawn: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def moved_borders(self) -> bool:
        return bool(self.added or self.redrawn)


@transaction.atomic
def store_areas(records: Sequence[AreaRecord], *, complete: bool = False) -> AreaChanges:
    """Stores areas. complete: the records are all units there are, so units missing among them end on the day they begin.

    An approximate record never replaces a real polygon; it only adds names that were missing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    changes = AreaChanges()
    stored: dict[tuple[str, str], list[Area]] = {}
    codes = {record.code for record in records}
    for area in (
        Area.objects.filter(code__in=codes).annotate(wkb=AsWKB("polygon")).defer("polygon").order_by("valid_from")
    ):
        stored.setdefault((area.layer, area.code), []).append(area)
    # Later rows first: a row that begins earlier then ends where the later one begins.
    for record in sorted(records, key=lambda record: record.valid_from, reverse=True):
        _store(record, stored.setdefault((record.layer, record.code), []), changes)
    if complete and records:
        _end_missing(records, changes)
    transaction.on_commit(forget_areas)
    forget_areas()
    return changes


def _store(record: AreaRecord, rows: list[Area], changes: AreaChanges) -> None:
    overlapping = [row for row in rows if _overlap(row, record)]
    if record.approximate:
        if overlapping:
            return _update(overlapping[-1], record, changes, redraw=overlapping[-1].approximate)
        return _insert(record, rows, changes)
    for row in overlapping:
        if row.approximate or row.valid_from == record.valid_from or _same(row, record):
            return _update(row, record, changes, redraw=True)
    for row in overlapping:
        if row.valid_from < record.valid_from:
            row.valid_to = record.valid_from
            row.save(update_fields=["valid_to"])
            changes.ended.append(row.pk)
        else:
            record.valid_to = row.valid_from
    _insert(record, rows, changes)


def _overlap(row: Area, record: AreaRecord) -> bool:
    return (row.valid_to is None or row.valid_to > record.valid_from) and (
        record.valid_to is None or record.valid_to > row.valid_from
    )


def _same(row: Area, record: AreaRecord) -> bool:
    return bytes(row.wkb) == shapely.to_wkb(record.polygon) and row.name == record.name and row.kind == record.kind


def _update(row: Area, record: AreaRecord, changes: AreaChanges, redraw: bool) -> None:
    """Brings one row up to the record. Without `redraw` only what the row lacks is filled in."""
    wanted = {
        "kind": record.kind,
        "name": record.name,
        "full_name": record.full_name,
        "name_en": record.name_en,
        "area_km2": record.area_km2,
        "seat": Point(*record.seat, srid=4326) if record.seat else None,
    }
    changed = {
        name: value
        for name, value in wanted.items()
        if value not in (None, "") and getattr(row, name) != value and (redraw or getattr(row, name) in (None, ""))
    }
    if redraw and row.approximate != record.approximate:
        changed["approximate"] = record.approximate
    if redraw and record.valid_to and row.valid_to != record.valid_to:
        changed["valid_to"] = record.valid_to
    aliases = list(dict.fromkeys([*row.aliases, *record.aliases]))
    if aliases != row.aliases:
        changed["aliases"] = aliases
    redrawn = redraw and bytes(row.wkb) != shapely.to_wkb(record.polygon)
    if redrawn:
        row.wkb = shapely.to_wkb(record.polygon)
        changed["polygon"] = as_geos(record.polygon)
    if not changed:
        changes.unchanged += 1
        return
    for name, value in changed.items():
        setattr(row, name, value)
    row.search = searchable(row)
    row.save(update_fields=[*changed, "search"])
    (changes.redrawn if redrawn else changes.changed).append(row.pk)


def _insert(record: AreaRecord, rows: list[Area], changes: AreaChanges) -> None:
    row = Area(
        layer=record.layer,
        kind=record.kind,
        code=record.code,
        name=record.name,
        full_name=record.full_name,
        name_en=record.name_en,
        aliases=list(record.aliases),
        polygon=as_geos(record.polygon),
        seat=Point(*record.seat, srid=4326) if record.seat else None,
        area_km2=record.area_km2,
        approximate=record.approximate,
        valid_from=record.valid_from,
        valid_to=record.valid_to,
    )
    row.search = searchable(row)
    row.save(force_insert=True)
    row.wkb = shapely.to_wkb(record.polygon)
    rows.append(row)
    rows.sort(key=lambda row: row.valid_from)
    changes.added.append(row.pk)


def _end_missing(records: Iterable[AreaRecord], changes: AreaChanges) -> None:
    day = min(record.valid_from for record in records if record.layer == Area.Layer.UNIT)
    codes = {record.code for record in records}
    for row in Area.objects.units().filter(valid_to=None).exclude(code__in=codes).defer("polygon"):
        if row.valid_from < day:
            row.valid_to = day
            row.save(update_fields=["valid_to"])
            changes.ended.append(row.pk)
        else:
            changes.notes.append(
                f"Unit {row.code} ({row}) is not among them but began on {row.valid_from}; it was left as it is."
            )


def searchable(area: Area) -> str:
    """The `search` column of an area: its names and former names."""
    return search_column([area.full_name, area.name, area.name_en, *area.aliases])


def as_geos(polygon: shapely.MultiPolygon) -> GEOSGeometry:
    return GEOSGeometry(memoryview(shapely.to_wkb(polygon)), srid=4326)
