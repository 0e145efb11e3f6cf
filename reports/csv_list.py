"""Reading a list that somebody made in a spreadsheet: CSV in UTF-8, comma or semicolon, columns in any order, one record a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.utils.translation import gettext as _

MOST_BYTES = 2**20


class ListUnreadable(Exception):
    """The file as a whole cannot be read, and nothing of it was taken; `reason` is a machine code, `facts` what a sentence needs."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts


class Line(dict[str, str]):
    """The cells of one line by column, those that are missing empty. number: its line in the file; overfull: more cells than columns,
    as when a text with a comma stands without quotation marks."""

    def __init__(self, number: int, cells: dict[str, str], *, overfull: bool) -> None:
        super().__init__(cells)
        self.number, self.overfull = number, overfull


def read_lines(content: bytes, columns: Sequence[str], needed: Sequence[str], *, most: int) -> list[Line]:
    """The lines of a file that are not empty. Raises ListUnreadable, for more than `most` lines too."""
    if len(content) > MOST_BYTES:
        raise ListUnreadable("too_large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListUnreadable("not_utf8") from None
    head = text.split("\n", 1)[0]
    # Strict: a quotation mark that is never closed would swallow all lines behind it without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    found, began = [], 1
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in needed if name not in names]:
            raise ListUnreadable("columns_missing", names=", ".join(missing))
        began = reader.line_num + 1
        for row in reader:
            cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
            if any(cell.strip() for cell in row):
                found.append(Line(began, {name: cells.get(name, "") for name in columns}, overfull=any(row[len(names) :])))
            began = reader.line_num + 1
    except csv.Error:
        raise ListUnreadable("not_csv", line=began) from None
    if not found:
        raise ListUnreadable("empty")
    if len(found) > most:
        raise ListUnreadable("too_many", lines=len(found), most=most)
    return found


def overfull_words() -> str:
    """What is said of a line with more cells than there are columns: its words may stand in the wrong ones."""
    return _("The line has more cells than the first line has columns. A text with a comma needs quotation marks around it.")
