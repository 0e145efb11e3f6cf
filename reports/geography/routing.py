"""Who is responsible: this place and this kind of waste go to that body.

The routing table is data of the city pack. The line with the lowest priority that fits wins; the pack gives overlays (a beach, a
port) lower numbers than units, so they win over the ward they lie in. Approximate polygons take no part.
"""

from django.contrib.gis.geos import Point
from django.db.models import Q

from reports.geography.area_index import NOWHERE, areas_index
from reports.models import Area, Body, Route


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
    index = areas_index()
    ids: set[int] = set()
    if point is not None:
        lon, lat = point
        ids = {int(index.locate(lon, lat).certain_id[0]), *index.overlays(lon, lat)[1].tolist()} - {NOWHERE}
    areas = [index.rows[id] for id in ids if not index.rows[id].approximate]
    codes = {row.code for row in areas} | ({area.code} if area and point is None else set())
    kinds = {row.kind for row in areas} | ({area.kind} if area and point is None else set())
    route = (
        Route.objects.filter(
            Q(area_kind="") | Q(area_kind__in=kinds),
            Q(area_code="") | Q(area_code__in=codes),
            problem__in={"", problem},
            waste_group__in={"", waste_group},
        )
        .select_related("body")
        .order_by("priority", "id")
        .first()
    )
    return route.body if route else None
