"""What the public may know of an edition: no addresses of staff pages, no small number of reports."""

from __future__ import annotations

from typing import Any

from analytics.models import WeeklyReport
from analytics.weekly.counts import REPORT_COUNTS
from analytics.weeks import week_label

FEW = 5  # fewer reports than this are not told exactly, lest they tell who sent them
# By unit only counts of cases, each of which is public anyway: small numbers of reports could be got by subtraction.
UNIT_SAID = (
    "code", "name", "opened", "came_back", "cleaned", "nothing_found", "verified", "refused", "reopened", "open_at_end",
    "overdue_at_end", "due", "on_time", "on_time_share", "opened_last_week",
)  # fmt: skip
PLACE_SAID = ("cell", "place", "area_code", "area", "observed", "expected", "ratio", "q", "certainty")


def public_edition(edition: WeeklyReport) -> dict[str, Any]:
    """One final edition as JSON: figures, units, places, items, and names and hashes of its files."""
    figures = edition.figures
    return {
        "week": week_label(edition.week),
        "first_day": figures["first_day"],
        "last_day": figures["last_day"],
        "edition": edition.edition,
        "frozen_at": edition.created_at.isoformat(),
        "figures_sha256": edition.figures_sha256,
        "figures": {each["key"]: _compared(each, each["key"] in REPORT_COUNTS) for each in figures["figures"]},
        "units": [{name: line[name] for name in UNIT_SAID} for line in figures["units"]],
        "places": [_place(place) for place in figures["places"]],
        "items": [{"group": item["key"], "name": item["name"], "name_en": item["name_en"], **_compared(item, True)} for item in figures["items"]],
        "analysis": figures["analysis"],
        "files": [
            {"filename": file.filename, "kind": file.kind, "size": file.size, "sha256": file.sha256}
            for file in sorted(edition.files.all(), key=lambda file: file.kind)
        ],
    }


def _compared(figure: dict[str, Any], of_reports: bool) -> dict[str, Any]:
    """The figure, last week's and the mean. Where reports are few in any of the weeks, the mean would tell how few."""
    if not of_reports:
        return {name: figure[name] for name in ("value", "last_week", "four_week_mean")}
    hidden = any(is_few(count) for count in (figure["value"], *figure["previous"]))
    return {
        "value": few(figure["value"]), "last_week": few(figure["last_week"]), "four_week_mean": None if hidden else figure["four_week_mean"],
    }  # fmt: skip


def is_few(count: int | None) -> bool:
    return count is not None and 0 < count < FEW


def few(count: int | None) -> int | str | None:
    """A count of reports as the public may know it."""
    return f"<{FEW}" if is_few(count) else count


def _place(place: dict[str, Any]) -> dict[str, Any]:
    """A hotspot of few cases keeps its q; its ratio and expectation would tell its count."""
    said = {name: place[name] for name in PLACE_SAID}
    if is_few(place["observed"]):
        said |= {"observed": few(place["observed"]), "expected": None, "ratio": None}
    return said
