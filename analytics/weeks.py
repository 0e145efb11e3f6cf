"""Weeks: ISO weeks, Monday first, in the city's own time zone.

A week is known by its Monday (a date), by its label ("2024-W52") or by its number (whole weeks since Monday
1969-12-29, so that arrays of weeks are small integers and the week before is always one less).

The time zone matters: seven hours east of Greenwich, binning by UTC would move 7 of the 168 hours of a week, 4 % of the
reports, into the wrong one.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

# Day 0 of NumPy's calendar, 1970-01-01, was a Thursday: three days after the Monday that starts week 0.
_DAYS_FROM_MONDAY_TO_EPOCH = 3
_FIRST_MONDAY = date(1969, 12, 29)
_LABEL = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)

WeekNumbers = NDArray[np.int32]


def monday_of(day: date) -> date:
    """The Monday of the ISO week that `day` lies in."""
    day = day.date() if isinstance(day, datetime) else day
    return day - timedelta(days=day.weekday())


def parse_week(text: str) -> date:
    """The Monday of a week written as "2024-W52", or as any date "2024-12-25" in it.

    Raises ValueError with a sentence when the text is neither, or when the year has no such week.
    """
    label = _LABEL.fullmatch(text.strip())
    try:
        monday = date.fromisocalendar(int(label[1]), int(label[2]), 1) if label else monday_of(date.fromisoformat(text.strip()))
        if not 1900 <= monday.year <= 2999:  # years ahead and back from it are still in the calendar
            raise ValueError
        return monday
    except ValueError:
        raise ValueError(f"“{text}” is not a week. Write it as 2024-W52, or as a date such as 2024-12-25.") from None


def week_label(monday: date) -> str:
    """The ISO label of the week that `monday` lies in: "2024-W52"."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def week_number(week: date | str | int) -> int:
    """The number of one week given as a date in it, a label, or already a number."""
    if isinstance(week, (int, np.integer)):
        return int(week)
    monday = parse_week(week) if isinstance(week, str) else monday_of(week)
    return (monday - _FIRST_MONDAY).days // 7


def week_numbers(weeks: ArrayLike) -> WeekNumbers:
    """The numbers of many weeks, (n,) int32.

    `weeks`: (n,) datetime64 or `date` objects (any day of the week), or integers, which are week numbers already.
    Raises ValueError for missing dates and for anything else.
    """
    array: NDArray[Any] = np.asarray(weeks)
    if array.dtype.kind == "O" or array.size == 0:
        array = array.astype("datetime64[D]")
    if array.dtype.kind in "iu":
        return array.astype(np.int32)
    if array.dtype.kind != "M":
        raise ValueError(f"weeks must be dates or week numbers, not {array.dtype}")
    if np.isnat(array).any():
        raise ValueError("a week is missing (NaT)")
    days = array.astype("datetime64[D]").astype(np.int64)
    return ((days + _DAYS_FROM_MONDAY_TO_EPOCH) // 7).astype(np.int32)


def monday_of_number(number: int) -> date:
    """The Monday of a week number."""
    return _FIRST_MONDAY + timedelta(days=7 * int(number))


def local_mondays(moments: ArrayLike | pd.DatetimeIndex, timezone: str) -> NDArray[np.datetime64]:
    """The Monday, as datetime64[D], of the week each moment lies in by the clocks of `timezone` (an IANA name).

    `moments`: (n,) NumPy datetime64 in UTC, or moments that carry their time zone (a pandas DatetimeIndex or Series,
    aware datetimes). Raises ValueError for others without one, since they cannot be put into a week without guessing.
    """
    if isinstance(moments, np.ndarray) and moments.dtype.kind == "M":
        index = pd.DatetimeIndex(moments).tz_localize("UTC")
    else:
        index = pd.DatetimeIndex(pd.to_datetime(moments))
    if index.tz is None:
        raise ValueError("the moments carry no time zone")
    days = index.tz_convert(timezone).tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
    mondays: NDArray[np.datetime64] = (days - (days + _DAYS_FROM_MONDAY_TO_EPOCH) % 7).astype("datetime64[D]")
    return mondays
