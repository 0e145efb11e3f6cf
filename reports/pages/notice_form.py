"""The form of a notice: what was typed, the ground that it means, and a sentence for what is missing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.contrib.gis.geos import MultiPolygon
from django.utils.translation import gettext as _

from reports.case_list.filter import YEARS
from reports.geography import stretch as ground
from reports.geography.places import Found, search_places
from reports.geography.stretch import NoStretch
from reports.models import Area, Notice
from reports.models.report import Problem
from reports.notices import MOST_JOINED_KM2, Words

WAYS = ("draw", "near", "unit")
TEXTS = ("title", "title_en", "text", "text_en", "starts_on", "ends_on", "done_by", "how", "geojson", "width_m", "near", "pick", "radius_m", "unit", "problem", "joins")
CHOICES = 5  # places with a name like the one that was typed


@dataclass
class NoticeForm:
    """`typed`: the fields as they came. `faults`: field → sentence. `places`: found by name, when there are several."""

    typed: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)
    places: list[tuple[str, Found]] = field(default_factory=list)

    @classmethod
    def empty(cls) -> NoticeForm:
        return cls({**dict.fromkeys(TEXTS, ""), "how": "draw", "width_m": "60", "radius_m": "200", "joins": "1", "problem": Problem.LITTER})

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> NoticeForm:
        form = cls({name: str(sent.get(name, "")).strip() for name in TEXTS})
        if form.typed["how"] not in WAYS:
            form.typed["how"] = "draw"
        if form.typed["problem"] not in Problem.values:
            form.typed["problem"] = Problem.LITTER
        return form

    @classmethod
    def of(cls, notice: Notice, last_day: date | None) -> NoticeForm:
        """The form that edits a notice."""
        days = {"done_by": notice.done_by, "ends_on": last_day}
        words = {name: getattr(notice, name) for name in ("title", "title_en", "text", "text_en")}
        return cls(dict.fromkeys(TEXTS, "") | words | {name: day.isoformat() if day else "" for name, day in days.items()})

    @property
    def words(self) -> Words:
        typed = self.typed
        return Words(typed["title"], typed["title_en"], typed["text"], typed["text_en"], self.day("done_by"), self.day("ends_on"))

    @property
    def joins(self) -> bool:
        return self.typed["joins"] == "1"

    def day(self, name: str) -> date | None:
        """A day as browsers send it. What is none is noted."""
        if not self.typed[name]:
            return None
        try:
            day = date.fromisoformat(self.typed[name])
            if day.year not in YEARS:
                raise ValueError
            return day
        except ValueError:
            self.faults[name] = _("This is not a day. Write it as 2026-11-25.")
            return None

    def stretch(self) -> MultiPolygon | None:
        """The ground that was drawn, or chosen by name, or the whole of a unit; None with a fault, or with places to choose from."""
        try:
            match self.typed["how"]:
                case "near":
                    return self._near()
                case "unit":
                    return self._unit()
            if not self.typed["geojson"]:
                raise NoStretch("empty")
            return ground.drawn(self.typed["geojson"], self._metres("width_m"))
        except NoStretch as wrong:
            self.faults[_FIELD.get(wrong.code, "geojson")] = sentence(wrong.code)
            return None

    def refused(self, codes: Mapping[str, str]) -> None:
        """Notes what `open_notice` or `edit_notice` found wrong."""
        shown = {"draw": "geojson", "near": "near", "unit": "unit"}[self.typed["how"] or "draw"]
        for name, code in codes.items():
            self.faults.setdefault(shown if name == "stretch" else name, sentence(code))

    def _near(self) -> MultiPolygon | None:
        radius = self._metres("radius_m")
        if pair := re.fullmatch(r"(-?\d{1,2}(?:\.\d+)?)[,;\s]+(-?\d{1,3}(?:\.\d+)?)", self.typed["near"]):
            return ground.around(float(pair[2]), float(pair[1]), radius)
        found = search_places(self.typed["near"], CHOICES) if self.typed["near"] else []
        if not found:
            self.faults["near"] = _("No place has this name. Try another word, or write latitude and longitude.")
            return None
        by_pick = {f"{place.lon:.6f},{place.lat:.6f}": place for place in found}
        chosen = found[0] if len(found) == 1 else by_pick.get(self.typed["pick"])
        if chosen is None:
            self.places = list(by_pick.items())
            self.faults["near"] = _("Several places have such a name. Choose one below.")
            return None
        return ground.around(chosen.lon, chosen.lat, radius)

    def _unit(self) -> MultiPolygon | None:
        area = Area.objects.units().current(settings.CITY.calendar.today()).filter(code=self.typed["unit"]).first()
        if area is None:
            self.faults["unit"] = _("Choose an area from the list.")
        return area and area.polygon

    def _metres(self, name: str) -> float:
        try:
            return float(self.typed[name].replace(",", "."))
        except ValueError:
            return math.nan  # which no limit lets through


_FIELD = {"width": "width_m", "radius": "radius_m"}


def sentence(code: str) -> str:
    """What is wrong, and what to do next."""
    return {
        "missing": _("Write a title: people at the place read it first."),
        "too_long": _("This is too long. Shorten it."),
        "before_it_starts": _("This day comes before the notice begins."),
        "empty": _("Nothing is drawn yet. Mark a line or an area on the map, or choose another way."),
        "unreadable": _("This is not GeoJSON with longitude and latitude. Draw on the map, or paste it again."),
        "too_many_points": _("This shape has too many corners. Draw it more simply."),
        "width": _("The width must be a number from 5 to 1000 metres."),
        "radius": _("The radius must be a number from 10 to 5000 metres."),
        "outside": _("This lies outside the city."),
        "too_large": _("More than %(most)s km² is too much for one case. Draw a smaller stretch, or let reports inside stay apart.") % {"most": f"{MOST_JOINED_KM2:.0f}"},
        "not_allowed": _("This account may put up notices only within its own areas."),
    }[code]
