"""Where cases lie, in words, for any list of them: one look-up for all."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Prefetch, prefetch_related_objects

from reports.geography.places import places_in_words
from reports.models import Area, Case


def name_places(cases: Iterable[Case]) -> None:
    """Sets on each case `place`, its point in words where there is one, else the area's name; and `lon`, `lat` (degrees, or None)."""
    cases = list(cases)
    for case in cases:
        case.lon, case.lat = case.location.coords if case.location else (None, None)
    located = [case for case in cases if case.location]
    words = places_in_words([case.lon for case in located], [case.lat for case in located]) if located else []
    for case, place in zip(located, words, strict=True):
        case.place = place
    vague = [case for case in cases if not case.location]
    prefetch_related_objects(vague, Prefetch("area", Area.objects.defer("polygon", "seat", "search", "aliases")))
    for case in vague:
        case.place = str(case.area or "")
