"""Reads `city.toml` value by value and complains with the line of the value that is wrong."""

import datetime
import re
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from citylab.cities.complaints import Complaints, PackError

MISSING = object()


def nfc(text: str) -> str:
    """Text as it is stored everywhere: composed, without spaces around it."""
    return unicodedata.normalize("NFC", text).strip()


class CityFile:
    """The parsed file with one method for each type of value. A wrong value is noted and a harmless one returned."""

    def __init__(self, path: Path, complaints: Complaints) -> None:
        self.path, self.complaints = path, complaints
        try:
            self.text = path.read_text(encoding="utf-8")
            self.tables = tomllib.loads(self.text)
        except FileNotFoundError as error:
            raise PackError([f"{path.parent} has no file {path.name}: it is not a city pack."]) from error
        except UnicodeDecodeError as error:
            raise PackError([f"{path.parent.name}/{path.name}: the file is not UTF-8 text."]) from error
        except tomllib.TOMLDecodeError as error:
            raise PackError([f"{path.parent.name}/{path.name}: {error}."]) from error

    def line_of(self, table: str, key: str = "") -> int | None:
        """Line of `key` inside `[table]` or `[[table]]`; of the table's heading when it has no such key."""
        heading = None
        for number, line in enumerate(self.text.splitlines(), start=1):
            if found := re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?", line):
                if heading is not None:
                    break
                heading = number if found[1] == table else None
            elif heading is not None and key and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
                return number
        return heading

    def complain(self, table: str, key: str, sentence: str) -> None:
        self.complaints.add(self.path, self.line_of(table, key), f"[{table}] {key}", sentence)

    def value(
        self, table: str, key: str, default: Any, accepts: Callable[[Any], bool], expected: str, harmless: Any
    ) -> Any:
        found = self.table(table).get(key, MISSING)
        if found is MISSING:
            if default is not MISSING:
                return default
            self.complain(table, key, f"is missing; expected {expected}.")
            return harmless
        if accepts(found):
            return found
        self.complain(table, key, f"{found!r} cannot be used; expected {expected}.")
        return harmless

    def table(self, table: str) -> dict[str, Any]:
        here: Any = self.tables
        for part in table.split("."):
            here = here.get(part, {}) if isinstance(here, dict) else {}
        return here if isinstance(here, dict) else {}

    def string(
        self, table: str, key: str, default: Any = MISSING, pattern: str = r"(?s).*\S.*", expected: str = "text"
    ) -> str:
        fits = lambda found: isinstance(found, str) and re.fullmatch(pattern, found) is not None  # noqa: E731
        return nfc(self.value(table, key, default, fits, expected, ""))

    def strings(self, table: str, key: str, default: Any = MISSING) -> tuple[str, ...]:
        fits = lambda found: isinstance(found, list) and all(isinstance(item, str) and item.strip() for item in found)  # noqa: E731
        return tuple(nfc(item) for item in self.value(table, key, default, fits, "a list of texts", []))

    def number(self, table: str, key: str, low: float, high: float, default: Any = MISSING) -> float:
        fits = lambda found: is_number(found) and low <= found <= high  # noqa: E731
        return self.value(table, key, default, fits, f"a number from {low:g} to {high:g}", low)

    def whole(self, table: str, key: str, low: int, high: int, default: Any = MISSING) -> int:
        fits = lambda found: is_number(found) and found == int(found) and low <= found <= high  # noqa: E731
        return int(self.value(table, key, default, fits, f"a whole number from {low} to {high}", low))

    def numbers(self, table: str, key: str, count: int, expected: str) -> tuple[float, ...]:
        fits = lambda found: isinstance(found, list) and len(found) == count and all(map(is_number, found))  # noqa: E731
        return tuple(float(item) for item in self.value(table, key, MISSING, fits, expected, [0.0] * count))

    def day(self, table: str, key: str) -> datetime.date:
        fits = lambda found: type(found) is datetime.date  # noqa: E731
        return self.value(
            table, key, MISSING, fits, "a date such as 2025-07-01, without quotes", datetime.date(1970, 1, 1)
        )


def is_number(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)
