"""The ground around a point, for asking what is public there."""

from __future__ import annotations

import math

from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.db.models import Q

METRES_A_DEGREE = 111_320  # of latitude; of longitude times the cosine of the latitude
_LEAST_COSINE = 0.01  # half a degree from a pole


def around(lon: float, lat: float, reach_m: float) -> Polygon:
    """The upright box in degrees that reaches so many metres from a point in each direction."""
    up = reach_m / METRES_A_DEGREE
    aside = up / max(_LEAST_COSINE, math.cos(math.radians(lat)))
    return Polygon.from_bbox((lon - aside, lat - up, lon + aside, lat + up))


def within(point: Point, reach_m: float, column: str = "public_location") -> Q:
    """Rows whose point in `column` lies at most so many metres from `point`: the index finds the box, the rest is exact."""
    return Q(**{f"{column}__within": around(point.x, point.y, reach_m * 1.01), f"{column}__distance_lte": (point, D(m=reach_m))})
