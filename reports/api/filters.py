"""Filters in an address, checked one by one: a filter that is misspelt or too wide is an error, never ignored."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from django.contrib.gis.geos import Polygon
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from reports.api import examples

MAX_SPAN_DEGREES = 5.0  # of a box: several times the largest city; more is a mistake in the order of the numbers
MAX_SPAN_DAYS = 3660  # ten years
MOST_VALUES = 100  # of a list in one filter
LIMIT, MOST_ROWS = 100, 1000  # rows of a page: usual and most, for who has no key

Value = TypeVar("Value")


class Filters:
    """The filters of one request. Each method reads one; `raise_any` refuses the request with all that was wrong.

    names: the filters that this list knows; `format` goes without saying.
    """

    def __init__(self, query: QueryDict, names: Sequence[str]) -> None:
        self.query = query
        self.errors: dict[str, list[str]] = {}
        for name in query:
            if name not in (*names, "format"):
                self._complain(name, _("There is no such filter. Known are: %(names)s.") % {"names": ", ".join(names)})
            elif len(query.getlist(name)) > 1:
                self._complain(name, _("Say this filter once; several values are separated by commas."))

    def raise_any(self) -> None:
        if self.errors:
            raise ValidationError(self.errors)

    def bbox(self, name: str = "bbox") -> Polygon | None:
        """West, south, east, north in degrees."""
        return self._read(name, _bbox, _("Give west, south, east, north in degrees, at most %(most)s apart: %(example)s.") % {"most": f"{MAX_SPAN_DEGREES:g}", "example": examples.BBOX})

    def days(self, zone: tzinfo, names: tuple[str, str] = ("from", "to")) -> tuple[datetime | None, datetime | None]:
        """From the first moment of a day to the first moment after another, by the clocks of `zone`. Whole days only:
        finer steps would give away when exactly something was seen.
        """
        sentence = _("Give a day such as 2026-11-22.")
        first, last = (self._read(name, _day, sentence) for name in names)
        if first and last and not timedelta(0) <= last - first <= timedelta(days=MAX_SPAN_DAYS):
            self._complain(names[1], _("Give a day on or after the first one, and at most ten years later."))
        begin = first and datetime.combine(first, time.min, zone)
        end = last and datetime.combine(last + timedelta(days=1), time.min, zone)
        return begin or None, end or None

    def day(self, name: str) -> date | None:
        return self._read(name, _day, _("Give a day such as 2026-11-22."))

    def choices(self, name: str, known: Collection[str]) -> list[str]:
        """Some of the known values; empty when the filter is not given."""

        def read(text: str) -> list[str]:
            values = _list(text)
            if not set(values) <= set(known):
                raise ValueError
            return values

        return self._read(name, read, _("Known values are: %(values)s.") % {"values": ", ".join(known)}) or []

    def codes(self, name: str) -> list[str]:
        """Codes separated by commas; empty when the filter is not given."""
        return self._read(name, _codes, _("Give codes of letters, digits, - and _, separated by commas.")) or []

    def limit(self, most: int = MOST_ROWS) -> int:
        """How many rows a page has."""

        def read(text: str) -> int:
            if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= most:
                raise ValueError
            return int(text)

        return self._read("limit", read, _("Give a whole number from 1 to %(most)s.") % {"most": most}) or LIMIT

    def text(self, name: str, pattern: str, sentence: str) -> str:
        def read(text: str) -> str:
            if not re.fullmatch(pattern, text):
                raise ValueError
            return text

        return self._read(name, read, sentence) or ""

    def _read(self, name: str, read: Callable[[str], Value], sentence: str) -> Value | None:
        text = self.query.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except (ValueError, OverflowError):
            self._complain(name, sentence)
            return None

    def _complain(self, name: str, sentence: str) -> None:
        if sentence not in self.errors.setdefault(name[:40], []):
            self.errors[name[:40]].append(sentence)


def _bbox(text: str) -> Polygon:
    west, south, east, north = map(float, text.split(","))
    if not all(map(math.isfinite, (west, south, east, north))):
        raise ValueError
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90 and max(east - west, north - south) <= MAX_SPAN_DEGREES):
        raise ValueError
    return Polygon.from_bbox((west, south, east, north))


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    day = date.fromisoformat(text)
    if not 1970 <= day.year <= 2999:
        raise ValueError
    return day


def _list(text: str) -> list[str]:
    values = text.split(",")
    if len(values) > MOST_VALUES:
        raise ValueError
    return values


def _codes(text: str) -> list[str]:
    values = _list(text)
    if not all(re.fullmatch(r"[\w-]{1,60}", value) for value in values):
        raise ValueError
    return values
