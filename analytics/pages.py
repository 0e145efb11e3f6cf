"""The staff's pages on hotspots, black spots and weekly reports."""

from __future__ import annotations

from datetime import date
from typing import Any

import h3.api.basic_int as h3
from django.conf import settings
from django.core.files.storage import storages
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.blackspots import RETURNS, BlackSpot, black_spots
from analytics.hotspot_view import (
    ORDERS,
    cell_name,
    cell_number,
    certainty,
    curve,
    first_week,
    heat_classes,
    heat_of,
    story,
    weekly_totals,
)
from analytics.map_page import map_settings
from analytics.models import Hotspot, HotspotRun, WeeklyFile, WeeklyReport
from analytics.runs import analysed_weeks, hot_rows, latest_run
from analytics.weeks import parse_week, week_label
from citylab.exports import asked_for
from reports.geography.places import place_in_words, places_in_words

PAGE = 100
BARS = 52  # weeks in the histogram under the map

UNIT_COLUMNS = ("opened", "opened_last_week", "cleaned", "came_back", "open_at_end", "overdue_at_end", "on_time_share")
FILE_ORDER = ("xlsx", "gpkg", "csv")

HOTSPOT_COLUMNS = (
    "cell", "place", "area", "longitude", "latitude", "first_week", "last_week", "cases", "reports", "observed", "expected",
    "ratio", "p", "q", "gi_star", "certainty",
)  # fmt: skip


BLACK_SPOT_COLUMNS = (
    "case", "status", "place", "area", "longitude", "latitude", "cases", "first_seen", "last_seen", "days_open",
    "keeps_coming_back", "stays",
)  # fmt: skip


@require_safe
def hotspots(request: HttpRequest) -> HttpResponse:
    """The map and the list of one week's analysis; week, order, page and chosen cell are in the address."""
    week, fault = _week(request)
    run = latest_run(week)
    if run is None:
        context = {"week": week, "fault": fault, "weeks": analysed_weeks(12), "run": None}
        return render(request, "analytics/hotspots.html", context)
    order = request.GET.get("order", "burden")
    order = order if order in ORDERS else "burden"
    rows = hot_rows(run).annotate(excess=F("observed") - F("expected")).order_by(*ORDERS[order], "cell")
    data = asked_for(request, f"hotspots-{week_label(run.until)}", HOTSPOT_COLUMNS, _rows(run, rows))
    if data is not None:
        return data
    classes = heat_classes(run)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    _translate_places(page.object_list)
    for row in page:
        row.name, row.heat, row.sure = cell_name(row.cell), heat_of(row.observed, classes), certainty(row)
    chosen = cell_number(request.GET.get("cell", ""))
    context = {
        "run": run, "week": run.until, "first_week": first_week(run), "fault": fault, "page": page, "order": order,
        "classes": classes, "bars": _bars(run), **_neighbouring_weeks(run.until),
        "chosen": _cell(run, chosen, classes) if chosen is not None else None,
        "map": map_settings(run, classes, request.GET.get("cell", "")),
    }  # fmt: skip
    return render(request, "analytics/hotspots.html", context)


@require_safe
def hotspot(request: HttpRequest, run: int, cell: str) -> HttpResponse:
    """One cell of one analysis, with an address of its own. The map page takes its panel from here."""
    number = cell_number(cell)
    found = get_object_or_404(HotspotRun.objects.defer("domain"), pk=run)
    if number is None or h3.get_resolution(number) != found.resolution:
        raise Http404
    chosen = _cell(found, number, heat_classes(found))
    if chosen["row"] is not None:
        data = asked_for(request, f"hotspot-{cell}-{week_label(found.until)}", HOTSPOT_COLUMNS, _rows(found, [chosen["row"]]))
        if data is not None:
            return data
    return render(request, "analytics/hotspot.html", {"run": found, "week": found.until, "first_week": first_week(found), "chosen": chosen})


@require_safe
def blackspots(request: HttpRequest) -> HttpResponse:
    """Places where waste keeps coming back, or stays; `?kind=` shows one of the two."""
    kind = request.GET.get("kind", "")
    spots = black_spots(member=request.user)
    counts = {"all": len(spots), "returns": sum(spot.keeps_coming_back for spot in spots), "stays": sum(spot.stays for spot in spots)}
    if kind == "returns":
        spots = [spot for spot in spots if spot.keeps_coming_back]
    elif kind == "stays":
        spots = [spot for spot in spots if spot.stays]
    data = asked_for(request, "black-spots", BLACK_SPOT_COLUMNS, _spot_rows(spots))
    if data is not None:
        return data
    page = Paginator(spots, PAGE).get_page(request.GET.get("page"))
    return render(request, "analytics/blackspots.html", {"page": page, "kind": kind, "counts": counts, "returns": RETURNS})


@require_safe
def weekly(request: HttpRequest) -> HttpResponse:
    """The editions of the weekly report, newest first, with their files."""
    editions = WeeklyReport.objects.prefetch_related("files").defer("figures")
    columns = ("week", "edition", "status", "created_at", "figures_sha256")
    data = asked_for(request, "weekly-reports", columns, WeeklyReport.objects.values_list(*columns))
    if data is not None:
        return data
    page = Paginator(editions, 52).get_page(request.GET.get("page"))
    return render(request, "analytics/weekly.html", {"page": page})


@require_safe
def weekly_edition(request: HttpRequest, week: str, edition: int) -> HttpResponse:
    """One edition: its figures, each leading to the rows behind it, and its files."""
    found = _edition(week, edition)
    others = WeeklyReport.objects.filter(week=found.week).exclude(pk=found.pk).defer("figures")
    files = sorted(found.files.all(), key=lambda file: FILE_ORDER.index(file.kind) if file.kind in FILE_ORDER else len(FILE_ORDER))
    context = {"edition": found, "others": others, "files": files, "unit_columns": UNIT_COLUMNS}
    return render(request, "analytics/weekly_edition.html", context)


@require_safe
def weekly_file(request: HttpRequest, week: str, edition: int, filename: str) -> HttpResponse:
    """One file of an edition, as it was frozen."""
    file = get_object_or_404(WeeklyFile, weekly=_edition(week, edition), filename=filename)
    try:
        opened = storages["editions"].open(file.name, "rb")
    except OSError:
        raise Http404 from None
    response = FileResponse(opened, as_attachment=True, filename=file.filename)
    response["Content-Length"] = file.size
    response["ETag"] = f'"{file.sha256}"'
    return response


def _edition(week: str, edition: int) -> WeeklyReport:
    try:
        monday = parse_week(week)
    except ValueError:
        raise Http404 from None
    return get_object_or_404(WeeklyReport, week=monday, edition=edition)


def _week(request: HttpRequest) -> tuple[date | None, str]:
    """The week in the address, and a sentence when it cannot be read."""
    text = request.GET.get("week", "").strip()
    if not text:
        return None, ""
    try:
        return parse_week(text), ""
    except ValueError:
        return None, _("“%(text)s” is not a week such as 2026-W47.") % {"text": text[:40]}


def _neighbouring_weeks(until: date) -> dict[str, date | None]:
    """The analysed weeks before and after this one."""
    weeks = analysed_weeks()
    return {
        "earlier": next((week for week in weeks if week < until), None),
        "later": next((week for week in reversed(weeks) if week > until), None),
    }


def _bars(run: HotspotRun) -> list[dict[str, Any]]:
    """The histogram of weeks: the weeks around the run's, with what an address for each needs."""
    newest = latest_run()
    totals = dict(weekly_totals(newest)) if newest is not None else {}
    totals |= dict(weekly_totals(run))
    weeks = sorted(totals)
    end = min(len(weeks), max(BARS, weeks.index(run.until) + BARS // 4 + 1)) if weeks else 0
    shown = weeks[max(0, end - BARS) : end]
    top = max((totals[week] for week in shown), default=1) or 1
    first = first_week(run)
    return [
        {
            "week": week, "cases": round(totals[week]), "x": place * 10, "height": round(max(2.0, totals[week] / top * 36), 1),
            "y": round(38 - max(2.0, totals[week] / top * 36), 1), "on": week == run.until, "window": first <= week < run.until,
        }
        for place, week in enumerate(shown)
    ]  # fmt: skip


def _cell(run: HotspotRun, cell: int, classes: list) -> dict[str, Any] | None:
    """What the panel shows about one cell; None when the address names a cell of another scale."""
    if h3.get_resolution(cell) != run.resolution:
        return None
    row = run.rows.filter(cell=cell).select_related("area").defer("area__polygon").first()
    lat, lon = h3.cell_to_latlng(cell)
    chosen: dict[str, Any] = {"cell": cell_name(cell), "row": row, "lon": lon, "lat": lat}
    own = get_language() == settings.LANGUAGE_CODE  # a run keeps its words in the city's language
    chosen["place"] = (own and row and row.place_words) or place_in_words((lon, lat))
    if row is not None:
        chosen |= {
            "sure": certainty(row), "heat": heat_of(row.observed, classes), "curve": curve(run, row), "story": story(run, cell),
            "cases_url": f"{reverse('cases')}?status=counted&near={cell_name(cell)}"
            f"&since={week_label(first_week(run))}&until={week_label(run.until)}",
        }  # fmt: skip
    return chosen


def _translate_places(rows: list[Hotspot]) -> None:
    """Says the places in the page's language; a run keeps them in the city's own."""
    if get_language() != settings.LANGUAGE_CODE and rows:
        lat, lon = zip(*(h3.cell_to_latlng(row.cell) for row in rows), strict=True)
        for row, words in zip(rows, places_in_words(list(lon), list(lat)), strict=True):
            row.place_words = words


def _rows(run: HotspotRun, rows: QuerySet[Hotspot] | list[Hotspot]):
    since, until = week_label(first_week(run)), week_label(run.until)
    for row in rows:
        lat, lon = h3.cell_to_latlng(row.cell)
        yield (
            cell_name(row.cell), row.place_words, row.area.code if row.area else None, round(lon, 6), round(lat, 6), since, until,
            row.cases, row.reports, row.observed, round(row.expected, 4), round(row.ratio, 4), row.p, row.q,
            round(row.gi_star, 4), certainty(row),
        )  # fmt: skip


def _spot_rows(spots: list[BlackSpot]):
    for spot in spots:
        case, point = spot.case, spot.case.location
        yield (
            case.code, case.status, spot.place, case.area.code if case.area else None, point and point.x, point and point.y,
            spot.cases, spot.first_seen, spot.last_seen, spot.days_open, spot.keeps_coming_back, spot.stays,
        )  # fmt: skip
