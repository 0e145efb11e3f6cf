"""Open cases that may be the same pile as another: found from distance, time, kind and photos, shown to a person, never merged by itself.

Two cases are suggested when both are open, were seen within 14 days of each other, and lie within 30 m, or within 100 m with
the same waste; or when one of their photos is the same picture, wherever in the city that is. Pairs about which somebody
said that they are two (by a link, or by taking a merge back) are suggested no more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import NamedTuple

import h3.api.basic_int as h3
from django.db import connection
from django.db.models import BigIntegerField, F, Func, IntegerField, Q, Value
from django.db.models.functions import Cast
from django.db.models.lookups import LessThanOrEqual

from citylab.models import Member
from citylab.permissions import own_areas
from reports.models import Case, CaseEvent, Photo
from reports.models.case import OPEN, in_sql
from reports.photos.fingerprints import SAME_PICTURE_BITS, agree_in_both, bits_apart, is_telling

STRONG_M = 30
NEAR_M = 100
WITHIN = timedelta(days=14)
_NEAR_DEGREES = 0.0012  # more than 100 m in both directions as far as 40° from the equator: the index narrows by it, metres decide
MOST_PICTURES = 20  # photos in the city that are the same picture as one of a case; beyond that it is a picture of nothing

# One statement for a page of cases: what is open around each of them, seen in the same days, and how far off. The points themselves
# stay in the database: read as geometries, they took longer than all the rest of a row.
_CANDIDATES = """
    SELECT o.id, o.code, o.status, o.problem, o.waste_group, o.amount, o.observed_at, array_agg(c.id) AS of_cases,
        array_agg(ST_DistanceSphere(o.location, c.location)) AS metres
    FROM reports_case c JOIN reports_case o
        ON o.status IN ({open}) AND o.id <> c.id {own}
            AND (o.location && ST_Expand(c.location, {degrees}) AND ST_DistanceSphere(o.location, c.location) <= {metres} {elsewhere})
            AND o.observed_at BETWEEN c.observed_at - %(within)s AND c.observed_at + %(within)s
    WHERE c.id = ANY(%(ids)s) AND c.status IN ({open}) AND NOT EXISTS ({apart})
    GROUP BY o.id
"""
# Somebody said that the two are two piles.
_SAID = " OR ".join(
    f"(e.kind = '{kind.value}' AND e.details ->> '{name}' = o.code)"
    for kind, name in {CaseEvent.Kind.LINKED: "with", CaseEvent.Kind.UNMERGED: "from", CaseEvent.Kind.GAVE_BACK: "to"}.items()
)
_APART = f"SELECT 1 FROM reports_caseevent e WHERE e.case_id = c.id AND ({_SAID}) AND NOT jsonb_exists(e.details, 'undoes')"

# Two ways lead from a case to its photos, each by an index of its own: asked with an OR, the database would read every photo there is.
_SHOWN = "p.state IN ('clean', 'published') AND p.kind <> 'after'"
_PHOTOS = f"""
    SELECT of_case, id, phash, dhash FROM (
    SELECT r.case_id AS of_case, p.id, p.phash, p.dhash, p.received_at
    FROM reports_report r JOIN reports_photo p ON p.report_id = r.id WHERE r.case_id = ANY(%(ids)s) AND r.withdrawn_at IS NULL AND {_SHOWN}
    UNION ALL
    SELECT p.case_id, p.id, p.phash, p.dhash, p.received_at
    FROM reports_photo p WHERE p.case_id = ANY(%(ids)s) AND p.report_id IS NULL AND {_SHOWN}
    ) AS shown ORDER BY received_at, id
"""


class Picture(NamedTuple):
    """What two photos are compared by: a page of cases has hundreds, and nothing else of them is looked at."""

    pk: int
    phash: int | None
    dhash: int | None


@dataclass(frozen=True)
class Suggestion:
    """Why `case` may be the same pile. distance_m: None where one of the two knows only its area; bits: of 64, how far the two
    most alike photos are apart, None where there is nothing to compare; photos: those two, the suggested case's second."""

    case: Case
    distance_m: float | None
    days: float
    same_problem: bool
    same_waste: bool
    bits: int | None
    photos: tuple[Picture, Picture] | None

    @property
    def same_picture(self) -> bool:
        """In one hash where the two lie close together, in both where they do not: there it is the only sign."""
        if self.photos is None or self.bits is None or self.bits > SAME_PICTURE_BITS:
            return False
        close = self.distance_m is not None and self.distance_m <= NEAR_M
        return close or agree_in_both(*self.photos)

    @property
    def is_strong(self) -> bool:
        """Whether a person should look at it first."""
        return self.same_picture or (self.distance_m is not None and self.distance_m <= STRONG_M)

    @property
    def score(self) -> float:
        """For the order among suggestions, 0 to 1: distance × time × kind, and the same picture before all others."""
        far = 1.0 if self.distance_m is None else min(1.0, self.distance_m / (2 * NEAR_M))
        late = self.days / (2 * WITHIN.days)
        kind = 1.0 if self.same_waste else 0.85 if self.same_problem else 0.6
        return 1.0 if self.same_picture else (1 - far) * (1 - late) * kind


def suggestions(case: Case, member: Member | None) -> list[Suggestion]:
    """The cases that may be the same pile as this one, the likeliest first; only those that the member may see."""
    return suggestions_of_many([case], member, anywhere=True)[case.pk]


def suggestions_of_many(cases: Sequence[Case], member: Member | None, *, anywhere: bool = False) -> dict[int, list[Suggestion]]:
    """Suggestions by id for a page of cases, in two queries however many they are.

    anywhere: looks for the same picture in the whole city too, at a query more for each case and one for their photos.
    """
    elsewhere = _cases_with_the_picture(cases) if anywhere else set()
    pairs = _candidates(cases, member, elsewhere)
    photos = photos_of_cases({one.pk for case, other, _far in pairs for one in (case, other)}) if pairs else {}
    found: dict[int, list[Suggestion]] = {case.pk: [] for case in cases}
    for case, other, far in pairs:
        pair = compare(case, other, photos.get(case.pk, []), photos.get(other.pk, []), far)
        if may_be_one(pair):
            found[case.pk].append(pair)
    for suggested in found.values():
        suggested.sort(key=lambda pair: (-pair.score, pair.case.pk))
    return found


def _candidates(cases: Sequence[Case], member: Member | None, elsewhere: set[int]) -> list[tuple[Case, Case, float | None]]:
    """Each open one of the cases with every open case around it, or among those of elsewhere, that could be the same, and their distance
    in metres (None where one knows only its area)."""
    own = None if member is None else own_areas(member)
    query = _CANDIDATES.format(
        open=in_sql(OPEN), degrees=_NEAR_DEGREES, metres=NEAR_M, elsewhere="OR o.id = ANY(%(elsewhere)s)" if elsewhere else "",
        own="" if own is None else "AND o.area_id = ANY(%(own)s)", apart=_APART,
    )  # fmt: skip
    by_id = {case.pk: case for case in cases}
    rows = Case.objects.raw(query, {"ids": list(by_id), "within": WITHIN, "elsewhere": list(elsewhere), "own": own})
    return [(by_id[pk], other, far) for other in rows for pk, far in zip(other.of_cases, other.metres, strict=True)]


def compare(case: Case, other: Case, photos: Sequence[Picture], theirs: Sequence[Picture], far: float | None) -> Suggestion:
    """How near two cases, `far` metres apart, are to each other in every respect, whether or not that is enough."""
    alike = min(
        ((bits, pair) for pair in product(photos, theirs) if (bits := bits_apart(*pair)) is not None),
        key=lambda found: (found[0], found[1][0].pk, found[1][1].pk),
        default=None,
    )
    return Suggestion(
        case=other, distance_m=far, days=abs((case.observed_at - other.observed_at).total_seconds()) / 86400,
        same_problem=case.problem == other.problem, same_waste=bool(case.waste_group) and case.waste_group == other.waste_group,
        bits=alike and alike[0], photos=alike and alike[1],
    )  # fmt: skip


def may_be_one(pair: Suggestion) -> bool:
    """Whether what two cases have in common is enough to ask somebody."""
    if pair.days > WITHIN.days:
        return False
    if pair.same_picture:
        return True
    return pair.distance_m is not None and (pair.distance_m <= STRONG_M or (pair.distance_m <= NEAR_M and pair.same_waste))


def distance_m(case: Case, other: Case) -> float | None:
    """Metres between two cases; None where one knows only its area."""
    if case.location is None or other.location is None:
        return None
    return float(h3.great_circle_distance((case.location.y, case.location.x), (other.location.y, other.location.x), unit="m"))


def photos_of_cases(ids: Collection[int]) -> dict[int, list[Picture]]:
    """The photos by case that show the waste as it was found and that passed the gate, the oldest first."""
    found: dict[int, list[Picture]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PHOTOS, {"ids": list(ids)})
        for of_case, pk, phash, dhash in cursor.fetchall():
            found.setdefault(of_case, []).append(Picture(pk, phash, dhash))
    return found


class _BitsApart(Func):
    """How many bits of two bigints differ, counted by PostgreSQL."""

    template = "bit_count((%(expressions)s)::bit(64))"
    arg_joiner = " # "
    output_field = IntegerField()


def _at_most(name: str, hash_: int) -> LessThanOrEqual:
    return LessThanOrEqual(_BitsApart(F(name), Cast(Value(hash_), BigIntegerField())), SAME_PICTURE_BITS)


def _cases_with_the_picture(cases: Sequence[Case]) -> set[int]:
    """Ids of the open cases of these days that have the same picture as one of these, wherever they are."""
    own = photos_of_cases([case.pk for case in cases if case.is_open])
    found: set[int] = set()
    for case in cases:
        days = (case.observed_at - WITHIN, case.observed_at + WITHIN)
        theirs = Photo.objects.filter(report__case__status__in=OPEN, report__case__observed_at__range=days).exclude(report__case=case)
        alike = Q(pk__in=[])
        for photo in own.get(case.pk, []):
            if photo.phash is not None and photo.dhash is not None and is_telling(photo.phash) and is_telling(photo.dhash):
                alike |= Q(_at_most("phash", photo.phash), _at_most("dhash", photo.dhash))
        if alike != Q(pk__in=[]):
            found.update(theirs.filter(alike).values_list("report__case", flat=True)[:MOST_PICTURES])
    return found
