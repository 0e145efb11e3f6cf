"""The spreadsheet of an edition. Texts are written as texts, so that none is ever a formula or a link."""

from __future__ import annotations

import io
import re
from datetime import UTC, date
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analytics.models import WeeklyReport
from analytics.weekly import sheets
from analytics.weekly.figures import Content
from analytics.weekly.sheets import Table
from analytics.weekly.words import SHEETS, label

NUMBERS = {
    "expected": "#,##0.00", "ratio": "0.0", "p": "0.0000E+00", "q": "0.0000E+00", "gi_star": "0.00", "on_time_share": "0%",
    "longitude": "0.000000", "latitude": "0.000000", "four_week_mean": "#,##0.0",
}  # fmt: skip
WIDTHS = {"place": 44, "area": 26, "figure": 30, "meaning": 90, "key": 22, "code": 14, "cell": 18}
LANDSCAPE_A4 = 9


def spreadsheet(content: Content, edition: WeeklyReport) -> bytes:
    """The edition as XLSX, in the language that is active."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": sheets.title(content), "created": edition.created_at.astimezone(UTC).replace(tzinfo=None)})
        _Writer(book, content).write(edition)
    return out.getvalue()


class _Writer:
    """Formats of one workbook, and how a table becomes a sheet."""

    def __init__(self, book: Workbook, content: Content) -> None:
        self.book, self.content = book, content
        self.bold = book.add_format({"bold": True})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E6EEF2"})
        self.day = book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
        self.whole = book.add_format({"num_format": "#,##0"})
        self.share = book.add_format({"num_format": "0%"})
        self.by_column: dict[str, Format] = {name: book.add_format({"num_format": form}) for name, form in NUMBERS.items()}

    def write(self, edition: WeeklyReport) -> None:
        self._summary(edition)
        for key, table in (
            ("units", sheets.units(self.content)),
            ("hotspots", sheets.hotspots(self.content)),
            ("cases", sheets.cases(self.content)),
            ("dictionary", sheets.dictionary()),
        ):
            self._table(self._sheet(key), table)

    def _sheet(self, key: str) -> Worksheet:
        # What a spreadsheet allows as the name of a sheet, whatever the translation says.
        sheet = self.book.add_worksheet(re.sub(r"[\[\]:*?/\\]", "-", str(SHEETS[key]))[:31])
        sheet.set_landscape()
        sheet.set_paper(LANDSCAPE_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_header("&L" + sheets.title(self.content).replace("&", "&&"))
        sheet.set_footer("&C&P / &N")
        return sheet

    def _summary(self, edition: WeeklyReport) -> None:
        """Title and facts on top, the figures below."""
        sheet = self._sheet("summary")
        sheet.write_string(0, 0, sheets.title(self.content), self.title)
        facts = sheets.facts(self.content, edition)
        for line, (name, fact) in enumerate(facts, start=1):
            sheet.write_string(line, 0, name, self.bold)
            sheet.write_string(line, 1, fact)
        self._table(sheet, sheets.summary(self.content), len(facts) + 2)

    def _table(self, sheet: Worksheet, table: Table, top: int = 0) -> None:
        for column, name in enumerate(table.columns):
            sheet.write_string(top, column, label(name), self.head)
            sheet.set_column(column, column, WIDTHS.get(name, 13))
        for line, row in enumerate(table.rows, start=top + 1):
            for column, value in enumerate(row):
                self._cell(sheet, line, column, table.columns[column], value, row[0])
        sheet.freeze_panes(top + 1, 0)
        sheet.autofilter(top, 0, top + max(1, len(table.rows)), len(table.columns) - 1)
        sheet.repeat_rows(top)

    def _cell(self, sheet: Worksheet, line: int, column: int, name: str, value: Any, key: Any) -> None:
        if isinstance(value, date):
            sheet.write_datetime(line, column, value, self.day)
        elif isinstance(value, int | float):
            share = key == "on_time_share" and name != "key"
            sheet.write_number(line, column, value, self.share if share else self.by_column.get(name, self.whole))
        elif value is not None:
            sheet.write_string(line, column, str(value))
