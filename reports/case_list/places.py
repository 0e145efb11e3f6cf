"""Where cases lie, in words, for any list of them: one look-up for all."""

from __future__ import annotations

from collections.abc import Iterable

from reports.geography.places import places_in_words
from reports.models import Case


def name_places(cases: Iterable[Case]) -> None:
    """Sets `place` on each case: its point in words where there is one, else the area's name."""
    cases = list(cases)
    located = [case for case in cases if case.location]
    words = places_in_words([case.location.x for case in located], [case.location.y for case in located]) if located else []
    for case, place in zip(located, words, strict=True):
        case.place = place
    for case in cases:
        if not case.location:
            case.place = str(case.area or "")
