"""The two long tables of an edition, row by row as they stand in the files: hotspots, and the week's cases."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import h3.api.basic_int as h3
from django.conf import settings

from analytics.hotspot_view import FEW_CASES, SURE_Q, cell_name, first_week
from analytics.models import HotspotRun
from analytics.runs import hot_rows
from analytics.weekly.canonical import canonical
from analytics.weekly.counts import CASE_COUNTS, cases_of
from analytics.weekly.period import Period
from analytics.weeks import week_label
from reports.models import Area

HOTSPOT_COLUMNS = (
    "cell", "place", "area_code", "area", "first_week", "last_week", "longitude", "latitude",
    "cases", "cell_reports", "observed", "expected", "ratio", "p", "q", "gi_star", "new", "certainty",
)  # fmt: skip
CASE_COLUMNS = (
    "code", "seen_on", "longitude", "latitude", "area_code", "area", "problem", "waste_group", "amount", "state", "due_on",
    *CASE_COUNTS,
)  # fmt: skip
DIGITS = 6  # of a degree: 11 cm
STEADY_DIGITS = 9

Row = dict[str, Any]


def hotspot_rows(run: HotspotRun | None, before: set[int] | None) -> list[Row]:
    """The hot cells of the run, the least likely by chance first, with the columns of `HOTSPOT_COLUMNS`.

    before: the cells that were hot a week earlier, None when that is not known.
    """
    if run is None:
        return []
    since, until = week_label(first_week(run)), week_label(run.until)
    rows = []
    for hot in hot_rows(run):
        lat, lon = h3.cell_to_latlng(hot.cell)
        certain_area = hot.area if hot.area and not hot.area.approximate else None
        values = (
            cell_name(hot.cell), hot.place_words, certain_area and certain_area.code, certain_area and str(certain_area), since, until,
            round(lon, DIGITS), round(lat, DIGITS), hot.cases, hot.reports, hot.observed, finite(hot.expected), finite(hot.ratio),
            finite(hot.p), finite(hot.q), finite(hot.gi_star),
            None if before is None else int(is_new(hot.cell, before)), certainty_key(hot.observed, hot.q),
        )  # fmt: skip
        rows.append(dict(zip(HOTSPOT_COLUMNS, values, strict=True)))
    return rows


def is_new(cell: int, before: set[int]) -> bool:
    """Whether neither the cell nor one beside it was hot a week earlier."""
    return before.isdisjoint(h3.grid_disk(cell, 1))


def certainty_key(observed: int, q: float) -> str:
    """How sure a hotspot is, by the rule of the pages, as a word that does not depend on the language."""
    if observed < FEW_CASES:
        return "little_data"
    return "certain" if q <= SURE_Q else "fairly_certain"


def case_rows(period: Period) -> list[Row]:
    """The cases that were first seen, changed or due in the week, with the columns of `CASE_COLUMNS`; flags are 0 or 1."""
    areas = {area.pk: area for area in Area.objects.defer("polygon").filter(approximate=False)}
    zone = settings.CITY.tz
    rows = []
    for case in cases_of(period):
        area, due = areas.get(case["area_id"]), case["due_at"]
        point = (None, None) if case["longitude"] is None else (round(case["longitude"], DIGITS), round(case["latitude"], DIGITS))
        rows.append(
            {
                "code": case["code"], "seen_on": case["observed_at"].astimezone(zone).date(), "longitude": point[0],
                "latitude": point[1], "area_code": area and area.code, "area": area and str(area), "problem": case["problem"],
                "waste_group": case["waste_group"] or None, "amount": case["amount"], "state": case["state"],
                # The moment stored is midnight after the last day.
                "due_on": due and (due.astimezone(zone) - timedelta(microseconds=1)).date(),
                **{name: int(case[name]) for name in CASE_COUNTS},
            }
        )  # fmt: skip
    return rows


def finite(number: float) -> float | None:
    """The number, or None where it is infinite or not a number: neither JSON nor a spreadsheet knows these."""
    return number if math.isfinite(number) else None


def fingerprint(rows: Sequence[Row]) -> str:
    """SHA-256 over the rows, numbers rounded to nine digits."""
    written = [[value.isoformat() if isinstance(value, date) else steady(value) for value in row.values()] for row in rows]
    return hashlib.sha256(canonical(written)).hexdigest()


def steady(value: Any) -> Any:
    """A number without the last digits, in which machines differ; anything else as it is."""
    return float(f"{value:.{STEADY_DIGITS}g}") if isinstance(value, float) else value
