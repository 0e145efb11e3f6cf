"""The city's units as residents look for them: by name, by a former name, by an address of words."""

from __future__ import annotations

from collections import Counter

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Collate
from django.utils.translation import get_language

from citylab.cities.pack import city_pack
from reports.geography.routing import body_for
from reports.geography.search_text import plain
from reports.models import Area, Body


def units_today() -> QuerySet[Area]:
    """Units in force today in the order of the city's own alphabet, without their borders."""
    units = Area.objects.units().current(settings.CITY.calendar.today()).defer("polygon")
    return units.order_by(Collate("name", f"{city_pack().language}-x-icu"), "code")


def unit_choices() -> list[tuple[str, str]]:
    """Codes and names in the page's language, for a field of a form."""
    return [(unit.code, name_of(unit)) for unit in units_today()]


def name_of(unit: Area) -> str:
    """The unit's full name in the page's language, for a heading or a list."""
    city, language = city_pack(), get_language() or settings.LANGUAGE_CODE
    if language == city.language:
        return unit.full_name or unit.name
    kind = next((kind for kind in city.area_kinds if kind.code == unit.kind), None)
    english = unit.name_en or unit.name
    return f"{english} {kind.name_en}" if kind else english


def with_slugs(units: list[Area]) -> dict[str, Area]:
    """The units by the words of their addresses: the plain name, and the code too where two share a name."""
    words = {unit.pk: plain(unit.name).replace(" ", "-") or unit.code for unit in units}
    often = Counter(words.values())
    return {words[unit.pk] if often[words[unit.pk]] == 1 else f"{words[unit.pk]}-{unit.code.lower()}": unit for unit in units}


def matching(units: dict[str, Area], text: str) -> dict[str, Area]:
    """Of these, the ones in whose names or former names each typed word begins a word; without diacritics."""
    typed = plain(text).split()
    return {slug: unit for slug, unit in units.items() if all(f" {word}" in f" {unit.search}".replace("\n", " ") for word in typed)}


def body_of(unit: Area) -> Body | None:
    """Who is responsible for ordinary waste in a unit, as the routing table says."""
    return body_for(area=unit)
