"""In which order a list of cases stands, and where its next page begins.

A page begins after the last row of the one before (keyset paging), so that rows which come or go meanwhile move nobody's place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from reports.models import Case
from reports.models.case import DUE_OR_NEVER, NEVER

NOTHING = "none"  # a deadline that is not set, in a key


@dataclass(frozen=True)
class Order:
    """Columns, each with its direction; the id comes last and makes the order total. `open_only`: means nothing for closed cases."""

    label: Any
    columns: tuple[tuple[str, bool], ...]  # name, whether descending
    open_only: bool = False


ORDERS: dict[str, Order] = {
    "deadline": Order(_("Deadline"), (("due_at", False), ("id", False)), open_only=True),
    "age": Order(_("Oldest"), (("observed_at", False), ("id", False))),
    "priority": Order(_("Priority"), (("priority", True), ("due_at", False), ("id", False)), open_only=True),
    "newest": Order(_("Newest"), (("observed_at", True), ("id", True))),
}
_READ: dict[str, Callable[[str], object]] = {"due_at": datetime.fromisoformat, "observed_at": datetime.fromisoformat, "priority": int, "id": int}


def order_by(order: Order) -> list[Any]:
    """What `QuerySet.order_by` takes; cases without a deadline come after all others."""
    return [_column(name).desc() if down else _column(name).asc() for name, down in order.columns]


def key_of(case: Case, order: Order) -> str:
    """Where a row stands, as an address writes it: 2026-11-18T05:00:00+00:00_17."""
    return "_".join(_plain(getattr(case, name)) for name, _down in order.columns)


def read_key(text: str, order: Order) -> tuple[Any, ...]:
    """The values of a key. Raises ValueError for what is none of this order."""
    parts = text.split("_")
    if len(parts) != len(order.columns):
        raise ValueError(text)
    values = []
    for part, (name, _down) in zip(parts, order.columns, strict=True):
        value = NEVER if part == NOTHING and name == "due_at" else _READ[name](part)
        if (isinstance(value, datetime) and value.tzinfo is None) or (isinstance(value, int) and abs(value) >= 2**63):
            raise ValueError(text)
        values.append(value)
    return tuple(values)


def after(key: tuple[Any, ...], order: Order) -> Q:
    """The rows behind a key: greater in the first column, or equal there and greater in the second, and so on. That the first is at
    least equal is said once more, alone: an index can begin there, where no index begins at an OR."""
    found, equal = Q(pk__in=[]), Q()
    for value, (name, down) in zip(key, order.columns, strict=True):
        column = _column(name)
        found |= equal & Q(LessThan(column, value) if down else GreaterThan(column, value))
        equal &= Q(Exact(column, value))
    first, down = order.columns[0]
    return Q(LessThanOrEqual(_column(first), key[0]) if down else GreaterThanOrEqual(_column(first), key[0])) & found


def _column(name: str) -> Any:
    return DUE_OR_NEVER if name == "due_at" else F(name)


def _plain(value: object) -> str:
    if value is None:
        return NOTHING
    return value.isoformat() if isinstance(value, datetime) else str(value)
