"""Numbers and moments as people write them into files, many at once, without Django.

A value that cannot be read is never guessed at: it comes back as missing although it was given, and the line is named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[T, ]+(.*))?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_PLAIN_ISO = frozenset("0123456789-T: .")
_LEAST_EPOCH = 100_000_000  # seconds, March 1973: smaller numbers are years, days or spreadsheet dates, not seconds
_MILLISECONDS_FROM = 100_000_000_000  # the same moment in milliseconds; in seconds it is the year 5138

NOT_A_TIME = np.datetime64("NaT", "us")
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Numbers:
    """values: (n,) float, NaN where none was given or it is none. given: (n,) whether something was written."""

    values: NDArray[np.float64]
    given: NDArray[np.bool_]


@dataclass(frozen=True)
class Moments:
    """values: (n,) datetime64[us] in UTC, NaT where none was given or it is none. given: (n,). without_zone: how many were read by
    the clocks of the city because they name no time zone.
    """

    values: NDArray[np.datetime64]
    given: NDArray[np.bool_]
    without_zone: int


def numbers(values: Sequence[Any]) -> Numbers:
    """Numbers with a decimal point, or with a decimal comma where there is no point."""
    try:
        read = np.array(values, np.float64)  # parses text exactly as float() does
        return Numbers(np.where(np.isfinite(read), read, np.nan), np.ones(len(values), bool))
    except (ValueError, TypeError):
        pass
    read = np.full(len(values), np.nan)
    given = np.ones(len(values), bool)
    for at, value in enumerate(values):
        if is_blank(value):
            given[at] = False
            continue
        try:
            text = value.strip() if isinstance(value, str) else value
            read[at] = float(text.replace(",", ".") if isinstance(text, str) and "." not in text else text)
        except (ValueError, TypeError, OverflowError):
            continue
    return Numbers(np.where(np.isfinite(read), read, np.nan), given)


def moments(values: Sequence[Any], zone: str, days_since: date | None = None) -> Moments:
    """When things were seen.

    Read are ISO 8601 (also with slashes, also without a time), dd/mm/yyyy with or without a time, seconds or milliseconds since
    1970, and dates that the format itself knows. zone: IANA name, whose clocks are meant where a value names no
    zone. days_since: the values are days and parts of days on these clocks since the beginning of that day.
    """
    if days_since is not None:
        days = numbers(values)
        with np.errstate(invalid="ignore"):
            sane = np.abs(days.values) < 4_000_000  # the calendar's 9999 years
            steps = np.rint(np.where(sane, days.values, 0) * _DAY_US).astype("timedelta64[us]")
        local = np.where(sane, np.datetime64(days_since, "us") + steps, NOT_A_TIME)
        return Moments(_from_clock(local, zone), days.given, int(sane.sum()))
    if (uniform := _plain_iso(values)) is not None:
        return Moments(_from_clock(uniform, zone), np.ones(len(values), bool), len(values))
    read: list[datetime | None] = []
    given = np.ones(len(values), bool)
    clock: list[int] = []
    for at, value in enumerate(values):
        moment = _moment(value)
        if moment is None:
            given[at] = not is_blank(value)
        elif moment.tzinfo is None:
            clock.append(at)
        else:
            try:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
            except OverflowError:
                moment = None
        read.append(moment)
    found = np.array(read, "datetime64[us]")
    found[clock] = _from_clock(found[clock], zone)
    return Moments(found, given, len(clock))


def _plain_iso(values: Sequence[Any]) -> NDArray[np.datetime64] | None:
    """The moments of a column in which all is ISO 8601 to the day or finer and nothing names a zone; None for any other column.

    Most files are like that, and NumPy reads them ten times as fast.
    """
    if not values or not all(type(value) is str and len(value) >= 10 and value[4] == value[7] == "-" for value in values):
        return None
    if not set("".join(values)) <= _PLAIN_ISO:
        return None
    try:
        return np.array(values, "datetime64[us]")
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    """The moment with its zone, or without when it names none; None when it is no moment."""
    if isinstance(value, str):
        text = value.strip()
        try:
            if text[4:5] in "-/" and text[4:5]:
                return datetime.fromisoformat(text.replace("/", "-"))
            if (found := _DAY_FIRST.fullmatch(text)) is not None:
                day, month, year, time = found.groups()
                return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{time.strip():0>5}" if time else f"{year}-{month:0>2}-{day:0>2}")
            if _NUMBER.fullmatch(text) and not (len(text) == 8 and text.isdigit()):
                return _since_epoch(float(text))
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return None if pd.isna(value) else value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_epoch(float(value))
    return None


def _since_epoch(number: float) -> datetime | None:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    if not _LEAST_EPOCH <= seconds < 250_000_000_000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _from_clock(local: NDArray[np.datetime64], zone: str) -> NDArray[np.datetime64]:
    """UTC of what the clocks of a zone show. An hour that comes twice is the first; one that is skipped is an hour later."""
    index = pd.DatetimeIndex(local).tz_localize(zone, ambiguous=np.ones(len(local), bool), nonexistent=pd.Timedelta(hours=1))
    return index.tz_convert(None).to_numpy().astype("datetime64[us]")


def is_blank(value: Any) -> bool:
    """Whether nothing was written: empty text, nothing, or not a number."""
    return value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, float) and value != value)
