"""How much was taken away, as people type it: bags as a whole number, kilograms with a comma or a point.

Nobody weighs to the gram: a point, or a blank, before three digits is that of the thousands, as Vietnamese writes them.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

MOST_BAGS = 100_000  # nobody carries a billion
MOST_KG = 10_000_000
_THOUSANDS = re.compile(r"[1-9]\d{0,2}([.\s]\d{3})+(,\d+)?")


def whole_number(text: str) -> int | None:
    """A number of bags; None for anything else."""
    digits = _plain(text)
    return min(int(digits.lstrip("0")[:9] or "0"), MOST_BAGS) if digits.isdecimal() else None


def kilograms(text: str) -> Decimal | None:
    """A mass to a tenth of a kilogram; None for anything else."""
    try:
        value = Decimal(_plain(text).replace(",", "."))
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.1")) if value.is_finite() and 0 <= value < MOST_KG else None


def _plain(text: str) -> str:
    """Without the marks of the thousands: 1.200,5 → 1200,5."""
    text = text.strip()
    return re.sub(r"[.\s]", "", text) if _THOUSANDS.fullmatch(text) else text
