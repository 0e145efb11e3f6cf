"""Vector tiles: `/tiles/<layer>/<z>/<x>/<y>.mvt` for everybody, the same with more in it for the staff.

What is not a tile is answered 404 before the database is asked. A tile that the browser has already is answered 304
after one short query, an empty one 204.
"""

from __future__ import annotations

import hashlib
from datetime import date

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from analytics.models import HotspotRun
from analytics.runs import latest_run
from analytics.tile_layers import LAYERS, Tile
from analytics.weeks import monday_of, parse_week
from citylab.models import Member
from citylab.permissions import own_areas
from citylab.problems import problem

MOST_ZOOM = 20
PATIENCE_MS = 3_000
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
# Raised when the SQL of the layers changes, so that browsers do not keep what the old one drew.
FORM = "2"


@require_safe
def public_tile(request: HttpRequest, layer: str, z: int, x: int, y: int) -> HttpResponse:
    """A tile with nothing in it that is not public: classes and coarse counts, rounded points, days."""
    return _answer(request, layer, z, x, y, staff=False)


@require_safe
def staff_tile(request: HttpRequest, layer: str, z: int, x: int, y: int) -> HttpResponse:
    """A tile with everything. `?run=` shows that analysis, `?week=` the latest of a week."""
    return _answer(request, layer, z, x, y, staff=True)


def _answer(request: HttpRequest, layer: str, z: int, x: int, y: int, *, staff: bool) -> HttpResponse:
    if layer not in LAYERS or z > MOST_ZOOM or x >= 2**z or y >= 2**z:
        return HttpResponseNotFound()  # without the page that says so, for which the database may be asked
    try:
        week, run_id = _week(request), _run_id(request) if staff else None
    except ValueError as error:
        return problem(400, _("This address cannot be read"), str(error))
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            return _draw(request, layer, _tile(request, layer, z, x, y, staff, week, run_id))
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        answer = problem(503, _("The map is too busy"), _("Try again in a moment."))
        answer["Retry-After"] = "5"
        return answer


def _draw(request: HttpRequest, layer: str, tile: Tile) -> HttpResponse:
    version = f"{FORM}.{layer}.{tile.staff}.{LAYERS[layer].version(tile)}"
    mark = f'"{hashlib.sha256(version.encode()).hexdigest()[:24]}"'
    answer = get_conditional_response(request, etag=mark)
    if answer is None:
        content = b""
        if layer != "hotspots" or tile.run is not None:
            with connection.cursor() as cursor:
                for query, given in LAYERS[layer].queries(tile):
                    cursor.execute(query, {"z": tile.z, "x": tile.x, "y": tile.y, **given})
                    content += bytes(cursor.fetchone()[0] or b"")
        answer = HttpResponse(content, content_type=MEDIA_TYPE, status=200 if content else 204)
    answer["ETag"] = mark
    if not tile.staff:
        answer["Cache-Control"] = "public, max-age=60"
    elif layer == "hotspots" and "run" in request.GET:
        answer["Cache-Control"] = "private, max-age=86400, immutable"  # a run never changes
    else:
        answer["Cache-Control"] = "private, no-cache"
    return answer


def _tile(
    request: HttpRequest, layer: str, z: int, x: int, y: int, staff: bool, week: date | None, run_id: int | None
) -> Tile:
    run = None
    if layer == "hotspots":
        run = HotspotRun.objects.defer("domain").filter(pk=run_id).first() if run_id else latest_run(week)
    today = timezone.localdate()
    areas = _own_areas(request) if staff and layer == "cases" else None
    return Tile(z, x, y, staff, week or monday_of(today), today, run, areas)


def _own_areas(request: HttpRequest) -> tuple[int, ...] | None:
    """The areas that an officer is confined to; everybody else sees the whole city."""
    assert isinstance(request.user, Member)
    own = own_areas(request.user)
    return None if own is None else tuple(sorted(own))


def _week(request: HttpRequest) -> date | None:
    text = request.GET.get("week")
    return parse_week(text) if text else None


def _run_id(request: HttpRequest) -> int | None:
    text = request.GET.get("run")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(_("A run is known by its number."))
    return int(text)
