"""Which area a point lies in, for one point or a million, without asking the database for each.

`AreaIndex` is pure: arrays in, arrays out. `areas_index()` keeps one of the areas in force today in each process and
renews it when the table changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock

import numpy as np
import pyproj
import shapely
from django.contrib.gis.db.models.functions import AsWKB

from citylab.cities.pack import city_pack
from reports.geography.kept_tables import KeptTable
from reports.models import Area

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
NEAR_M = 30_000  # beyond this from the bounding box, the distance to the box is told instead of that to the outline
NOWHERE = -1


@dataclass(frozen=True)
class Located:
    """Where n points lie.

    area_id: (n,) int64, the unit that holds the point, or the nearest one when the point is at most the margin
        outside of all; -1 when it is farther.
    outside_m: (n,) float, 0 inside, else metres to the nearest unit; a lower bound beyond 30 km, inf without units.
    approximate: (n,) bool, the unit's polygon is a guess: it may be drawn and told, but must not route or enter a table.
    """

    area_id: np.ndarray
    outside_m: np.ndarray
    approximate: np.ndarray

    @property
    def certain_id(self) -> np.ndarray:
        """(n,) int64: `area_id`, but -1 where the polygon is a guess. What a report, case or table may name."""
        return np.where(self.approximate, NOWHERE, self.area_id)


@dataclass(frozen=True)
class AreaRow:
    """An area as the index keeps it. polygon: shapely, lon and lat."""

    id: int
    code: str
    kind: str
    name: str
    full_name: str
    name_en: str
    unit: bool
    approximate: bool
    polygon: shapely.Geometry


class AreaIndex:
    """Units and overlays of one day, ready to be asked.

    projection: metric reference system for distances; margin_m: how far outside a point still belongs to the nearest unit.
    """

    def __init__(self, rows: Sequence[AreaRow], projection: str, margin_m: float) -> None:
        self.rows = {row.id: row for row in rows}
        self.margin_m = margin_m
        self._to_metres = pyproj.Transformer.from_crs("EPSG:4326", projection, always_xy=True)
        self._units, self._overlays = (_Layer([row for row in rows if row.unit is unit]) for unit in (True, False))
        self._border, self._border_unit = border_pieces(shapely.transform(self._units.polygons, self._project))

    @property
    def has_units(self) -> bool:
        return len(self._units.ids) > 0

    def locate(self, lon: np.ndarray | float, lat: np.ndarray | float) -> Located:
        """The unit of each point. lon, lat: degrees, (n,) floats or single numbers."""
        lon, lat = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
        area = np.full(lon.size, NOWHERE, np.int64)
        outside_m = np.zeros(lon.size)
        approximate = np.zeros(lon.size, bool)
        if not self.has_units:
            outside_m[:] = np.inf
            return Located(area, outside_m, approximate)
        point, unit = self._units.holding(lon, lat)
        # Should two units overlap, the one with the smaller id answers, always.
        position = np.full(lon.size, len(self._units.ids), np.int64)
        np.minimum.at(position, point, unit)
        left = np.flatnonzero(position == len(self._units.ids))
        if left.size:
            position[left], outside_m[left] = self._nearest(lon[left], lat[left])
        found = position < len(self._units.ids)
        found &= outside_m <= self.margin_m
        area[found] = self._units.ids[position[found]]
        approximate[found] = self._units.approximate[position[found]]
        return Located(area, outside_m, approximate)

    def overlays(self, lon: np.ndarray | float, lat: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (position of a point, id of an overlay that holds it), each (k,) int64, sorted by point then id."""
        lon, lat = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
        point, overlay = self._overlays.holding(lon, lat)
        ids = self._overlays.ids[overlay]
        order = np.lexsort((ids, point))
        return point[order], ids[order]

    def metres(self, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points in the projection: x and y in metres."""
        return self._to_metres.transform(lon, lat)

    def _project(self, corners: np.ndarray) -> np.ndarray:
        return np.column_stack(self._to_metres.transform(corners[:, 0], corners[:, 1]))

    def _nearest(self, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Position of the nearest unit and the distance to it in metres, for points outside of all."""
        west, south, east, north = self._units.bounds
        position = np.full(lon.size, len(self._units.ids), np.int64)
        with np.errstate(invalid="ignore"):  # positions that are no numbers are set to infinity below
            distance = great_circle_m(lon, lat, np.clip(lon, west, east), np.clip(lat, south, north))
        distance[np.isnan(distance)] = np.inf
        near = np.flatnonzero(distance <= NEAR_M)
        if near.size:
            points = shapely.points(*self.metres(lon[near], lat[near]))
            (which, piece), metres = self._border.query_nearest(points, return_distance=True, all_matches=False)
            position[near[which]], distance[near[which]] = self._border_unit[piece], metres
        return position, distance


class _Layer:
    """Areas of one layer, sorted by id, with a tree over their bounding boxes and prepared polygons."""

    def __init__(self, rows: list[AreaRow]) -> None:
        rows = sorted(rows, key=lambda row: row.id)
        self.ids = np.array([row.id for row in rows], np.int64)
        self.approximate = np.array([row.approximate for row in rows], bool)
        self.polygons = np.array([row.polygon for row in rows], object)
        shapely.prepare(self.polygons)
        self.tree = shapely.STRtree(self.polygons)
        self.lock = Lock()  # a prepared polygon completes itself while it is asked: two threads at once crash the process
        self.bounds = shapely.total_bounds(self.polygons) if rows else np.full(4, np.nan)

    def holding(self, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (position of a point, position of an area that holds it or has it on its border)."""
        with self.lock:
            point, area = self.tree.query(shapely.points(lon, lat))
            inside = shapely.intersects_xy(self.polygons[area], lon[point], lat[point])
        return point[inside], area[inside]


def border_pieces(polygons: np.ndarray) -> tuple[shapely.STRtree, np.ndarray]:
    """A tree over the straight pieces of all borders, and the position of the polygon of each piece.

    For a point outside of everything the nearest piece gives the same distance as the polygons, several times faster.
    """
    rings, owner = shapely.get_parts(shapely.boundary(polygons), return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    pieces = np.stack([corners[:-1][joined], corners[1:][joined]], axis=1)
    return shapely.STRtree(shapely.linestrings(pieces)), owner[ring[1:][joined]]


def great_circle_m(lon1: np.ndarray, lat1: np.ndarray, lon2: np.ndarray, lat2: np.ndarray) -> np.ndarray:
    """Metres between points in degrees on a sphere (haversine formula; within 0.6 % of the ellipsoid)."""
    lon1, lat1, lon2, lat2 = map(np.radians, (lon1, lat1, lon2, lat2))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def read_areas(on: date) -> list[AreaRow]:
    """The areas in force on a day, from the database."""
    fields = ("id", "code", "kind", "name", "full_name", "name_en", "layer", "approximate")
    rows = Area.objects.current(on).annotate(wkb=AsWKB("polygon")).values_list(*fields, "wkb")
    polygons = shapely.from_wkb([bytes(row[-1]) for row in rows])
    return [
        AreaRow(*row[:6], unit=row[6] == Area.Layer.UNIT, approximate=row[7], polygon=polygon)
        for row, polygon in zip(rows, polygons, strict=True)
    ]


def build_index(on: date) -> AreaIndex:
    """The index of the areas in force on a day, from the database and the city pack."""
    city = city_pack()
    return AreaIndex(read_areas(on), city.projection, city.outline_margin_m)


KEPT_AREAS = KeptTable("reports_area", build_index)


def areas_index() -> AreaIndex:
    """This process's index of the areas in force today, at most two seconds behind the database."""
    return KEPT_AREAS.get()


def forget_areas() -> None:
    """Makes this process read the areas again: after loading some, and between tests."""
    KEPT_AREAS.forget()
