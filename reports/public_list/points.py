"""The list as points for maps: single waste sites where there are few, circles with counts where there are many.

Every point is the centre of a coarse cell or the middle of such centres; a count below five is only said to be one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import FloatField, Func, QuerySet

from reports.models import Case
from reports.models.case import OPEN
from reports.public_cases import FEW, public_point, told
from reports.public_list.rows import spot_path
from reports.public_list.words import places_of, state_of

Box = tuple[float, float, float, float]  # west, south, east, north in degrees

MOST_SINGLE = 150  # points drawn one by one in a view; more are gathered
MOST_DRAWN = 5_000  # beyond this the newest stand for all: nobody sees the difference, and the database does
ACROSS = 14  # circles side by side in a view: each the size of a thumb on a phone


Sites = list[tuple[float, float, bool]]  # longitude, latitude, whether it is still open


@dataclass(frozen=True)
class Circle:
    """Waste sites gathered into one place of the map. `open`: whether any of them is still open."""

    lon: float
    lat: float
    count: int
    open: bool


def drawn_sites(cases: QuerySet[Case], moment: str = "observed_at") -> Sites:
    """The coarse points of these cases, of very many only the newest by `moment`: MOST_DRAWN."""
    points = cases.exclude(public_location=None).order_by(f"-{moment}", "-id")
    points = points.annotate(x=_Degrees("public_location", function="ST_X"), y=_Degrees("public_location", function="ST_Y"))
    return [(x, y, status in OPEN) for x, y, status in points.values_list("x", "y", "status")[:MOST_DRAWN]]


def view(sites: Sites) -> Box | None:
    """The box that shows these points with some room around, None when there is none."""
    if not sites:
        return None
    lon, lat, _open = zip(*sites, strict=True)
    return _padded((min(lon), min(lat), max(lon), max(lat)))


def circles(sites: Sites, box: Box, across: int = ACROSS) -> list[Circle]:
    """The points of a box gathered on a grid of so many squares across, largest first."""
    west, south, east, north = box
    step = max(east - west, north - south, 1e-4) / across
    squares: dict[tuple[int, int], Sites] = defaultdict(list)
    for lon, lat, still_open in _within(sites, box):
        squares[int(lon // step), int(lat // step)].append((lon, lat, still_open))
    found = [
        Circle(round(fmean(site[0] for site in some), 5), round(fmean(site[1] for site in some), 5), len(some), any(site[2] for site in some))
        for some in squares.values()
    ]
    return sorted(found, key=lambda circle: (-circle.count, circle.lon, circle.lat))


def geojson(cases: QuerySet[Case], box: Box, moment: str = "observed_at") -> dict[str, Any]:
    """A view of the map as GeoJSON: single cases with their words and address, or circles when they are many."""
    newest = drawn_sites(cases, moment)
    if len(_within(newest, box)) > MOST_SINGLE:
        return _collection([_circle(circle) for circle in circles(newest, box)])
    inside = cases.filter(public_location__within=Polygon.from_bbox(box))
    rows = list(told(inside).select_related("area").order_by()[: MOST_SINGLE + 1])
    if len(rows) > MOST_SINGLE:
        return _collection([_circle(circle) for circle in circles(drawn_sites(inside, moment), box)])
    rows.sort(key=lambda case: case.code)
    return _collection(
        [
            _feature(
                *(public_point(case) or ()), code=case.code, place=place, state=state_of(case).words, url=spot_path(case.code), open=case.is_open
            )
            for case, place in zip(rows, places_of(rows), strict=True)
        ]
    )  # fmt: skip


def _within(sites: Sites, box: Box) -> Sites:
    west, south, east, north = box
    return [site for site in sites if west <= site[0] <= east and south <= site[1] <= north]


def _circle(circle: Circle) -> dict[str, Any]:
    """A circle as the public may know it."""
    count = circle.count if circle.count >= FEW else f"<{FEW}"
    return _feature(circle.lon, circle.lat, count=count, open=circle.open)


class _Degrees(Func):
    output_field = FloatField()


def _padded(box: Box, least_degrees: float = 0.012, share: float = 0.08) -> Box:
    """A box with some room around it, and never smaller than about a kilometre."""
    west, south, east, north = box
    aside = max((east - west) * share, (least_degrees - (east - west)) / 2)
    up = max((north - south) * share, (least_degrees - (north - south)) / 2)
    return west - aside, south - up, east + aside, north + up


def _feature(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
