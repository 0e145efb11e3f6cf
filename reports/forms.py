"""The resident's form, read without judging: `reports.rules` judges, and what was typed stays as it was typed."""

from __future__ import annotations

import math
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext as _

from reports.models.report import Amount, Problem


class ReportForm(forms.Form):
    """Field names are those of the API where the API has them; `where` is the place in the resident's own words."""

    id = forms.CharField(required=False)
    device = forms.CharField(required=False)
    lon = forms.CharField(required=False)
    lat = forms.CharField(required=False)
    accuracy_m = forms.CharField(required=False)
    area = forms.CharField(required=False)
    where = forms.CharField(required=False, strip=False)
    amount = forms.CharField(required=False)
    problem = forms.CharField(required=False)
    description = forms.CharField(required=False, strip=False)

    @classmethod
    def empty(cls) -> ReportForm:
        """A new form with an id of its own: the phone makes one too, when it can."""
        return cls({"id": str(uuid4()), "problem": Problem.LITTER, "amount": Amount.UNKNOWN})

    @property
    def uuid(self) -> UUID:
        """The id in the form; a new one, written back into the form, where it is no UUID."""
        try:
            return UUID(self.data.get("id", ""))
        except ValueError:
            self.data = self.data.copy()
            self.data["id"] = str(uuid4())
            return UUID(self.data["id"])

    @property
    def point(self) -> tuple[float, float] | None:
        """The position of the phone, lon and lat; None where the form has none that can be read."""
        lon, lat = self.number("lon"), self.number("lat")
        return None if lon is None or lat is None else (lon, lat)

    @property
    def waste_types(self) -> tuple[str, ...]:
        return tuple(self.data.getlist("waste_types")) if hasattr(self.data, "getlist") else ()

    @property
    def note(self) -> str:
        """What is kept as the report's text: the place in the resident's words first, then the note."""
        where, text = self.text("where").strip(), self.text("description").strip()
        if where:
            text = _("Place: %(where)s") % {"where": where} + ("\n" + text if text else "")
        return text

    def text(self, name: str) -> str:
        return str(self.data.get(name) or "")

    def number(self, name: str) -> float | None:
        try:
            value = float(self.text(name))
        except ValueError:
            return None
        return value if math.isfinite(value) else None
