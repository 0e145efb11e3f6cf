"""The waste sites of the city: the list first, the map beside it, both narrowed by one form that is the address."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from citylab.exports import MOST_ROWS, as_csv, as_json
from reports.models import Area
from reports.notices import notices_in_force
from reports.public_list import overview, points
from reports.public_list.filter import COUNT_UP_TO, PERIODS, PublicFilter, waste_choices
from reports.public_list.rows import COLUMNS, file_rows, page_rows
from reports.public_list.units import unit_choices

FRESH_S = 60  # a page of public data may be a minute old
MAP_BYTES = 400_000  # what the map that moves costs, compressed; said before it is loaded


@require_safe
def city_map(request: HttpRequest) -> HttpResponse:
    """The list, with the overview drawn by the server. `?format=` csv and json are all rows, geojson is a view of the map."""
    wanted = PublicFilter.read(request.GET)
    answer = _data(request, wanted) or _page(request, wanted)
    patch_cache_control(answer, public=True, max_age=FRESH_S)
    return answer


def _data(request: HttpRequest, wanted: PublicFilter) -> HttpResponse | None:
    match request.GET.get("format"):
        case "csv":
            return as_csv("waste-sites", COLUMNS, file_rows(wanted.rows(), MOST_ROWS))
        case "json":
            return as_json(COLUMNS, file_rows(wanted.rows(), MOST_ROWS))
        case "geojson":
            view = points.geojson(wanted.rows(everywhere=True), wanted.box or settings.CITY.bounds, wanted.moment)
            return JsonResponse(view, content_type="application/geo+json")
    return None


def _page(request: HttpRequest, wanted: PublicFilter) -> HttpResponse:
    now = timezone.now()
    found, after = wanted.page()
    count = wanted.count()
    sites = points.drawn_sites(wanted.rows(), wanted.moment)
    box = wanted.box or points.view(sites)
    drawn = overview.draw(points.circles(sites, box), box) if box else None
    context = {
        "filter": wanted, "rows": page_rows(found, now), "after": after, "count": min(count, COUNT_UP_TO), "more": count > COUNT_UP_TO,
        "wastes": waste_choices(), "units": unit_choices(), "periods": PERIODS, "overview": drawn,
        "most_drawn": points.MOST_DRAWN if len(sites) == points.MOST_DRAWN else 0,
        "map_bytes": MAP_BYTES,
        "map": json.dumps(_map_settings(request, box), ensure_ascii=False), "notices": notices_in_force()[:3],
    }  # fmt: skip
    return render(request, "resident/city_map.html", context)


def _map_settings(request: HttpRequest, box: points.Box | None) -> dict[str, Any]:
    """What the map in the browser is told; `citylab/frontend/resident/city_map.entry.js` reads it."""
    kept = request.GET.copy()
    for name in ("after", "box", "format"):
        kept.pop(name, None)
    return {
        "worker": static("build/maplibre-gl-worker.js"),
        "tiles": {layer: _tiles(layer) for layer in ("basemap", "areas", "hotspots")},
        "points": f"{request.path}?{kept.urlencode()}", "bounds": [round(edge, 5) for edge in box or settings.CITY.bounds],
        "exact": Area.objects.units().filter(approximate=False).exists(),
        "names": "name" if get_language() == settings.LANGUAGE_CODE else "name_en",
        "few": _("under %(n)s") % {"n": 5}, "see": _("See this waste site"), "here": _("List only what is in view"),
        "words": {
            "Map.Title": _("Map of waste sites. Arrow keys move it, plus and minus change the scale; the list says the same."),
            "NavigationControl.ZoomIn": _("Closer"), "NavigationControl.ZoomOut": _("Farther"), "Popup.Close": _("Close"),
            "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
        },
    }  # fmt: skip


def _tiles(layer: str) -> str:
    """The address of a public layer with the places of zoom, column and row left open, as MapLibre fills them in."""
    return reverse("tile", kwargs={"layer": layer, "z": 0, "x": 0, "y": 0}).replace("/0/0/0", "/{z}/{x}/{y}")
