"""Who is responsible: this place and this kind of waste go to that body, and why.

The routing table is data of the city pack. The line with the lowest priority that fits wins; the pack gives overlays (a beach, a
port) lower numbers than units, so they win over the ward they lie in. Approximate polygons take no part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.gis.geos import Point
from django.db.models import Q

from reports.geography.area_index import NOWHERE, AreaRow, areas_index
from reports.models import Area, Body, Route


@dataclass(frozen=True)
class Routing:
    """The line of the table that won, and the area because of which it fits; None where it fits the whole city."""

    route: Route
    area: AreaRow | Area | None


def body_for(
    *,
    point: Point | tuple[float, float] | None = None,
    area: Area | None = None,
    problem: str = "",
    waste_group: str = "",
) -> Body | None:
    """The body for a case, or None when no line fits.

    point: lon, lat of the case. area: the unit, only when a person named it instead of a point.
    problem, waste_group: as stored on the case; empty is unknown and fits only lines for every kind.
    """
    found = routing_for(point=point, area=area, problem=problem, waste_group=waste_group)
    return found.route.body if found else None


def routing_for(
    *,
    point: Point | tuple[float, float] | None = None,
    area: Area | None = None,
    problem: str = "",
    waste_group: str = "",
) -> Routing | None:
    """The same as `body_for` with its reason: which line won, and in which area the case lies for it."""
    areas: list[AreaRow | Area] = list(_areas_at(point)) if point is not None else [area] if area else []
    route = (
        Route.objects.filter(
            Q(area_kind="") | Q(area_kind__in={row.kind for row in areas}),
            Q(area_code="") | Q(area_code__in={row.code for row in areas}),
            problem__in={"", problem},
            waste_group__in={"", waste_group},
        )
        .select_related("body")
        .order_by("priority", "id")
        .first()
    )
    return Routing(route, _because_of(route, areas)) if route else None


def _areas_at(point: Point | tuple[float, float]) -> Iterable[AreaRow]:
    """The unit and the overlays that hold a point, without those that are only drawn by guess."""
    index = areas_index()
    lon, lat = point
    ids = {int(index.locate(lon, lat).certain_id[0]), *index.overlays(lon, lat)[1].tolist()} - {NOWHERE}
    return [index.rows[id] for id in sorted(ids) if not index.rows[id].approximate]


def _because_of(route: Route, areas: list[AreaRow | Area]) -> AreaRow | Area | None:
    if not (route.area_code or route.area_kind):
        return None
    return next((row for row in areas if route.area_code in ("", row.code) and route.area_kind in ("", row.kind)), None)
