"""Open cases close to a place, so that a resident can say: yes, this one.

What anybody may learn from it stays coarse: a case is near when the hexagon of its public point is, and the distance is
that to the hexagon's centre. So every case within 50 m is found, and asking from many points tells nothing finer than
the public map does.
"""

from __future__ import annotations

from dataclasses import dataclass

import h3.api.basic_int as h3
import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from citylab.templatetags.words import last_day
from reports.geography.area_index import areas_index
from reports.geography.places import places_in_words
from reports.models import Case
from reports.models.case import Status
from reports.photos.publishing import photo_of_case, public_url

NEAR_M = 50
MOST = 3  # cards on one small screen; more than these nobody compares
PUBLIC_RESOLUTION = 11
_DEGREES = 0.0015  # more than NEAR_M and a hexagon across, below 60° of latitude


@dataclass(frozen=True)
class NearCase:
    """An open case as a card shows it. `distance_m` is to its public point, in tens of metres; `photo` an address, or empty."""

    code: str
    words: str
    status_words: str
    tone: str
    photo: str
    distance_m: int
    url: str


def open_cases_near(location: tuple[float, float] | None) -> list[NearCase]:
    """The open cases whose public hexagon lies within 50 m of a point (lon, lat in degrees), the nearest first."""
    if location is None or abs(location[0]) > 180 or abs(location[1]) > 85:
        return []
    lon, lat = location
    aside = _DEGREES / max(np.cos(np.radians(lat)), 0.1)
    around = Polygon.from_bbox((lon - aside, lat - _DEGREES, lon + aside, lat + _DEGREES))
    around.srid = 4326
    rows = list(Case.objects.open().filter(public_location__bboverlaps=around).order_by("id"))
    metres = areas_index().metres
    here = shapely.Point(*metres(np.array(lon), np.array(lat)))
    near = []
    for case in rows:
        corners = h3.cell_to_boundary(h3.latlng_to_cell(case.public_location.y, case.public_location.x, PUBLIC_RESOLUTION))
        hexagon = shapely.Polygon(np.column_stack(metres(np.array([x for _y, x in corners]), np.array([y for y, _x in corners]))))
        if shapely.distance(hexagon, here) <= NEAR_M:
            centre = shapely.Point(*metres(case.public_location.x, case.public_location.y))
            near.append((float(shapely.distance(centre, here)), case))
    near = sorted(near, key=lambda item: item[0])[:MOST]
    words = places_in_words([case.public_location.x for _d, case in near], [case.public_location.y for _d, case in near]) if near else []
    return [_card(case, distance, said) for (distance, case), said in zip(near, words, strict=True)]


def _card(case: Case, distance_m: float, words: str) -> NearCase:
    return NearCase(
        code=case.code, words=words, status_words=status_words(case), tone="warn" if case.status == Status.CONFIRMED else "",
        photo=public_photo_of(case), distance_m=max(10, round(distance_m / 10) * 10), url=spot_address(case),
    )  # fmt: skip


def status_words(case: Case) -> str:
    """How far a case is, in the words of the receipt."""
    if case.status == Status.CONFIRMED:
        return _("Being handled, by %(day)s") % {"day": last_day(case.due_at)} if case.due_at else _("Being handled")
    if case.status in (Status.CLEANED, Status.VERIFIED):
        return _("Cleaned (with photo)")
    return _("Received")


def public_photo_of(case: Case, kind: str = "report") -> str:
    """The address of the published photo of a case, empty where there is none."""
    photo = photo_of_case(case, kind)
    return (photo and public_url(photo, "small")) or ""


def spot_address(case: Case) -> str:
    """The address of the public page of a case."""
    try:
        return reverse("spot", args=[case.code])
    except NoReverseMatch:
        return ""
