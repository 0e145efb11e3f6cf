"""The files of an edition: spreadsheet, GeoPackage, and the hotspots as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from analytics.models import WeeklyReport
from analytics.weekly import sheets
from analytics.weekly.figures import Content
from analytics.weekly.geopackage import geopackage
from analytics.weekly.xlsx import spreadsheet
from analytics.weeks import week_label
from reports.api.formats import inert

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8


@dataclass(frozen=True)
class MadeFile:
    """One file, not stored yet. `kind` is its suffix without the dot."""

    kind: str
    filename: str
    body: bytes


def make_files(content: Content, edition: WeeklyReport, step: Callable[[str], None] = lambda name: None) -> list[MadeFile]:
    """All files of one edition, in the city's own language."""
    made = []
    with translation.override(settings.LANGUAGE_CODE):
        for kind, make in (("xlsx", lambda: spreadsheet(content, edition)), ("gpkg", lambda: geopackage(content)), ("csv", lambda: table(content))):
            step(kind)
            made.append(MadeFile(kind, filename(edition, kind), make()))
    return made


def filename(edition: WeeklyReport, kind: str) -> str:
    """city-2024-W50.xlsx, city-2024-W50-hotspots.csv, and city-2024-W50-edition-2.xlsx for a correction."""
    parts = [settings.CITY.id, week_label(edition.week)]
    if edition.edition > 1:
        parts.append(f"edition-{edition.edition}")
    if kind == "csv":
        parts.append("hotspots")
    return f"{'-'.join(parts)}.{kind}"


def table(content: Content) -> bytes:
    """The hotspots as CSV in UTF-8 with a byte order mark; texts cannot start a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    found = sheets.hotspots(content)
    writer.writerow(found.columns)
    writer.writerows([inert(value) for value in row] for row in found.rows)
    return BYTE_ORDER_MARK + out.getvalue().encode("utf-8")
