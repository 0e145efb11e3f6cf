"""What the map in the browser is told: where its tiles are, which counts have which colour, the words of its buttons."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import Transform
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics.hotspot_view import HeatClass
from analytics.models import HotspotRun
from analytics.weeks import week_label
from reports.models import Area


def map_settings(run: HotspotRun, classes: list[HeatClass], chosen: str = "") -> dict[str, Any]:
    """Ready for JSON; `citylab/frontend/hotspots.js` reads it."""
    city = settings.CITY
    return {
        "worker": static("build/maplibre-gl-worker.js"),
        "tiles": {
            "basemap": _tiles("basemap"), "areas": _tiles("areas"), "hotspots": f"{_tiles('hotspots')}?run={run.pk}",
            "cases": f"{_tiles('cases')}?week={week_label(run.until)}",
        },
        "casePage": reverse("case", args=["CODE"]),
        "page": reverse("hotspot", args=[run.pk, "CELL"]),
        "firsts": [heat.first for heat in classes],
        "centre": list(city.centre), "zoom": city.zoom, "bounds": list(city.bounds),
        "resolution": run.resolution,
        "exact": Area.objects.units().filter(approximate=False).exists(),
        "extent": _extent(run),
        "chosen": chosen,
        "names": "name" if get_language() == settings.LANGUAGE_CODE else "name_en",
        "words": words(),
    }  # fmt: skip


def _tiles(layer: str) -> str:
    """The address of a layer with the places of zoom, column and row left open, as MapLibre fills them in."""
    return reverse("staff-tile", kwargs={"layer": layer, "z": 0, "x": 0, "y": 0}).replace("/0/0/0", "/{z}/{x}/{y}")


def _extent(run: HotspotRun) -> list[float] | None:
    """West, south, east, north of what the map shows first: the hot cells, else all rows; None without any."""
    for rows in (run.rows.filter(hot=True), run.rows.filter(observed__gt=0)):
        box = rows.aggregate(box=Extent(Transform("polygon", 4326)))["box"]
        if box:
            return [round(edge, 5) for edge in box]
    return None


def words() -> dict[str, str]:
    """Every text that MapLibre can show, in the page's language."""
    return {
        "AttributionControl.ToggleAttribution": _("Show or hide the sources"),
        "AttributionControl.MapFeedback": _("Tell about a mistake in the map"),
        "FullscreenControl.Enter": _("Full screen"),
        "FullscreenControl.Exit": _("Leave full screen"),
        "GeolocateControl.FindMyLocation": _("Show the current position"),
        "GeolocateControl.LocationNotAvailable": _("The position is not available"),
        "LogoControl.Title": "MapLibre",
        "Map.Title": _("Map of hotspots. Arrow keys move it, plus and minus change the scale; the list beside it says the same."),
        "Marker.Title": _("Mark on the map"),
        "NavigationControl.ResetBearing": _("Turn north up"),
        "NavigationControl.ZoomIn": _("Closer"),
        "NavigationControl.ZoomOut": _("Farther"),
        "Popup.Close": _("Close"),
        "ScaleControl.Feet": "ft",
        "ScaleControl.Meters": "m",
        "ScaleControl.Kilometers": "km",
        "ScaleControl.Miles": "mi",
        "ScaleControl.NauticalMiles": "nm",
        "GlobeControl.Enable": _("Show the globe"),
        "GlobeControl.Disable": _("Show the flat map"),
        "TerrainControl.Enable": _("Show heights"),
        "TerrainControl.Disable": _("Hide heights"),
        "CooperativeGesturesHandler.WindowsHelpText": _("Hold Ctrl and scroll to change the scale"),
        "CooperativeGesturesHandler.MacHelpText": _("Hold ⌘ and scroll to change the scale"),
        "CooperativeGesturesHandler.MobileHelpText": _("Move the map with two fingers"),
    }
