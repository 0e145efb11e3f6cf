"""The list as points for maps: single waste sites where there are few, circles with counts where there are many.

Every point is the centre of a coarse cell or the middle of such centres; a count below five is only said to be one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Polygon
from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Avg, Count, F, FloatField, Func, Max, Min, Q, QuerySet
from django.db.models.functions import Floor

from reports.models import Case
from reports.models.case import OPEN
from reports.public_cases import FEW, told
from reports.public_list.rows import spot_path
from reports.public_list.words import places_of, state_of

Box = tuple[float, float, float, float]  # west, south, east, north in degrees

MOST_SINGLE = 150  # points drawn one by one in a view; more are gathered
ACROSS = 14  # circles side by side in a view: each the size of a thumb on a phone


@dataclass(frozen=True)
class Circle:
    """Waste sites gathered into one place of the map. `open`: whether any of them is still open."""

    lon: float
    lat: float
    count: int
    open: bool


def view(cases: QuerySet[Case]) -> Box | None:
    """The box that shows the coarse points of these cases with some room around, None when none of them has one."""
    found = _points(cases).aggregate(west=Min("x"), south=Min("y"), east=Max("x"), north=Max("y"))
    return None if found["west"] is None else _padded((found["west"], found["south"], found["east"], found["north"]))


def circles(cases: QuerySet[Case], box: Box, across: int = ACROSS) -> list[Circle]:
    """The cases of a box gathered on a grid of so many squares across, largest first."""
    step = max(box[2] - box[0], box[3] - box[1], 1e-4) / across
    gathered = _points(_in_box(cases, box)).annotate(column=Floor(F("x") / step), row=Floor(F("y") / step)).values("column", "row")
    gathered = gathered.annotate(lon=Avg("x"), lat=Avg("y"), cases=Count("pk"), open=BoolOr(Q(status__in=OPEN)))
    rows = gathered.order_by("-cases", "lon", "lat").values_list("lon", "lat", "cases", "open")
    return [Circle(round(lon, 5), round(lat, 5), count, still_open) for lon, lat, count, still_open in rows]


def geojson(cases: QuerySet[Case], box: Box) -> dict[str, Any]:
    """A view of the map as GeoJSON: single cases with their words and address, or circles when they are many."""
    inside = _in_box(cases, box)
    if inside[: MOST_SINGLE + 1].count() > MOST_SINGLE:
        return _collection([_feature(c.lon, c.lat, count=c.count if c.count >= FEW else f"<{FEW}", open=c.open) for c in circles(cases, box)])
    rows = list(told(inside).select_related("area").order_by("code"))
    return _collection(
        [
            _feature(
                round(case.public_location.x, 6), round(case.public_location.y, 6), code=case.code, place=place,
                state=state_of(case).words, url=spot_path(case.code), open=case.is_open,
            )
            for case, place in zip(rows, places_of(rows), strict=True)
        ]
    )  # fmt: skip


def _in_box(cases: QuerySet[Case], box: Box) -> QuerySet[Case]:
    return cases.filter(public_location__within=Polygon.from_bbox(box))


def _points(cases: QuerySet[Case]) -> QuerySet[Any]:
    """Those with a coarse point, with its longitude `x` and latitude `y`."""
    return cases.exclude(public_location=None).order_by().annotate(x=_Degrees("public_location", function="ST_X"), y=_Degrees("public_location", function="ST_Y"))


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
