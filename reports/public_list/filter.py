"""What the public list is narrowed to. All of it is the address, which the list, the map and the files share."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from citylab.templatetags.words import week, week_days
from reports import codes
from reports.geography.around import around
from reports.geography.places import ORDINARY_REACH_M, REACH_M, Found, search_places
from reports.models import Area, Case, WasteType
from reports.models.case import OPEN
from reports.public_cases import CLEAN, Key, in_order, key_of, public_cases
from reports.public_list.period import FIGURES, MOST_WEEKS, Weeks, behind

PAGE = 12  # rows with a photo each: what a cheap phone loads in a few seconds
PERIODS = (7, 30, 90, 365)  # days
FOUND_PLACES = 5  # of one search: more would be half the city
LEAST_REACH_M = 300  # around a place that was searched for; a cell's centre may lie 25 m off
COUNT_UP_TO = 10_000  # beyond this a page says “more than”; counting a million rows helps nobody


@dataclass
class PublicFilter:
    """The filters of one list, read from an address. What cannot be read is told in `faults` and left out."""

    state: str = "open"  # open, cleaned, all
    waste: str = ""  # a group of waste
    unit: Area | None = None
    days: int = 0  # how far back, 0 is without an end
    q: str = ""  # a place, a street, a ward, a former name, or the code of a case
    box: tuple[float, float, float, float] | None = None  # west, south, east, north in degrees
    figure: str = ""  # of FIGURES, counted in `weeks`
    weeks: Weeks | None = None
    after: str = ""  # code of the last case of the page before
    places: list[Found] = field(default_factory=list)  # what `q` found
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, query: QueryDict) -> PublicFilter:
        """From `request.GET`."""
        found = cls(q=" ".join(query.get("q", "").split())[:80])
        if query.get("state") in ("open", "cleaned", "all"):
            found.state = query["state"]
        if query.get("waste") in dict(waste_choices()):
            found.waste = query["waste"]
        if query.get("days", "").isdecimal() and int(query["days"][:4]) in PERIODS:
            found.days = int(query["days"][:4])
        if code := query.get("unit", "")[:40]:
            today = settings.CITY.calendar.today()
            found.unit = Area.objects.units().current(today).defer("polygon").filter(code=code).first()
            if found.unit is None:
                found.faults.append(_("There is no unit “%(code)s” today. The list is not narrowed to it.") % {"code": code})
        found._read_figure(query)
        if text := query.get("box", ""):
            found.box = _box(text)
            if found.box is None:
                found.faults.append(_("This part of the map cannot be read. The whole city is shown."))
        if text := query.get("after", ""):
            found.after = codes.parse_code(text) or ""
            if not found.after or key_of(found.after) is None:
                found.after = ""
                found.faults.append(_("This page of the list does not exist; the first one is shown."))
        if found.q and not found._is_code():
            found.places = search_places(found.q, FOUND_PLACES)
            if found.places and found.places[0].guess:
                found.faults.append(_("Nothing is called exactly “%(text)s”. The list is of similar names.") % {"text": found.q})
            elif not found.places:
                found.faults.append(_("No place is called “%(text)s”. Try a ward, a beach, a market or a street.") % {"text": found.q})
        return found

    def _read_figure(self, query: QueryDict) -> None:
        figure, label, count = query.get("figure", ""), query.get("week", ""), query.get("weeks", "1")
        if not figure:
            return
        monday = _monday(label)
        if figure in FIGURES and monday and re.fullmatch("[0-9]{1,2}", count) and 1 <= int(count) <= MOST_WEEKS:
            self.figure, self.weeks = figure, Weeks(monday, int(count))
        else:
            self.faults.append(_("This figure cannot be read. The list is not narrowed to it."))

    def _is_code(self) -> bool:
        code = codes.parse_code(self.q)
        return code is not None and public_cases().filter(code=code).exists()

    def rows(self, *, everywhere: bool = False) -> QuerySet[Case]:
        """The cases, in no order. everywhere: also those outside of the chosen part of the map."""
        cases = public_cases()
        if self.figure and self.weeks:
            cases = behind(self.figure, cases, self.weeks)
        elif self.state != "all":
            cases = cases.filter(status__in=OPEN if self.state == "open" else CLEAN)
        if self.days and not self.figure:
            calendar = settings.CITY.calendar
            since = calendar.first_moment(calendar.today() - timedelta(days=self.days - 1))
            cases = cases.filter(**{f"{self.moment}__gte": since})
        if self.waste:
            cases = cases.filter(waste_group=self.waste)
        if self.unit:
            cases = cases.filter(area=self.unit)
        if self.box and not everywhere:
            cases = cases.filter(public_location__within=Polygon.from_bbox(self.box))
        return cases.filter(self._place()) if self.q else cases

    def _place(self) -> Q:
        """Where the search leads: one case, wards, overlays, or the surroundings of places."""
        if self._is_code():
            return Q(code=codes.parse_code(self.q))
        where, reach_m = Q(pk__in=[]), REACH_M | city_pack().place_reach_m
        for found in self.places:
            if found.is_area:
                area = Area.objects.get(pk=found.id)
                where |= Q(area=area) if area.layer == Area.Layer.UNIT else Q(public_location__intersects=area.polygon)
            else:
                reach = max(LEAST_REACH_M, reach_m.get(found.kind, ORDINARY_REACH_M))
                where |= Q(public_location__within=around(found.lon, found.lat, reach))
        return where

    @property
    def moment(self) -> str:
        """The column whose days the list is ordered by: clean places by when they were cleaned."""
        return "cleaned_at" if self.state == "cleaned" and not self.figure else "observed_at"

    def page(self) -> tuple[list[Case], str]:
        """One page of the list, and what `after` has to be for the next one (empty on the last)."""
        after: Key | None = key_of(self.after, self.moment) if self.after else None
        found = in_order(self.rows(), PAGE + 1, after, self.moment)
        return found[:PAGE], found[PAGE - 1].code if len(found) > PAGE else ""

    def count(self) -> int:
        """How many cases there are, up to one more than COUNT_UP_TO."""
        return self.rows()[: COUNT_UP_TO + 1].count()

    @property
    def narrowed(self) -> bool:
        """Whether anything but the state narrows the list."""
        return bool(self.waste or self.unit or self.days or self.q or self.box or self.figure)

    @property
    def sentences(self) -> list[str]:
        """What narrows the list and is no field of its form, in words."""
        said = []
        if self.figure and self.weeks:
            when = week(self.weeks.last) if self.weeks.count == 1 else span_words(self.weeks)
            said.append(_("%(figure)s: %(weeks)s.") % {"figure": FIGURES[self.figure], "weeks": when})
        if self.places:
            names = [found.label for found in self.places]
            said.append(_("At or near: %(places)s.") % {"places": "; ".join(dict.fromkeys(names))})
        if self.box:
            said.append(_("Only the chosen part of the map."))
        if self.unit and self.unit.approximate:
            said.append(_("The border of this unit is only known roughly, so some waste sites of its neighbours may be in the list, and some of its own may be missing."))
        return said


def span_words(weeks: Weeks) -> str:
    """Several weeks in words: 13 weeks, up to 22/11/2026."""
    return _("the %(count)s weeks up to %(days)s") % {"count": weeks.count, "days": week_days(weeks.last)}


def waste_choices() -> list[tuple[str, WasteType]]:
    """The groups of waste that a list can be narrowed to, each with the tile that stands for it."""
    groups: dict[str, WasteType] = {}
    for kind in WasteType.objects.filter(resident=True, active=True):
        groups.setdefault(kind.group, kind)
    return list(groups.items())


def _monday(text: str) -> date | None:
    """The Monday of a week written 2026-W47."""
    if not re.fullmatch(r"[0-9]{4}-W[0-9]{2}", text):
        return None
    try:
        monday = date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
    except ValueError:
        return None
    return monday if 1970 <= monday.year <= 2999 else None


def _box(text: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees, to about ten metres; None when it is no box of a city's size."""
    try:
        west, south, east, north = (round(float(part), 4) for part in text.split(","))
    except (ValueError, OverflowError):
        return None
    if not all(map(math.isfinite, (west, south, east, north))):
        return None
    fits = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return (west, south, east, north) if fits else None
