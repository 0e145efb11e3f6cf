"""Black spots: places where waste keeps coming back, or stays.

A place *keeps coming back* when three or more cases were seen there within 180 days, each the return of an earlier one
(`recurs_of`, followed all the way). A place *stays* when a case has been open for more than 30 days. Refused and merged
cases, and those that only somebody told who had told enough (`Case.counts`), do not count, but a return leads through them.

Everything is asked for a moment, and the state of a case then is read from its history, so last month's black spots can
be counted today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from citylab import permissions
from citylab.models import Member
from reports.geography.places import places_in_words
from reports.models import Case
from reports.models.case import NOT_WASTE, OPEN
from reports.state_at import with_state_at

RETURNS = 3
RETURN_DAYS = 180
LASTING_DAYS = 30

# From each return of the last 180 days up to the first case of its place. UNION stops where data should ever run in a circle.
_CHAINS = """
    WITH RECURSIVE up (case_id, at) AS (
        SELECT id, recurs_of_id FROM reports_case
        WHERE recurs_of_id IS NOT NULL AND observed_at > %(since)s AND observed_at < %(moment)s
        UNION
        SELECT up.case_id, earlier.recurs_of_id FROM up JOIN reports_case AS earlier ON earlier.id = up.at
        WHERE earlier.recurs_of_id IS NOT NULL
    ), first AS (
        SELECT up.case_id, up.at AS root FROM up JOIN reports_case AS earlier ON earlier.id = up.at
        WHERE earlier.recurs_of_id IS NULL
    )
    SELECT root, case_id FROM first
    UNION
    SELECT root, root FROM first JOIN reports_case AS origin ON origin.id = root
    WHERE origin.observed_at > %(since)s AND origin.observed_at < %(moment)s
"""


@dataclass(frozen=True)
class BlackSpot:
    """One place. `case` is its open case, or else the one seen last; `place` is where that is, in words."""

    case: Case
    place: str
    cases: int  # seen in the last 180 days along the returns; 1 when the place only stays
    first_seen: datetime  # of these
    last_seen: datetime
    days_open: int | None  # of the case that has been open longest; None when none is open

    @property
    def keeps_coming_back(self) -> bool:
        return self.cases >= RETURNS

    @property
    def stays(self) -> bool:
        return self.days_open is not None and self.days_open >= LASTING_DAYS


def black_spots(at: datetime | None = None, member: Member | None = None) -> list[BlackSpot]:
    """The black spots at a moment (now), those with the most returns first, then those open longest.

    With a member, only those whose case that member may see.
    """
    moment = at or timezone.now()
    places = _places(moment)
    found = _cases([key for keys in places.values() for key in keys], moment)
    spots = [_spot([found[key] for key in keys if key in found], moment) for keys in places.values()]
    kept = [spot for spot in spots if spot is not None]
    if member is not None:
        seen = set(permissions.visible(member, Case.objects.filter(pk__in=[spot.case.pk for spot in kept])).values_list("pk", flat=True))
        kept = [spot for spot in kept if spot.case.pk in seen]
    kept.sort(key=lambda spot: (-spot.cases, -(spot.days_open or 0), spot.case.pk))
    return _with_words(kept)


def count_at(at: datetime) -> int:
    """How many black spots there were at a moment."""
    places = _places(at)
    rows = _waste([key for keys in places.values() for key in keys], at).values_list("pk", "observed_at", "state_then")
    found = {pk: (observed_at, state) for pk, observed_at, state in rows.iterator(chunk_size=10_000)}
    return sum(_is_spot([found[key] for key in keys if key in found], at) for keys in places.values())


def _places(moment: datetime) -> dict[int, list[int]]:
    """Cases that may make a black spot, by the first case of their place."""
    places: dict[int, list[int]] = {}
    place_of: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CHAINS, {"since": moment - timedelta(days=RETURN_DAYS), "moment": moment})
        for root, case in cursor:
            places.setdefault(root, []).append(case)
            place_of[case] = root
    opened_before = moment - timedelta(days=LASTING_DAYS)
    # Of the closed ones, only those closed later than the moment can have been open then.
    lasting = Case.objects.filter(counts=True, observed_at__lt=opened_before).exclude(closed_at__lt=moment)
    for case in with_state_at(lasting, moment).filter(state_then__in=OPEN).order_by("pk").values_list("pk", flat=True):
        if case not in place_of:
            places.setdefault(case, []).append(case)
    return places


def _waste(keys: list[int], moment: datetime) -> QuerySet[Case]:
    """Those of these cases that count and were waste at the moment, each with `state_then`."""
    return with_state_at(Case.objects.filter(pk__in=keys, counts=True), moment).exclude(state_then__in=NOT_WASTE)


def _cases(keys: list[int], moment: datetime) -> dict[int, Case]:
    """The same as objects, for the list."""
    return {case.pk: case for case in _waste(keys, moment).select_related("area", "body").defer("area__polygon")}


def _is_spot(cases: list[tuple[datetime, str]], moment: datetime) -> bool:
    """Whether the cases of one place, as (observed_at, state at the moment), make a black spot."""
    recent = sum(observed_at > moment - timedelta(days=RETURN_DAYS) for observed_at, _state in cases)
    opened_before = moment - timedelta(days=LASTING_DAYS)
    return recent >= RETURNS or any(observed_at < opened_before and state in OPEN for observed_at, state in cases)


def _spot(cases: list[Case], moment: datetime) -> BlackSpot | None:
    """What the cases of one place make together."""
    if not _is_spot([(case.observed_at, case.state_then) for case in cases], moment):
        return None
    recent = [case for case in cases if case.observed_at > moment - timedelta(days=RETURN_DAYS)]
    still_open = [case for case in cases if case.state_then in OPEN]
    longest = max(((moment - case.observed_at).days for case in still_open), default=None)
    counted = recent or still_open
    newest = max(still_open or counted, key=lambda case: (case.observed_at, case.pk))
    return BlackSpot(
        newest,
        "",  # told for the list only
        len(counted),
        min(case.observed_at for case in counted),
        max(case.observed_at for case in counted),
        longest,
    )


def _with_words(spots: list[BlackSpot]) -> list[BlackSpot]:
    """The same with their places in words, in the page's language."""
    placed = [spot for spot in spots if spot.case.location is not None]
    lon = np.array([spot.case.location.x for spot in placed])
    lat = np.array([spot.case.location.y for spot in placed])
    words = dict(zip((spot.case.pk for spot in placed), places_in_words(lon, lat), strict=True)) if placed else {}
    return [replace(spot, place=words.get(spot.case.pk, str(spot.case.area or ""))) for spot in spots]
