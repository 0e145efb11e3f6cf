"""What the help pages say about one city and no other: its laws, its sorting rules, its apps. A pack may leave it out.

`pages.toml` holds `[[section]]` for a page and `[[app]]` for an app whose own browser people arrive in. Every text is there
in the city's language and in English (`…_en`).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from citylab.cities.complaints import Complaints
from citylab.cities.settings_file import nfc

PAGES = ("privacy", "sorting", "help", "accessibility", "about")


@dataclass(frozen=True)
class Section:
    """A part of a help page: a heading, paragraphs, a list. `unsure`: it may have changed since, and the page says so."""

    page: str
    title: str
    title_en: str
    text: tuple[str, ...] = ()
    text_en: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    points_en: tuple[str, ...] = ()
    source: str = ""
    source_en: str = ""
    unsure: bool = False


@dataclass(frozen=True)
class InApp:
    """An app with a browser of its own, and how to leave it for the phone's."""

    name: str
    leave: str
    leave_en: str


@dataclass(frozen=True)
class PageTexts:
    sections: tuple[Section, ...] = ()
    apps: tuple[InApp, ...] = ()

    def of(self, page: str) -> tuple[Section, ...]:
        return tuple(section for section in self.sections if section.page == page)


def read_page_texts(path: Path, complaints: Complaints) -> PageTexts:
    """The texts of a pack, none where it has no such file. Notes what is wrong."""
    if not path.is_file():
        return PageTexts()
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        complaints.add(path, None, "file", f"{error}.")
        return PageTexts()
    for name in tables.keys() - {"section", "app"}:
        complaints.add(path, None, name, "is not known; expected [[section]] and [[app]].")
    lines = {name: [number for number, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[\[{name}\]\]", line)] for name in ("section", "app")}
    sections = tuple(
        _row(Section, row, path, line, complaints) for row, line in zip(_rows(tables, "section"), lines["section"], strict=False)
    )
    for section, line in zip(sections, lines["section"], strict=False):
        if section.page not in PAGES:
            complaints.add(path, line, "page", f"“{section.page}” is none of {', '.join(PAGES)}.")
        if len(section.text) != len(section.text_en) or len(section.points) != len(section.points_en):
            complaints.add(path, line, section.title, "has not as many texts in English as in the city's language.")
        if bool(section.source) != bool(section.source_en):
            complaints.add(path, line, section.title, "names its source in one language only.")
    apps = tuple(_row(InApp, row, path, line, complaints) for row, line in zip(_rows(tables, "app"), lines["app"], strict=False))
    return PageTexts(sections, apps)


def _rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = tables.get(name, [])
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _row(kind: type, row: dict[str, Any], path: Path, line: int, complaints: Complaints) -> Any:
    """One row as a dataclass; a wrong value is noted and left out."""
    given: dict[str, Any] = {}
    for field in fields(kind):
        value = row.get(field.name)
        if field.type == "bool":
            fits = value is None or isinstance(value, bool)
            given[field.name] = bool(value)
        elif str(field.type).startswith("tuple"):
            fits = value is None or (isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value))
            given[field.name] = tuple(nfc(item) for item in value) if fits and value else ()
        else:
            fits = (value is None and field.default == "") or (isinstance(value, str) and bool(value.strip()))
            given[field.name] = nfc(value) if fits and value else ""
        if not fits:
            complaints.add(path, line, field.name, "is missing or of the wrong kind.")
    for name in row.keys() - {field.name for field in fields(kind)}:
        complaints.add(path, line, name, "is not known.")
    return kind(**given)
