"""The tables of a city pack: one frozen class a file, read from CSV with a complaint for each wrong field."""

import csv
import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from citylab.cities.complaints import Complaints
from citylab.cities.settings_file import nfc

PROBLEMS = ("litter", "dump", "burning", "uncollected")
AMOUNTS = ("bag", "cart", "truck", "unknown")
HAZARDS = ("any", "needles", "chemicals")
CERTAINTIES = ("law", "announced", "expected")
OWN_BODY = "@unit"  # in routing.csv: the body of the unit itself
CODE = r"[a-z0-9][a-z0-9_-]*"


@dataclass(frozen=True)
class WasteTypeRow:
    """A kind of waste. A group is the row whose `code` is its own `group`; codes of other lists are space-separated."""

    code: str
    group: str
    name: str
    name_en: str
    unep: str
    g: str
    ospar: str
    taco: str
    mean_mass_g: float | None
    hazard: str
    resident: bool
    icon: str
    order: int

    @property
    def is_group(self) -> bool:
        return self.code == self.group


@dataclass(frozen=True)
class BodyRow:
    """An organisation that is responsible for something."""

    code: str
    name: str
    name_en: str
    short_name: str
    phone: str
    email: str


@dataclass(frozen=True)
class RouteRow:
    """One line of the routing table; empty fields fit everything; `body` may be `@unit`."""

    priority: int
    area_kind: str
    area_codes: tuple[str, ...]
    problem: str
    waste_group: str
    body: str


@dataclass(frozen=True)
class HolidayRow:
    """A day on which the offices are shut, or (`working`) a weekend day on which they work instead."""

    date: datetime.date
    name: str
    name_en: str
    working: bool
    status: str


@dataclass(frozen=True)
class PopulationRow:
    """People of one unit in one year, with the source of the figure."""

    area_code: str
    year: int
    people: int
    source: str


@dataclass(frozen=True)
class DeadlineRow:
    """How many working days a kind and an amount may take; an empty field fits everything."""

    problem: str
    amount: str
    working_days: int


class TableFile:
    """A CSV file of the pack: yields its rows as `Fields` and notes missing columns."""

    def __init__(self, path: Path, columns: tuple[str, ...], complaints: Complaints) -> None:
        self.path, self.columns, self.complaints = path, columns, complaints

    def rows(self) -> Iterator["Fields"]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                missing = [column for column in self.columns if column not in (reader.fieldnames or [])]
                if missing:
                    self.complaints.add(self.path, 1, ", ".join(missing), "this column is missing.")
                    return
                for row in reader:
                    if None in row or None in row.values():
                        self.complaints.add(
                            self.path, reader.line_num, "row", "has more or fewer fields than the heading."
                        )
                    elif any(row.values()):
                        yield Fields(self, reader.line_num, row)
        except FileNotFoundError:
            self.complaints.add(self.path, None, "file", "is missing from the pack.")
        except (UnicodeDecodeError, csv.Error) as error:
            self.complaints.add(self.path, None, "file", f"cannot be read as UTF-8 CSV ({error}).")


class Fields:
    """One row: a method for each type of field. A wrong field is noted and a harmless value returned."""

    def __init__(self, file: TableFile, line: int, row: dict[str, str]) -> None:
        self.file, self.line, self.row = file, line, row

    def complain(self, column: str, sentence: str) -> None:
        self.file.complaints.add(self.file.path, self.line, column, sentence)

    def text(self, column: str, pattern: str = r"(?s).*\S.*", expected: str = "text") -> str:
        found = nfc(self.row[column])
        if not re.fullmatch(pattern, found):
            self.complain(column, f"“{found}” cannot be used; expected {expected}.")
        return found

    def optional(self, column: str, pattern: str = r".*", expected: str = "text") -> str:
        return self.text(column, rf"(?:{pattern})?", expected)

    def choice(self, column: str, values: tuple[str, ...], empty: bool = False) -> str:
        found = nfc(self.row[column])
        if found not in values and not (empty and not found):
            self.complain(column, f"“{found}” is not one of {', '.join(values)}.")
        return found

    def whole(self, column: str, low: int, high: int) -> int:
        found = nfc(self.row[column])
        if not re.fullmatch(r"\d+", found) or not low <= int(found) <= high:
            self.complain(column, f"“{found}” is not a whole number from {low} to {high}.")
            return low
        return int(found)

    def positive(self, column: str) -> float | None:
        found = nfc(self.row[column])
        if not found:
            return None
        if not re.fullmatch(r"\d+(\.\d+)?", found) or float(found) == 0:
            self.complain(column, f"“{found}” is not a number above 0 (with a decimal point).")
            return None
        return float(found)

    def yes(self, column: str) -> bool:
        return self.choice(column, ("0", "1")) == "1"

    def day(self, column: str) -> datetime.date:
        try:
            return datetime.date.fromisoformat(nfc(self.row[column]))
        except ValueError:
            self.complain(column, f"“{self.row[column]}” is not a date such as 2026-02-17.")
            return datetime.date(1970, 1, 1)


def once(rows: list, key: Callable, name: str, lines: list[int], file: TableFile) -> None:
    """Notes rows whose key another row already has."""
    seen: dict = {}
    for row, line in zip(rows, lines, strict=True):
        if key(row) in seen:
            file.complaints.add(file.path, line, name, f"“{key(row)}” is already in line {seen[key(row)]}.")
        seen.setdefault(key(row), line)


def codes(prefix: str) -> dict[str, str]:
    """Arguments for a field of space-separated codes of another list."""
    return {"pattern": rf"{prefix}( {prefix})*", "expected": "codes with one space between them"}


def read_waste_types(path: Path, complaints: Complaints) -> tuple[WasteTypeRow, ...]:
    """`waste_types.csv`. Groups are rows too; “unknown” must be one of them, since a resident may not know."""
    columns = tuple(WasteTypeRow.__dataclass_fields__)
    file, rows, lines = TableFile(path, columns, complaints), [], []
    for at in file.rows():
        lines.append(at.line)
        rows.append(
            WasteTypeRow(
                code=at.text("code", CODE, "small letters, digits, - and _"),
                group=at.text("group", CODE, "the code of a group"),
                name=at.text("name"),
                name_en=at.text("name_en"),
                unep=at.optional("unep", **codes(r"[A-Z]{2}\d\d")),
                g=at.optional("g", **codes(r"G\d+")),
                ospar=at.optional("ospar", **codes(r"\d+[a-z]?")),
                taco=at.optional("taco", **codes(r"\d+")),
                mean_mass_g=at.positive("mean_mass_g"),
                hazard=at.choice("hazard", HAZARDS, empty=True),
                resident=at.yes("resident"),
                icon=at.optional("icon", CODE, "the name of an icon"),
                order=at.whole("order", 0, 32767),
            )
        )
    once(rows, lambda row: row.code, "code", lines, file)
    groups = {row.code for row in rows if row.is_group}
    for row, line in zip(rows, lines, strict=True):
        if row.group not in groups:
            complaints.add(path, line, "group", f"“{row.group}” is not the code of a row that is its own group.")
    if rows and "unknown" not in groups:
        complaints.add(path, None, "code", "the group “unknown” is missing: a resident may not know what it is.")
    return tuple(sorted(rows, key=lambda row: (row.order, row.code)))


def read_bodies(path: Path, complaints: Complaints) -> tuple[BodyRow, ...]:
    """`bodies.csv`: the organisations that are not the body of one unit."""
    file, rows, lines = TableFile(path, tuple(BodyRow.__dataclass_fields__), complaints), [], []
    for at in file.rows():
        lines.append(at.line)
        rows.append(
            BodyRow(
                code=at.text("code", CODE, "small letters, digits, - and _"),
                name=at.text("name"),
                name_en=at.optional("name_en"),
                short_name=at.optional("short_name"),
                phone=at.optional("phone", r"[\d +().-]+", "a telephone number"),
                email=at.optional("email", r"[^@\s]+@[^@\s]+", "an e-mail address"),
            )
        )
    once(rows, lambda row: row.code, "code", lines, file)
    return tuple(rows)


def read_routing(path: Path, bodies: set[str], groups: set[str], complaints: Complaints) -> tuple[RouteRow, ...]:
    """`routing.csv`, checked against the bodies and waste groups of the same pack. One row must fit everything."""
    columns = ("priority", "area_kind", "area_code", "problem", "waste_group", "body")
    file, rows, lines = TableFile(path, columns, complaints), [], []
    for at in file.rows():
        lines.append(at.line)
        rows.append(
            RouteRow(
                priority=at.whole("priority", 0, 32767),
                area_kind=at.optional("area_kind", CODE, "a kind of area"),
                area_codes=tuple(at.optional("area_code").split()),
                problem=at.choice("problem", PROBLEMS, empty=True),
                waste_group=at.choice("waste_group", tuple(sorted(groups)), empty=True),
                body=at.choice("body", (*sorted(bodies), OWN_BODY)),
            )
        )
    once(
        rows,
        lambda row: (row.area_kind, " ".join(row.area_codes), row.problem, row.waste_group, row.body == OWN_BODY),
        "row",
        lines,
        file,
    )
    fits_all = [row for row in rows if not (row.area_kind or row.area_codes or row.problem or row.waste_group)]
    if rows and not any(row.body != OWN_BODY for row in fits_all):
        complaints.add(
            path, None, "body", "no line fits every place and kind; add a last one with the other fields empty."
        )
    return tuple(sorted(rows, key=lambda row: row.priority))


def read_holidays(path: Path, complaints: Complaints) -> tuple[HolidayRow, ...]:
    """`holidays.csv`: by date; `status` says how sure the day is."""
    file, rows, lines = TableFile(path, tuple(HolidayRow.__dataclass_fields__), complaints), [], []
    for at in file.rows():
        lines.append(at.line)
        rows.append(
            HolidayRow(
                at.day("date"), at.text("name"), at.text("name_en"), at.yes("working"), at.choice("status", CERTAINTIES)
            )
        )
    once(rows, lambda row: row.date, "date", lines, file)
    return tuple(sorted(rows, key=lambda row: row.date))


def read_populations(path: Path, complaints: Complaints) -> tuple[PopulationRow, ...]:
    """`populations.csv`: figures by the code of a unit, each with its source."""
    file, rows, lines = TableFile(path, tuple(PopulationRow.__dataclass_fields__), complaints), [], []
    for at in file.rows():
        lines.append(at.line)
        rows.append(
            PopulationRow(
                at.text("area_code"),
                at.whole("year", 1900, 2200),
                at.whole("people", 0, 100_000_000),
                at.text("source", r".{1,200}"),
            )
        )
    once(rows, lambda row: (row.area_code, row.year), "area_code", lines, file)
    return tuple(rows)


def read_deadlines(path: Path, complaints: Complaints) -> tuple[DeadlineRow, ...] | None:
    """`deadlines.csv`: by kind and amount. None where the pack has no such file."""
    if not path.is_file():
        return None
    file, rows, lines = TableFile(path, tuple(DeadlineRow.__dataclass_fields__), complaints), [], []
    for at in file.rows():
        lines.append(at.line)
        rows.append(DeadlineRow(at.choice("problem", PROBLEMS, empty=True), at.choice("amount", AMOUNTS, empty=True), at.whole("working_days", 1, 365)))
    once(rows, lambda row: (row.problem, row.amount), "problem", lines, file)
    return tuple(rows)
