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

from reports.geography.area_index import areas_index
from reports.models import Case
from reports.public_list.rows import photos_of, spot_path
from reports.public_list.words import places_of, state_of

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
    rows = list(Case.objects.open().not_only_held().filter(public_location__bboverlaps=around).select_related("area").order_by("id"))
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
    cases = [case for _distance, case in near]
    photos = photos_of(cases)
    return [_card(case, distance, words, photos.get(case.pk, "")) for (distance, case), words in zip(near, places_of(cases), strict=True)]


def _card(case: Case, distance_m: float, words: str, photo: str) -> NearCase:
    state = state_of(case)
    return NearCase(
        code=case.code, words=words, status_words=state.words, tone=state.tone, photo=photo, distance_m=max(10, round(distance_m / 10) * 10),
        url=spot_path(case.code),
    )  # fmt: skip
