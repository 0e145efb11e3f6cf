"""What is in each layer of vector tiles, and what version of the data it shows: SQL and nothing else.

Geometry is clipped to the tile with a margin of 64 of its 4096 units, so that outlines meet at the edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import connection

from analytics.models import HotspotRun
from analytics.tile_cells import FIRST_ZOOM, covering_cells, number_ranges
from reports.models.case import OPEN, in_sql

FEW = 5  # the public is not told counts below it
CASE_WEEKS = 12  # a case is drawn while it is open, or when it was seen in these weeks
POINTS_FROM_ZOOM = 12  # below it cases are gathered on a grid
MOST_POINTS = 5_000  # of one tile; only thousands of cases at one place ever come near
LISTED_PLACES_FROM_ZOOM, ALL_PLACES_FROM_ZOOM = 11, 13
MOST_PLACES = 400

_TILE = "ST_TileEnvelope(%(z)s, %(x)s, %(y)s)"
_AROUND = "ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625)"
_AROUND_DEGREES = f"ST_Transform({_AROUND}, 4326)"


@dataclass(frozen=True)
class Tile:
    """Which tile of which data, for whom. `areas`: the only ones whose cases may be drawn; None is everywhere."""

    z: int
    x: int
    y: int
    staff: bool
    week: date  # Monday of the last week whose cases are drawn
    today: date
    run: HotspotRun | None = None
    areas: tuple[int, ...] | None = field(default=None)


Query = tuple[str, dict[str, object]]


@dataclass(frozen=True)
class Layer:
    """`version` changes whenever the tile could; `queries` make the tile's parts, one after the other."""

    version: Callable[[Tile], str]
    queries: Callable[[Tile], list[Query]]


def _drawn(geometry: str) -> str:
    return f"ST_AsMVTGeom({geometry}, {_TILE}, 4096, 64, true) AS geom"


def _mvt(name: str, features: str) -> str:
    """The bytes of one layer; `features` selects the properties and, as `geom`, what `_drawn` makes."""
    return f"SELECT ST_AsMVT(feature, '{name}', 4096, 'geom') FROM ({features}) AS feature WHERE geom IS NOT NULL"


# --- hotspots ----------------------------------------------------------------------------------

# Dozens of short ranges of the index on (run, cell), which do not overlap. OFFSET keeps the planner to them: left to itself
# it reads the whole run, misled by the condition on the geometry.
_OF_TILE = """
    unnest(%(lowest)s::bigint[], %(highest)s::bigint[]) AS part (low, high) CROSS JOIN LATERAL (
        SELECT * FROM {table} WHERE run_id = %(run)s AND cell BETWEEN part.low AND part.high OFFSET 0
    ) AS row
"""

_STAFF = "to_hex({cell}) AS cell, cases, reports, observed, {hot} AS hot, {cells} AS cells"
_STAFF_ROW = ", round(expected::numeric, 2)::float AS expected, round(ratio::numeric, 2)::float AS ratio, q"
# The public learns the class, and the count of the cell itself from five on. Not the sum with its neighbours: the
# difference of two such sums would give away what is smaller.
_PUBLIC = """
    to_hex({cell}) AS cell, CASE WHEN {hot} THEN 'hot' ELSE 'reported' END AS class,
    CASE WHEN cases >= 5 THEN cases END AS cases, CASE WHEN cases < 5 THEN 5 END AS cases_below
"""


def shown_resolution(z: int, run_resolution: int) -> int:
    """The size of hexagons at a zoom: some 10 to 30 pixels across, and never finer than what was tested."""
    return max(7, min(z - 3, run_resolution))


def _hotspots(tile: Tile) -> list[Query]:
    assert tile.run is not None
    resolution = shown_resolution(tile.z, tile.run.resolution)
    own, run_zoom = resolution == tile.run.resolution, tile.run.resolution + 3
    table = "analytics_hotspot" if own else "analytics_hotspotoverview"
    words = {"cell": "cell", "hot": "hot", "cells": "1"}
    if not own:
        words = {"cell": "strongest", "hot": "(hot_cells > 0)", "cells": f"{7 ** (tile.run.resolution - resolution)}"}
    # At smaller scales a thousand hexagons, each with numbers of its own, would be a heavy tile.
    numbers = _STAFF_ROW if own and tile.z > run_zoom else ""
    properties = (_STAFF + numbers if tile.staff else _PUBLIC).format(**words)
    features = f"""
        SELECT {properties}, {_drawn("polygon")}
        FROM {_OF_TILE.format(table=table) if tile.z >= FIRST_ZOOM else table}
        WHERE run_id = %(run)s AND polygon && {_AROUND}
            {"" if own else "AND resolution = %(resolution)s"}
            {"" if tile.staff else f"AND (cases > 0 OR {words['hot']})"}
    """
    given: dict[str, object] = {"run": tile.run.pk, "resolution": resolution}
    if tile.z >= FIRST_ZOOM:
        given["lowest"], given["highest"] = number_ranges(covering_cells(tile.z, tile.x, tile.y, resolution), resolution)
    return [(_mvt("hotspots", features), given)]


def _hotspots_version(tile: Tile) -> str:
    return str(tile.run.pk if tile.run else 0)


# --- cases -------------------------------------------------------------------------------------


def _cases(tile: Tile) -> list[Query]:
    point = "location" if tile.staff else "public_location"
    begin, end = _window(tile.week)
    given: dict[str, object] = {"begin": begin, "end": end, "areas": list(tile.areas or ())}
    told = "" if tile.staff else """
            AND (counts OR EXISTS (SELECT FROM reports_report r WHERE r.case_id = reports_case.id AND r.held = '')
                 OR NOT EXISTS (SELECT FROM reports_report r WHERE r.case_id = reports_case.id))"""  # as in `not_only_held`
    there = f"""
        FROM reports_case
        WHERE {point} && {_AROUND_DEGREES} AND status NOT IN ('refused', 'merged', 'withdrawn') AND observed_at < %(end)s
            AND (observed_at >= %(begin)s OR status IN ({in_sql(OPEN)}))
            {"AND area_id = ANY(%(areas)s)" if tile.areas is not None else ""}{told}
    """
    if tile.z < POINTS_FROM_ZOOM:
        # Squares of a thirty-second of a tile, each drawn as one point in the middle of its cases.
        size = 40_075_016.6856 / 2**tile.z / 32
        counted = "count(*) AS cases" if tile.staff else (
            f"CASE WHEN count(*) >= {FEW} THEN count(*) END AS cases, CASE WHEN count(*) < {FEW} THEN {FEW} END AS cases_below"
        )  # fmt: skip
        features = f"""
            SELECT {counted}, {_drawn("ST_Centroid(ST_Collect(place))")}
            FROM (SELECT ST_Transform({point}, 3857) AS place {there}) AS cases
            GROUP BY floor(ST_X(place) / {size}), floor(ST_Y(place) / {size})
        """
        return [(_mvt("cases", features), given)]
    day = "to_char(observed_at AT TIME ZONE %(zone)s, 'YYYY-MM-DD') AS observed_on"
    properties = f"code, status, problem, {day}"
    if tile.staff:
        properties += ", waste_group, amount, recurs_of_id IS NOT NULL AS recurs, closed_at IS NULL AND status <> 'on_hold' AND due_at < now() AS overdue"
    # By day and code, which is random: the order of points in a tile tells no hour.
    features = f"""
        SELECT {properties}, {_drawn(f"ST_Transform({point}, 3857)")} {there}
        ORDER BY (observed_at AT TIME ZONE %(zone)s)::date DESC, code LIMIT {MOST_POINTS}
    """
    return [(_mvt("cases", features), {**given, "zone": settings.TIME_ZONE})]


def _window(week: date) -> tuple[datetime, datetime]:
    """The first moment of the drawn weeks and the first after them, by the city's clocks."""
    end = datetime.combine(week + timedelta(weeks=1), time.min, settings.CITY.tz)
    begin = datetime.combine(week - timedelta(weeks=CASE_WEEKS - 1), time.min, settings.CITY.tz)
    return begin, end


def _cases_version(tile: Tile) -> str:
    """Every change of a case adds an event, and each day some deadline passes."""
    newest = _ask("SELECT concat((SELECT max(id) FROM reports_caseevent), '.', (SELECT max(id) FROM reports_case))")
    return f"{newest}.{tile.week}.{tile.today}.{tile.areas}"


# --- areas and places --------------------------------------------------------------------------


def _areas(tile: Tile) -> list[Query]:
    # A step of the tile's own grid, in degrees: what is finer cannot be seen.
    step = 360 / 2**tile.z / 4096
    current = "valid_from <= %(today)s AND (valid_to IS NULL OR valid_to > %(today)s)"
    names = "code, CASE WHEN full_name = '' THEN name ELSE full_name END AS name, name_en, kind, layer, approximate"
    borders = f"""
        SELECT {names}, {_drawn(f"ST_Transform(ST_Simplify(polygon, {step:.12f}, true), 3857)")}
        FROM reports_area WHERE {current} AND polygon && {_AROUND_DEGREES}
    """
    # One point for each name: a label on the polygons would come once in every tile that an area touches.
    labels = f"""
        SELECT {names}, {_drawn("ST_Transform(at, 3857)")}
        FROM (SELECT *, coalesce(seat, ST_PointOnSurface(polygon)) AS at FROM reports_area
              WHERE {current} AND polygon && {_AROUND_DEGREES}) AS named
        WHERE at && ST_Transform({_TILE}, 4326)
    """
    given: dict[str, object] = {"today": tile.today}
    return [(_mvt("areas", borders), given), (_mvt("area-names", labels), given)]


def _areas_version(tile: Tile) -> str:
    return f"{_table_version('reports_area')}.{tile.today}"


def _basemap(tile: Tile) -> list[Query]:
    if tile.z < LISTED_PLACES_FROM_ZOOM:
        return []
    features = f"""
        SELECT name, name_en, kind, listed, {_drawn("ST_Transform(location, 3857)")}
        FROM reports_place WHERE location && {_AROUND_DEGREES} {"" if tile.z >= ALL_PLACES_FROM_ZOOM else "AND listed"}
        ORDER BY listed DESC, id LIMIT {MOST_PLACES}
    """
    return [(_mvt("basemap", features), {})]


def _basemap_version(tile: Tile) -> str:
    return _table_version("reports_place")


def _table_version(table: str) -> str:
    """Any insert, update or delete changes it."""
    return _ask(f"SELECT concat(count(*), '.', max(id), '.', sum(xmin::text::bigint)) FROM {table}")


def _ask(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


LAYERS = {
    "hotspots": Layer(_hotspots_version, _hotspots),
    "cases": Layer(_cases_version, _cases),
    "areas": Layer(_areas_version, _areas),
    "basemap": Layer(_basemap_version, _basemap),
}
