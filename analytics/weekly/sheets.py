"""The edition as tables in the city's language: the same tables for every format of file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from analytics.models import WeeklyReport
from analytics.weekly.counts import COUNTS
from analytics.weekly.figures import Content
from analytics.weekly.tables import CASE_COLUMNS, HOTSPOT_COLUMNS, Row
from analytics.weekly.words import COLUMNS, ELSEWHERE, FIGURES, label, meaning
from citylab.templatetags.words import moment, week
from reports.models import WasteType
from reports.models.case import Status
from reports.models.report import Amount, Problem

SUMMARY_COLUMNS = ("key", "figure", "value", "last_week_value", "four_week_mean", "meaning")
UNIT_COLUMNS = ("area_code", "area", *COUNTS, "on_time_share", "opened_last_week")


@dataclass(frozen=True)
class Table:
    """Column keys, and rows of numbers, days, texts and None in the order of the columns."""

    columns: tuple[str, ...]
    rows: list[list[Any]]


def summary(content: Content) -> Table:
    """Every figure with the weeks before, then the most named waste."""
    rows = [
        [each["key"], label(each["key"]), each["value"], each["last_week"], each["four_week_mean"], meaning(each["key"])]
        for each in content.figures["figures"]
    ]
    rows += [
        [f"item:{item['key']}", item["name"], item["value"], item["last_week"], item["four_week_mean"], meaning("item")]
        for item in content.figures["items"]
    ]
    return Table(SUMMARY_COLUMNS, rows)


def units(content: Content) -> Table:
    """A line for each unit with activity, then one for everything else; their sums are the figures of the city."""
    lines: list[Row] = [{**line, "area_code": line["code"], "area": line["name"]} for line in content.figures["units"]]
    lines.append({**content.figures["elsewhere"], "area_code": None, "area": str(ELSEWHERE)})
    return Table(UNIT_COLUMNS, [[line[name] for name in UNIT_COLUMNS] for line in lines])


def hotspots(content: Content) -> Table:
    """The hot cells."""
    return Table(HOTSPOT_COLUMNS, [[*list(row.values())[:-1], certainty_words(row["certainty"])] for row in content.hotspots])


def cases(content: Content) -> Table:
    """The week's cases, coarse: no exact point, no hour, no free text, nothing about persons."""
    groups = dict(WasteType.objects.values_list("code", "name"))
    in_words = {
        "problem": dict(Problem.choices), "amount": dict(Amount.choices), "state": dict(Status.choices), "waste_group": groups,
    }  # fmt: skip
    return Table(
        CASE_COLUMNS,
        [[_said(in_words[name], row[name]) if name in in_words else row[name] for name in CASE_COLUMNS] for row in content.cases],
    )


def dictionary() -> Table:
    """Every figure and column with its meaning."""
    return Table(("key", "figure", "meaning"), [[key, label(key), meaning(key)] for key in [*FIGURES, *(k for k in COLUMNS if k not in FIGURES)]])


def facts(content: Content, edition: WeeklyReport) -> list[tuple[str, str]]:
    """What one must know to defend the numbers: edition, analysis, data, where the rows are."""
    run = content.run
    found = [
        (_("Week"), week(content.period.monday)),
        (_("Edition"), str(edition.edition)),
        (_("Frozen"), moment(edition.created_at)),
        (_("SHA-256 of the figures"), edition.figures_sha256),
    ]
    if run is not None:
        analysis = content.figures["analysis"]
        found += [
            (_("Weeks analysed"), f"{analysis['first_week']} – {analysis['last_week']}"),
            (_("Analysis"), f"{run.pk}, H3 {run.resolution}, {run.cells}, φ {run.dispersion:.3f}, q ≤ {run.alpha:g}"),
            (_("Data received until"), moment(run.data_cutoff)),
        ]
    return [*found, (_("Source"), settings.SITE_URL)]


def title(content: Content) -> str:
    """The heading of every sheet."""
    return f"{settings.CITY.name} · {_('Weekly report')} · {week(content.period.monday)}"


def certainty_words(key: str) -> str:
    return {"certain": _("certain"), "fairly_certain": _("fairly certain"), "little_data": _("little data")}[key]


def _said(names: dict[str, Any], code: Any) -> Any:
    return code if code is None else str(names.get(code, code))
