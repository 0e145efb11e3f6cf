"""How areas and places are written: alone, and inside a sentence, in the language of the page."""

from typing import Protocol

from citylab.cities.pack import CityPack


class NamedArea(Protocol):
    """What a label needs of an area: a row of the table or of the index."""

    kind: str
    name: str
    full_name: str
    name_en: str


def area_label(area: NamedArea, language: str, city: CityPack) -> str:
    """An area inside a sentence: “barrio Centro” in the city's language, else the name with its kind in English."""
    if language == city.language:
        return inside_sentence(area.full_name or area.name, city.generic_words)
    kind = next((kind for kind in city.area_kinds if kind.code == area.kind), None)
    return f"{area.name_en or area.name} {kind.name_en}" if kind else area.name_en or area.full_name or area.name


def inside_sentence(name: str, generic_words: tuple[str, ...]) -> str:
    """A name without the capitals of the generic words it begins with: “Plaza Mayor” becomes “plaza Mayor”."""
    lower = name.lower()
    for word in sorted(generic_words, key=len, reverse=True):
        if lower.startswith(word + " "):
            return word + name[len(word) :]
    return name


def first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
