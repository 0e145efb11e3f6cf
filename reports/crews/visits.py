"""What a crew sends from its page: that it begins, what it found and did, and piles that nobody had reported.

Everything may come twice, since an answer can be lost on its way back: the phone gives each visit an id, and the same visit
gets the same answer. The actor of the verbs is the system; the history names the team.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from reports import casework
from reports.clean_text import clean_text
from reports.crews.day_plan import cases_of_link
from reports.crews.route_order import metres_of
from reports.intake import Receipt, Submission, submit_report
from reports.models import Case, CaseEvent, Cleanup, CrewLink
from reports.models.report import Channel, LocationSource
from reports.photos.after import receive_after_photo
from reports.photos.receiving import receive_photo

Outcome = Cleanup.Outcome
MOST_PHOTOS = 3


@dataclass(frozen=True)
class Found:
    """One visit as the phone sent it. key: its id; here: (longitude, latitude) of the phone in degrees, when it took the photo;
    accuracy_m: how far off that may be; exception: in words, as `reports.crews.exceptions` makes them."""

    key: UUID
    outcome: str
    photos: Sequence[bytes] = ()
    grade: str = ""
    bags: int | None = None
    kg: Decimal | None = None
    note: str = ""
    exception: str = ""
    here: tuple[float, float] | None = None
    accuracy_m: float | None = None
    done_at: datetime | None = None

    @property
    def digest(self) -> str:
        """What makes two sendings the same."""
        said = [self.outcome, self.grade, self.bags, str(self.kg), clean_text(self.note), self.here, [hashlib.sha256(body).hexdigest() for body in self.photos]]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


class AnotherVisit(Exception):
    """This id belongs to a visit with another content, which is kept as it was."""


class NotTheirs(Exception):
    """The case is not, or no longer, with this team on this day."""


def record_visit(link: CrewLink, case: Case, found: Found) -> bool:
    """Take one visit; False when it had come before. Raises NotTheirs, AnotherVisit, a `casework.NotDone` or a PhotoRefused,
    and then nothing was kept."""
    with transaction.atomic():
        locked = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        if (before := locked.events.filter(details__visit=str(found.key)).first()) is not None:
            return _known(before, link, found)
        if not cases_of_link(link).filter(pk=locked.pk).exists():
            raise NotTheirs
        photos = tuple(receive_after_photo(locked, body, number) for number, body in enumerate(found.photos[:MOST_PHOTOS], 1))
        nothing = found.outcome == Outcome.NOTHING_FOUND
        visit = casework.Visit(
            photos=photos, grade=found.grade if found.outcome in (Outcome.CLEANED, Outcome.PARTLY) else "",
            bags=None if nothing else found.bags, kg=None if nothing else found.kg, nothing_found=nothing, note=found.note,
            team=link.team, distance_m=distance_m(locked, found.here, found.accuracy_m), exception=found.exception, key=str(found.key),
            digest=found.digest, done_at=found.done_at,
        )  # fmt: skip
        if found.outcome in (Outcome.CLEANED, Outcome.NOTHING_FOUND):
            casework.clean(locked, None, replace(visit, exception="" if visit.is_near else visit.exception))
        else:
            casework.visit(locked, None, visit, found.outcome)
    return True


def begin(link: CrewLink, case: Case) -> bool:
    """The team is there and has begun; False when there is nothing to begin any more. Raises NotTheirs."""
    if not cases_of_link(link).filter(pk=case.pk).exists():
        raise NotTheirs
    try:
        casework.start(case, None, team=link.team)
    except casework.NotPossible:
        return False
    return True


@dataclass(frozen=True)
class NewPile:
    """Waste that the crew came upon. key: the report's id; here: where the phone is; accuracy_m: how far off that may be."""

    key: UUID
    here: tuple[float, float] | None = None
    accuracy_m: float | None = None
    problem: str = ""
    amount: str = ""
    note: str = ""
    seen_at: datetime | None = None
    language: str = ""
    photos: Sequence[bytes] = field(default=())


def report_pile(link: CrewLink, pile: NewPile) -> Receipt:
    """A report like anybody's, through the same door. A team is one reporter, whatever phone it has, and so moves no hotspot
    alone. Raises what `submit_report` and `receive_photo` raise."""
    with transaction.atomic():
        receipt = submit_report(
            Submission(
                uuid=pile.key, channel=Channel.WEB, location=pile.here, accuracy_m=pile.accuracy_m,
                location_source=LocationSource.GPS if pile.here else "", observed_at=pile.seen_at, problem=pile.problem, amount=pile.amount,
                description=pile.note, photos_expected=len(pile.photos[:MOST_PHOTOS]), device=f"team:{link.team_id}", language=pile.language,
            )
        )  # fmt: skip
        for number, body in enumerate(pile.photos[:MOST_PHOTOS], 1):
            receive_photo(receipt.report, number, body)
    return receipt


def distance_m(case: Case, here: tuple[float, float] | None, accuracy_m: float | None = None) -> float | None:
    """How far from the case a phone was, in metres; None where either place is unknown, or the phone's not exact enough to say."""
    if case.location is None or here is None or (accuracy_m is not None and accuracy_m > casework.NEAR_M):
        return None
    return round(float(metres_of([here[0]], [here[1]], case.location.x, case.location.y)[0]), 1)


def _known(before: CaseEvent, link: CrewLink, found: Found) -> bool:
    if before.details.get("team_id") != link.team_id:
        raise NotTheirs
    if before.details.get("sent") != found.digest:
        raise AnotherVisit
    return False
