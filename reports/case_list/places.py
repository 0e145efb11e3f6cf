"""Where cases lie, in words, for any list of them: one look-up for all."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import FloatField, Func, Prefetch, QuerySet, prefetch_related_objects

from reports.geography.places import places_in_words
from reports.models import Area, Case


def with_coordinates(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with `lon` and `lat` (degrees, or None) as numbers in place of their point: to read a page's points as geometries took
    longer than to find its rows."""
    lon, lat = (Func("location", function=name, output_field=FloatField()) for name in ("ST_X", "ST_Y"))
    return cases.annotate(lon=lon, lat=lat)


def name_places(cases: Iterable[Case]) -> None:
    """Sets on each case `place`, its point in words where there is one, else the area's name; and `lon`, `lat` (degrees, or None)."""
    cases = list(cases)
    for case in cases:
        if not hasattr(case, "lon"):
            case.lon, case.lat = case.location.coords if case.location else (None, None)
    located = [case for case in cases if case.lon is not None]
    words = places_in_words([case.lon for case in located], [case.lat for case in located]) if located else []
    for case, place in zip(located, words, strict=True):
        case.place = place
    vague = [case for case in cases if case.lon is None]
    prefetch_related_objects(vague, Prefetch("area", Area.objects.defer("polygon", "seat", "search", "aliases")))
    for case in vague:
        case.place = str(case.area or "")
