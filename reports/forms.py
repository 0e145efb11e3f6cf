"""The answers of the report's steps, read without judging: `reports.rules` judges, and what was typed stays as it was typed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from django.http import QueryDict
from django.utils.translation import gettext as _

from reports.contacts import PURPOSES, ContactDetails
from reports.models.report import Amount, Problem

DEVICE = ("device", "sign")  # on every step
FIELDS: dict[str, tuple[str, ...]] = {
    "photo": (*DEVICE, "area"),  # a ward's page may have named it
    "place": (*DEVICE, "lon", "lat", "accuracy_m", "location_source", "place", "pick", "area", "where", "q"),
    "kind": (*DEVICE, "waste_types", "amount", "problem"),
    "nearby": (*DEVICE, "same_case"),
    "send": (*DEVICE, "description", "email", "phone", *(f"consent_{purpose}" for purpose in PURPOSES)),
}
MANY = ("waste_types",)  # fields with several values
MOST_VALUES = 50
LONGEST_WHERE = 500  # letters that describe a place; the note takes more


def typed(step: str, post: QueryDict) -> dict[str, str | list[str]]:
    """What one step's form carried. A box that was not ticked is empty; a hidden field that is missing says nothing."""
    found: dict[str, str | list[str]] = {}
    for name in FIELDS[step]:
        if name in MANY:
            found[name] = post.getlist(name)[:MOST_VALUES]
        elif name in post or (name not in DEVICE and step != "photo"):
            found[name] = post.get(name, "")
    if "search" in post and "pick" in found:
        found["pick"] = ""  # whoever searches again has not found it yet
    return found


class Answers:
    """The answers of a draft, by the names of the fields. Templates read them as attributes of a dictionary."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        self.values = dict(values or {})

    def __getitem__(self, name: str) -> object:
        return self.values.get(name, "")

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """A number, None where there is none that a phone would write."""
        text = self.text(name)
        try:
            value = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    @property
    def point(self) -> tuple[float, float] | None:
        """The position, lon and lat in degrees; None where there is none that can be read."""
        lon, lat = self.number("lon"), self.number("lat")
        return None if lon is None or lat is None else (lon, lat)

    @property
    def waste_types(self) -> tuple[str, ...]:
        values = self.values.get("waste_types")
        return tuple(value for value in values if isinstance(value, str)) if isinstance(values, Iterable) and not isinstance(values, str) else ()

    @property
    def amount(self) -> str:
        return self.text("amount") or Amount.UNKNOWN.value

    @property
    def problem(self) -> str:
        return self.text("problem") or Problem.LITTER.value

    @property
    def note(self) -> str:
        """What is kept as the report's text: the place in the resident's words first, then the note."""
        where, text = self.text("where").strip(), self.text("description").strip()
        if where:
            text = _("Place: %(where)s") % {"where": where} + ("\n" + text if text else "")
        return text

    @property
    def purposes(self) -> tuple[str, ...]:
        """What the resident agreed to be reached for: the boxes that were ticked."""
        return tuple(purpose for purpose in PURPOSES if self.text(f"consent_{purpose}"))

    @property
    def contact(self) -> ContactDetails:
        return ContactDetails(phone=self.text("phone"), email=self.text("email"), consent=bool(self.purposes), purposes=self.purposes)
