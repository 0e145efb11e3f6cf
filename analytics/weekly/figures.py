"""The figures of one local ISO week, with the weeks before, and the address of the rows behind each.

All of it is plain JSON: numbers, texts, lists, None. Names of figures are those of `words.FIGURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import h3.api.basic_int as h3
from django.conf import settings

from analytics import blackspots
from analytics.hotspot_view import first_week as first_week_of
from analytics.models import HotspotRun
from analytics.refresh import hot_before
from analytics.weekly import counts
from analytics.weekly.counts import CASE_COUNTS, COUNTS, Counts
from analytics.weekly.period import ONE_WEEK, Period
from analytics.weekly.run_of_week import run_for
from analytics.weekly.tables import Row, case_rows, fingerprint, hotspot_rows, is_new, steady
from analytics.weekly.unit_lines import unit_lines
from analytics.weeks import week_label
from reports.models import WasteType

SCHEMA = 1  # of the JSON; goes up when a name changes its meaning
BEFORE = 4  # weeks that a week is compared with
TOP = 5
APART = 3  # cells between two places to act on, so that no case is in the neighbourhoods of both
TRIES = 3
PLACE_COLUMNS = ("cell", "place", "area_code", "area", "observed", "expected", "ratio", "q", "certainty")

Step = Callable[[str], None]
HotCells = set[int] | None


class Moving(Exception):
    """The data changed between the sums and the rows, several times over."""


@dataclass(frozen=True)
class Content:
    """All that an edition is made of."""

    period: Period
    run: HotspotRun | None
    figures: dict[str, Any]
    hotspots: list[Row]
    cases: list[Row]


def read(week: date, step: Step = lambda name: None) -> Content:
    """The week's content from the database as it is now. Raises Moving when it does not stand still."""
    period = Period.of(week)
    step("hotspots")
    run = run_for(period.monday)
    hot = hot_cells(period, run)
    hotspots = hotspot_rows(run, hot[1])
    step("figures")
    for _attempt in range(TRIES):
        cases = case_rows(period)
        figures = _figures(period, run, hot, hotspots, cases)
        # Sums and rows are read by two statements; a case that came in between them would be in one only.
        value = {figure["key"]: figure["value"] for figure in figures["figures"]}
        if all(value[name] == sum(row[name] for row in cases) for name in CASE_COUNTS if not name.endswith("_at_end")):
            return Content(period, run, figures, hotspots, cases)
    raise Moving


def _figures(period: Period, run: HotspotRun | None, hot: list[HotCells], hotspots: list[Row], cases: list[Row]) -> dict[str, Any]:
    periods = [period, *(Period.of(period.monday - back * ONE_WEEK) for back in range(1, BEFORE + 1))]
    weeks = [each.monday for each in periods]
    sent, items = counts.count_reports(weeks), counts.count_items(weeks)
    by_area = [counts.joined(sent[each.monday], counts.count_cases(each)) for each in periods]
    first = counts.first_week()
    known = [first is not None and week >= first for week in weeks]
    totals = [counts.total(areas, COUNTS) if there else None for areas, there in zip(by_area, known, strict=True)]
    now = totals[0] or dict.fromkeys(COUNTS, 0)
    figures = [_figure(name, now[name], [each and each[name] for each in totals[1:]], period) for name in COUNTS]
    figures.append(_figure("on_time_share", counts.share(now), [each and counts.share(each) for each in totals[1:]], period))
    figures += _spot_figures(period, hot)
    black = [blackspots.count_at(each.end) if there or each is period else None for each, there in zip(periods, known, strict=True)]
    figures.append(_figure("black_spots", black[0], black[1:], period, "blackspots"))
    units, elsewhere = unit_lines(by_area[0], by_area[1] if known[1] else None)
    for line in units:
        line["query"] = _query("opened", period, area=line["code"])
    return {
        "schema": SCHEMA,
        "city": settings.CITY.id,
        "time_zone": settings.CITY.time_zone,
        "week": week_label(period.monday),
        "first_day": period.monday.isoformat(),
        "last_day": period.sunday.isoformat(),
        "figures": figures,
        "units": units,
        "elsewhere": elsewhere,
        "places": places_to_act_on(run, hotspots),
        "items": _items(items, weeks, known, period),
        "analysis": _analysis(run),
        "rows": {
            "hotspots": len(hotspots), "hotspots_sha256": fingerprint(hotspots), "cases": len(cases), "cases_sha256": fingerprint(cases),
        },
    }  # fmt: skip


def _figure(key: str, value: float | None, previous: list[Any], period: Period, page: str = "cases") -> dict[str, Any]:
    """A figure with the weeks before it, newest first; None where there was no data yet."""
    there = [each for each in previous if each is not None]
    return {
        "key": key, "value": value, "last_week": previous[0], "previous": previous,
        "four_week_mean": round(sum(there) / len(there), 4) if there else None, "page": page, "query": _query(key, period),
    }  # fmt: skip


def _query(key: str, period: Period, **more: str) -> str:
    """How the staff's page is asked for the rows behind a figure."""
    week = week_label(period.monday)
    seen = {"since": week, "until": week}
    asked: dict[str, dict[str, str]] = {
        "reports": {"status": "all", **seen},
        "counting_reports": {"status": "all", **seen},
        "opened": {"status": "counted", **seen},
        "came_back": {"status": "counted", **seen, "came_back": "1"},
        "open_at_end": {"status": "all", "open_at": week},
        "overdue_at_end": {"status": "all", "open_at": week, "overdue": "1"},
        "due": {"status": "all", "due": week},
        "on_time": {"status": "all", "due": week, "on_time": "1"},
        "on_time_share": {"status": "all", "due": week},
        "hotspots": {"week": week},
        "new_hotspots": {"week": week},
        "black_spots": {},
    }
    return urlencode({**asked.get(key, {"status": "all", "event": key, "in": week}), **more})


def hot_cells(period: Period, run: HotspotRun | None) -> list[HotCells]:
    """The hot cells of the week and of each week before, found by the run's question; None before there was any data."""
    if run is None:
        return [set(), *[None] * BEFORE]
    first = counts.first_week()
    before = (period.monday - back * ONE_WEEK for back in range(1, BEFORE + 1))
    now = set(run.rows.filter(hot=True).values_list("cell", flat=True))
    return [now, *(hot_before(run, week) if first is not None and week >= first else None for week in before)]


def _spot_figures(period: Period, hot: list[HotCells]) -> list[dict[str, Any]]:
    totals = [None if cells is None else len(cells) for cells in hot]
    new = [_count_new(cells, before) for cells, before in zip(hot, [*hot[1:], None], strict=True)]
    return [
        _figure("hotspots", totals[0], totals[1:], period, "hotspots"),
        _figure("new_hotspots", new[0], new[1:], period, "hotspots"),
    ]


def _count_new(cells: HotCells, before: HotCells) -> int | None:
    return None if cells is None or before is None else sum(is_new(cell, before) for cell in cells)


def places_to_act_on(run: HotspotRun | None, hotspots: list[Row]) -> list[dict[str, Any]]:
    """The five hotspots with the most cases beyond expectation, no two of which count a case twice."""
    if run is None:
        return []
    by_burden = sorted(hotspots, key=lambda row: (-(row["observed"] - row["expected"]), row["cell"]))
    since, until = week_label(first_week_of(run)), week_label(run.until)
    chosen: list[dict[str, Any]] = []
    for row in by_burden:
        if any(_near(row["cell"], place["cell"]) for place in chosen):
            continue
        place = {name: steady(row[name]) for name in PLACE_COLUMNS}
        query = urlencode({"status": "counted", "near": row["cell"], "since": since, "until": until})
        chosen.append({**place, "page": "cases", "query": query})
        if len(chosen) == TOP:
            break
    return chosen


def _near(one: str, other: str) -> bool:
    return int(other, 16) in h3.grid_disk(int(one, 16), APART - 1)


def _items(by_week: Mapping[date, Counts], weeks: list[date], known: list[bool], period: Period) -> list[dict[str, Any]]:
    """The groups of waste that most counting reports of the week name."""
    names = {kind.code: kind for kind in WasteType.objects.all()}
    now = by_week.get(weeks[0], {})
    found = []
    for group in sorted(now, key=lambda group: (-now[group], group))[:TOP]:
        previous = [by_week.get(week, {}).get(group, 0) if there else None for week, there in zip(weeks[1:], known[1:], strict=True)]
        figure = _figure("counting_reports", now[group], previous, period)
        kind = names.get(group)
        found.append({**figure, "key": group, "name": kind.name if kind else group, "name_en": kind.name_en if kind else group})
    return found


def _analysis(run: HotspotRun | None) -> dict[str, Any] | None:
    """How the hotspots were found. Not the run's number or time: the same question has the same answer in a later run."""
    if run is None:
        return None
    return {
        "first_week": week_label(first_week_of(run)), "last_week": week_label(run.until), "window_weeks": run.window_weeks,
        "resolution": run.resolution, "domain": run.domain_kind, "cells": run.cells,
        "dispersion": steady(run.dispersion), "alpha": run.alpha,
    }  # fmt: skip
