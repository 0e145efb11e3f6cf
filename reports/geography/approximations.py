"""Approximate polygons for units of which only seat and size are known.

Each unit is a disc of its own size around its seat. The union of all discs stands for the city, and each piece of it
belongs to the nearest seat (Voronoi, 1908). Units that lie apart from the rest keep their whole disc. The result is a
drawing aid: it has no gaps or overlaps, but its borders are not those of any law. Callers mark it approximate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyproj
import shapely
from shapely.geometry import MultiPolygon

QUARTER_SEGMENTS = 16  # 64 corners a circle: 0.2 % of the radius, far finer than the guess itself


@dataclass(frozen=True)
class UnitRow:
    """A unit by its figures. kind: code of the pack's area kind; lon, lat: its seat; aliases: former names."""

    code: str
    name: str
    full_name: str
    kind: str
    lon: float
    lat: float
    km2: float
    name_en: str = ""
    aliases: tuple[str, ...] = field(default=())


def approximate_polygons(units: Sequence[UnitRow], projection: str, apart: Sequence[str] = ()) -> list[MultiPolygon]:
    """One polygon in lon, lat for each unit, in the order of `units`.

    projection: a metric reference system of the region, such as "EPSG:3857".
    apart: codes of units that neither give to nor take from the others, such as far islands.
    Raises ValueError for a unit without a positive size or with the seat of another one.
    """
    for unit in units:
        if not (np.isfinite(unit.km2) and unit.km2 > 0):
            raise ValueError(f"Unit {unit.code} ({unit.name}) has no size, so it cannot be drawn.")
    seats = {(unit.lon, unit.lat): unit for unit in units}
    if len(seats) < len(units):
        twins = [unit for unit in units if seats[unit.lon, unit.lat] is not unit]
        raise ValueError(f"Unit {twins[0].code} ({twins[0].name}) has the same seat as another unit.")
    there = pyproj.Transformer.from_crs("EPSG:4326", projection, always_xy=True)
    x, y = there.transform([unit.lon for unit in units], [unit.lat for unit in units])
    points = shapely.points(x, y)
    radii = np.sqrt(np.array([unit.km2 for unit in units]) * 1e6 / np.pi)
    polygons = shapely.buffer(points, radii, quad_segs=QUARTER_SEGMENTS)
    together = np.array([unit.code not in set(apart) for unit in units], bool)
    if together.sum() > 1:
        outline = shapely.union_all(polygons[together])
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.MultiPoint(points[together].tolist()), extend_to=outline, ordered=True)
        )
        polygons[together] = shapely.intersection(cells, outline)
    back = lambda corners: np.column_stack(there.transform(corners[:, 0], corners[:, 1], direction="INVERSE"))  # noqa: E731
    return [as_multipolygon(polygon) for polygon in shapely.transform(polygons, back)]


def as_multipolygon(geometry: shapely.Geometry) -> MultiPolygon:
    """The polygonal part of a geometry as a MultiPolygon, possibly empty."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return MultiPolygon([polygon for part in parts for polygon in shapely.get_parts(part)])
