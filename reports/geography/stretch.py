"""The ground of a notice: from what somebody drew, pasted or chose, to a polygon.

A line gets a width, a place or a point a radius, in metres of the city's own projection; polygons are taken as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import cast

import shapely
from django.conf import settings
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon

WGS84 = 4326
WIDTH_M = (5.0, 1000.0)  # of a drawn line, from edge to edge
RADIUS_M = (10.0, 5000.0)
MOST_POINTS = 2000  # a border of a whole unit has some hundreds
MOST_TEXT = 400_000  # characters of pasted GeoJSON
_QUARTER = 4  # segments of a quarter of a circle: 2 % short of round


class NoStretch(ValueError):
    """This is no piece of ground. `code` is stable and names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def drawn(text: str, width_m: float) -> MultiPolygon:
    """The ground of GeoJSON: a geometry, a feature, or a collection. Lines become `width_m` wide, points a circle of it.

    Raises NoStretch: `unreadable`, `too_many_points`, `width`, or `empty`.
    """
    if not (isfinite(width_m) and WIDTH_M[0] <= width_m <= WIDTH_M[1]):
        raise NoStretch("width")
    if len(text) > MOST_TEXT:
        raise NoStretch("too_many_points")
    try:
        parts = [shapely.from_geojson(json.dumps(part)) for part in _geometries(json.loads(text))]
    except (ValueError, TypeError, KeyError, RecursionError, shapely.errors.ShapelyError) as error:
        raise NoStretch("unreadable") from error
    parts = [shapely.force_2d(part) for part in parts if part is not None and not part.is_empty]
    if not parts:
        raise NoStretch("empty")
    if sum(shapely.get_num_coordinates(part) for part in parts) > MOST_POINTS:
        raise NoStretch("too_many_points")
    corners = shapely.get_coordinates(parts)
    if not ((abs(corners[:, 0]) <= 180) & (abs(corners[:, 1]) <= 85)).all():  # NaN is not smaller than anything either
        raise NoStretch("unreadable")
    flat = [part if part.geom_type.endswith("Polygon") else _widened(part, width_m / 2) for part in parts]
    return _whole(shapely.union_all([shapely.make_valid(part) for part in flat]))


def around(lon: float, lat: float, radius_m: float) -> MultiPolygon:
    """A circle around a point, in degrees and metres. Raises NoStretch `radius`."""
    if not (isfinite(radius_m) and RADIUS_M[0] <= radius_m <= RADIUS_M[1]):
        raise NoStretch("radius")
    return _whole(_widened(shapely.Point(lon, lat), radius_m))


def square_km(stretch: GEOSGeometry) -> float:
    """The size of a stretch."""
    return float(stretch.transform(_metric(), clone=True).area) / 1e6


def _geometries(found: object) -> Sequence[dict]:
    if not isinstance(found, dict):
        raise ValueError("not a GeoJSON object")
    match found.get("type"):
        case "FeatureCollection":
            return [geometry for feature in found["features"] for geometry in _geometries(feature)]
        case "Feature":
            return [found["geometry"]] if found["geometry"] else []
        case "GeometryCollection":
            return [geometry for part in found["geometries"] for geometry in _geometries(part)]
    return [found]


def _metric() -> int:
    return int(settings.CITY.projection.removeprefix("EPSG:"))


def _widened(part: shapely.Geometry, by_m: float) -> shapely.Geometry:
    """Everything within `by_m` metres of a point or a line."""
    geometry = GEOSGeometry(memoryview(shapely.to_wkb(part)), srid=WGS84)
    try:
        geometry.transform(_metric())
        wide = geometry.buffer(by_m, quadsegs=_QUARTER)
        wide.transform(WGS84)
    except GDALException as error:  # so far from the city that its projection has no place for it
        raise NoStretch("unreadable") from error
    return shapely.from_wkb(bytes(wide.wkb))


def _whole(ground: shapely.Geometry) -> MultiPolygon:
    """The polygons of a geometry, and nothing else of it."""
    polygons = [part for part in shapely.get_parts(shapely.get_parts([ground])) if part.geom_type == "Polygon" and part.area > 0]
    if not polygons:
        raise NoStretch("empty")
    return cast(MultiPolygon, GEOSGeometry(memoryview(shapely.to_wkb(shapely.MultiPolygon(polygons))), srid=WGS84))
