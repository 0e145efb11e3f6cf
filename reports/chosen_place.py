"""Which place the answers of a form mean, in the words of people: one of what was searched, picked, measured or named.

What a person chose last and by name wins over a position: a search result, then a ward, then a point. A position that is
off by more than a kilometre says less than a ward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db.models.functions import Collate
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from citylab.templatetags.words import decimal
from reports.forms import LONGEST_WHERE, Answers
from reports.geography.area_index import AreaRow, areas_index
from reports.geography.place_names import area_label, first_capital
from reports.geography.places import place_in_words
from reports.models import Area, Place, Sign
from reports.models.report import Channel, LocationSource
from reports.refusals import sentences
from reports.rules import COARSE_M, Columns, decide

NEAR_ENOUGH_M = 30  # an error that still tells one side of a street from the other end of it
_POINTED_AT = {LocationSource.GPS, LocationSource.MAP, LocationSource.PLACE, LocationSource.ADDRESS, LocationSource.EXIF_HINT}


@dataclass(frozen=True)
class ChosenPlace:
    """A place as it will be sent. `words` name it; `error` says how far off it may be, or what else is known of it."""

    words: str
    error: str = ""
    location: tuple[float, float] | None = None
    accuracy_m: float | None = None
    source: str = ""
    area: str = ""
    place: str = ""

    @property
    def is_coarse(self) -> bool:
        """Whether it is a device's position that only stands for its area."""
        return self.source in (LocationSource.GPS, LocationSource.EXIF_HINT) and (self.accuracy_m or 0) > COARSE_M


def chosen_place(answers: Answers) -> ChosenPlace | None:
    """The place that these answers name, None when they name none. Whether it is taken is another question."""
    kind, _colon, code = answers.text("pick").partition(":")
    if kind == "place" and (found := Place.objects.select_related("area").filter(code=code).first()):
        return _at_place(found)
    if kind == "area" and (area := _area(code)):
        return _in_area(area)
    area = _area(answers.text("area"))
    if (point := answers.point) is not None:
        measured = _at_point(answers, point)
        if area is None or (not measured.is_coarse and _area_at(point) == area.code):
            return measured
    if area is not None:
        return _in_area(area)
    if (code := answers.text("place")) and (found := Place.objects.select_related("area").filter(code=code).first()):
        return _at_place(found)
    return None


def complaints_about(place: ChosenPlace | None, answers: Answers) -> dict[str, list[str]]:
    """Why the report cannot be sent with this place, by part of the form; empty when it can."""
    found: dict[str, list[str]] = {}
    if place is None:
        found["place"] = [place_missing()]
    elif place.is_coarse:
        found["place"] = [coarse_words(place.accuracy_m or 0)]
    elif refused := [sentence for some in refusals_of(place).values() for sentence in some]:
        found["place"] = list(dict.fromkeys(refused))
    if (length := len(answers.text("where"))) > LONGEST_WHERE:
        sentence = _("The description of the place has %(length)s characters; at most %(limit)s are kept. Shorten it, then go on.")
        found["where"] = [sentence % {"length": decimal(length, 0), "limit": LONGEST_WHERE}]
    return found


def refusals_of(place: ChosenPlace) -> dict[str, list[str]]:
    """The sentences with which `reports.rules` refuses this place, by field."""
    lon, lat = place.location or (np.nan, np.nan)
    batch = Columns.of(
        1, lon=np.array([lon], float), lat=np.array([lat], float), description=["-"], area=[place.area], source=[place.source],
        accuracy_m=np.array([np.nan if place.accuracy_m is None else place.accuracy_m], float),
        observed_at=np.array([np.datetime64("2000-01-01")], "datetime64[us]"),
    )  # fmt: skip
    verdicts = decide(batch, city=settings.CITY, areas=areas_index(), waste_types={}, now=timezone.now(), channel=Channel.WEB)
    return sentences(verdicts.refusals(0))


def place_missing() -> str:
    return _("Search for the place, or choose the ward or commune.")


def coarse_words(accuracy_m: float) -> str:
    """What is said of a position that is off by more than a kilometre."""
    sentence = _("The position may be off by about {metres} m. Please choose the ward and describe the place as well.")
    return sentence.format(metres=decimal(accuracy_m, 0))


def error_words(accuracy_m: float | None) -> str:
    """How far off a position may be, as a plain sentence; nothing where nobody knows."""
    if accuracy_m is None:
        return ""
    sentence = _("May be off by about {metres} m. That is exact enough.") if accuracy_m <= NEAR_ENOUGH_M else _("May be off by about {metres} m.")
    return sentence.format(metres=decimal(max(1, accuracy_m), 0))


def sign_with(code: str) -> Sign | None:
    """The sign that was scanned, None for one that is unknown or taken down."""
    return Sign.objects.filter(code=code.strip().upper()[:8], active=True).first() if code and "\0" not in code else None


def answers_at(sign: Sign) -> dict[str, str]:
    """The answers that a sign fills in: its point, and how far from it the waste usually lies."""
    return {
        "sign": sign.code, "lon": f"{sign.location.x:.6f}", "lat": f"{sign.location.y:.6f}", "accuracy_m": f"{sign.accuracy_m:g}",
        "location_source": LocationSource.PLACE.value,
    }  # fmt: skip


def _at_point(answers: Answers, point: tuple[float, float]) -> ChosenPlace:
    accuracy, named = answers.number("accuracy_m"), answers.text("location_source")
    source = named if named in _POINTED_AT else (LocationSource.MAP if accuracy is None else LocationSource.GPS).value
    lon, lat = point
    words = place_in_words(point) if abs(lon) <= 180 and abs(lat) <= 90 else ""
    sign = sign_with(answers.text("sign"))
    if sign and source == LocationSource.PLACE and abs(sign.location.x - lon) < 1e-5 and abs(sign.location.y - lat) < 1e-5:
        return ChosenPlace(city_pack().named(sign, get_language() or ""), words, point, accuracy, source)
    return ChosenPlace(words, error_words(accuracy), point, accuracy, source)


def _at_place(found: Place) -> ChosenPlace:
    city, language = city_pack(), get_language() or city_pack().language
    words = city.named(found, language)
    if found.area:
        words = f"{words}, {area_label(found.area, language, city)}"
    return ChosenPlace(words, "", (found.location.x, found.location.y), None, LocationSource.PLACE.value, place=found.code)


def _in_area(area: AreaRow) -> ChosenPlace:
    city = city_pack()
    words = first_capital(area_label(area, get_language() or city.language, city))
    return ChosenPlace(words, _("Only the ward or commune is known."), source=LocationSource.AREA.value, area=area.code)


def _area(code: str) -> AreaRow | None:
    """The area in force today with this code; units before overlays."""
    rows = [row for row in areas_index().rows.values() if row.code == code] if code else []
    return max(rows, key=lambda row: row.unit, default=None)


def _area_at(point: tuple[float, float]) -> str:
    found = areas_index().locate(*point)
    row = areas_index().rows.get(int(found.area_id[0]))
    return row.code if row else ""


def units_to_choose_from() -> list[tuple[str, str]]:
    """Codes and names of today's units, in the order of the city's own alphabet."""
    city = city_pack()
    own = get_language() == city.language
    rows = Area.objects.units().current(city.calendar.today())
    rows = rows.order_by(Collate("name", f"{city.language}-x-icu")).values_list("code", "name", "full_name", "name_en")
    return [(code, full or name if own else english or name) for code, name, full, english in rows]
