"""How much was taken away, as people type it: bags as a whole number, kilograms with a comma or a point."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

MOST_BAGS = 100_000  # nobody carries a billion
MOST_KG = 10_000_000


def whole_number(text: str) -> int | None:
    """A number of bags; None for anything else."""
    digits = text.strip()
    return min(int(digits.lstrip("0")[:9] or "0"), MOST_BAGS) if digits.isdecimal() else None


def kilograms(text: str) -> Decimal | None:
    """A mass to a tenth of a kilogram; None for anything else."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.1")) if value.is_finite() and 0 <= value < MOST_KG else None
