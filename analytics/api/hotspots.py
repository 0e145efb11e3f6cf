"""GET /api/v1/hotspots/: the hot cells of an analysis, and on demand every cell with cases.

What a stranger may know of a hot cell is all of it: the p-value is a function of the counts, and a hotspot without its
reason would be a rumour. Of other cells only the count of their own cases is told, and not exactly below five.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import h3.api.basic_int as h3
from django.conf import settings
from django.contrib.gis.db.models.functions import AsGeoJSON, Transform
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.hotspot_schema import CLASSES, LIST_HOTSPOTS
from analytics.hotspot_view import cell_name, first_week
from analytics.models import Hotspot, HotspotRun
from analytics.runs import latest_run
from analytics.tile_layers import FEW
from analytics.weekly.tables import certainty_key
from analytics.weeks import parse_week, week_label
from reports.api.filters import Filters
from reports.api.formats import CSVRenderer, GeoJSONRenderer, Table
from reports.api.freshness import answered_before, marked
from reports.api.paging import bounded, link_next, next_address, page_of
from reports.api.views import ApiView

FILTERS = ("bbox", "week", "class", "area", "limit", "after")
FIELDS = (
    "cell", "class", "certainty", "place", "area", "first_week", "last_week", "cases", "observed", "expected", "ratio", "p", "q",
)  # fmt: skip
DIGITS = 6  # of a degree: 11 cm


class HotspotsView(ApiView):
    """The public list of hotspots of one analysis, in order of their cells."""

    renderer_classes = (GeoJSONRenderer, JSONRenderer, CSVRenderer)

    @extend_schema(**LIST_HOTSPOTS)
    def get(self, request: Request) -> HttpResponseBase:
        filters = Filters(request.GET, FILTERS)
        run, last = _analysis(filters)
        rows, limit = _asked(filters, run, last), filters.limit(self.most_rows)
        filters.raise_any()
        mark = _mark(request, run)
        if (unchanged := answered_before(request, mark)) is not None:
            return unchanged
        with bounded():
            page, more = page_of(list(rows[: limit + 1]), limit)
        following = next_address(request, f"{page[-1].run_id}.{cell_name(page[-1].cell)}") if more else None
        if request.accepted_renderer.format == CSVRenderer.format:
            return marked(link_next(Response(_table(run, page)), following), mark)
        features = [
            {"type": "Feature", "id": cell_name(row.cell), "geometry": json.loads(row.outline), "properties": _properties(run, row)}
            for row in page
        ]
        found = {"type": "FeatureCollection", "analysis": _told(run), "features": features, "next": following}
        return marked(link_next(Response(found), following), mark)


def _analysis(filters: Filters) -> tuple[HotspotRun | None, int | None]:
    """The analysis that is asked for, and the last cell of the page before; further pages stay with their analysis."""
    after = filters.text("after", r"[0-9]{1,12}\.[0-9a-f]{15}", _("Give the mark of the last hotspot of the page before."))
    week = _week(filters)
    if after:
        number, cell = after.split(".")
        run = HotspotRun.objects.defer("domain").filter(pk=int(number)).first()
        if run is None:
            filters.errors["after"] = [_("This analysis is no longer kept. Begin with the first page.")]
        return run, int(cell, 16)
    return latest_run(week), None


def _week(filters: Filters) -> date | None:
    sentence = _("Give a week such as 2026-W47.")
    text = filters.text("week", r"[0-9]{4}-(W[0-9]{2}|[0-9]{2}-[0-9]{2})", sentence)
    try:
        return parse_week(text) if text else None
    except ValueError:
        filters.errors.setdefault("week", []).append(sentence)
        return None


def _asked(filters: Filters, run: HotspotRun | None, last: int | None) -> QuerySet[Hotspot]:
    classes = filters.choices("class", CLASSES) or ["hot"]
    rows = Hotspot.objects.filter(run=run) if run else Hotspot.objects.none()
    rows = rows.filter(*([] if len(set(classes)) > 1 else [Q(hot="hot" in classes)])).filter(Q(hot=True) | Q(cases__gt=0))
    if box := filters.bbox():
        box.srid = 4326
        rows = rows.filter(polygon__intersects=box)
    if areas := filters.codes("area"):
        rows = rows.filter(area__code__in=areas)
    if last is not None:
        rows = rows.filter(cell__gt=last)
    outline = AsGeoJSON(Transform("polygon", 4326), precision=DIGITS)
    return rows.select_related("area").defer("polygon", "area__polygon").annotate(outline=outline).order_by("cell")


def _properties(run: HotspotRun, row: Hotspot) -> dict[str, Any]:
    hot = row.hot
    values = (
        cell_name(row.cell), "hot" if hot else "reported", certainty_key(row.observed, row.q) if hot else None, row.place_words,
        row.area.code if row.area else None, week_label(first_week(run)), week_label(run.until),
        row.cases if row.cases >= FEW else f"<{FEW}",
        *((row.observed, round(row.expected, 4), round(row.ratio, 4), row.p, row.q) if hot else (None,) * 5),
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def _told(run: HotspotRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "run": run.pk,
        "last_week": week_label(run.until),
        "window_weeks": run.window_weeks,
        "resolution": run.resolution,
        "cells": run.cells,
        "alpha": run.alpha,
        "dispersion": round(run.dispersion, 4),
        "data_until": run.data_cutoff.astimezone(settings.CITY.tz).date().isoformat(),
    }


def _table(run: HotspotRun | None, rows: list[Hotspot]) -> Table:
    def line(row: Hotspot) -> list[Any]:
        assert run is not None
        lat, lon = h3.cell_to_latlng(row.cell)
        return [*_properties(run, row).values(), round(lon, DIGITS), round(lat, DIGITS)]

    return Table((*FIELDS, "lon", "lat"), [line(row) for row in rows])


def _mark(request: Request, run: HotspotRun | None) -> str:
    """An ETag: an analysis never changes, so its number and the address say all."""
    asked = (run and run.pk, request.get_full_path(), request.accepted_renderer.format)
    return f'W/"{hashlib.sha256(repr(asked).encode("utf-8", "surrogatepass")).hexdigest()[:24]}"'
