"""Taking an action back, all of it: a signed token names exactly the events that it wrote, and casework decides for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.core import signing
from django.db.models import Exists, OuterRef
from django.utils import timezone

from citylab.models import Member
from reports import casework
from reports.casework.errors import NotDone, TooLate
from reports.models import Case, CaseEvent, Photo
from reports.photos import publishing
from reports.queue.acting import AT_ONCE, KINDS, Done


@dataclass
class Undone:
    """How far an undo has come."""

    of: int
    cases: list[Case] = field(default_factory=list)
    left: list[tuple[Case, NotDone]] = field(default_factory=list)
    hidden: int = 0  # photos that were shown, and wait for a look again

    @property
    def gone_through(self) -> int:
        return len(self.cases) + len(self.left)


def token_for(done: Done, actor: Member) -> str:
    """A token for what was done, or nothing where nothing was. It works for this member, for a minute."""
    ids = [case.pk for case in done.cases]
    events = CaseEvent.objects.filter(case__in=ids, actor=actor, kind=KINDS[done.verb], at__gte=done.began)
    found = list(events.order_by("id").values_list("id", "at"))
    if not found:
        return ""
    # Each lot has one moment; with the first and last id they name its events, however many these are.
    named = {"k": KINDS[done.verb], "f": found[0][0], "l": found[-1][0], "a": sorted({at.isoformat() for _id, at in found})}
    if done.photos:
        named["p"] = [photo.pk for photo in done.photos]
    return signing.dumps(named, salt=_salt(actor), compress=True)


def undo(token: str, actor: Member) -> Iterator[Undone]:
    """Take back what the token names, lot by lot. Raises `TooLate` before anything is changed when its time is over or it is not theirs.

    A case on which somebody went on meanwhile is left as it is, and said.
    """
    try:
        named = signing.loads(token, salt=_salt(actor), max_age=casework.UNDO_S)
    except signing.BadSignature:
        raise TooLate from None
    later = CaseEvent.objects.filter(case=OuterRef("case"), number__gt=OuterRef("number"))
    moments = [datetime.fromisoformat(at) for at in named["a"]]
    events = CaseEvent.objects.filter(pk__range=(named["f"], named["l"]), actor=actor, kind=named["k"], at__in=moments)
    rows = list(events.annotate(gone_on=Exists(later)).select_related("case").order_by("case_id"))
    asked_at = timezone.now()  # its minute ends for all at once, however long the last of them waits for its turn
    undone = Undone(len(rows), left=[(event.case, TooLate()) for event in rows if event.gone_on])
    return _in_lots(undone, [event.case for event in rows if not event.gone_on], actor, named.get("p", []), asked_at)


def _in_lots(undone: Undone, cases: list[Case], actor: Member, photos: list[int], asked_at: datetime) -> Iterator[Undone]:
    for start in range(0, len(cases), AT_ONCE):
        done, left = casework.undo_all(cases[start : start + AT_ONCE], actor, asked_at=asked_at)
        undone.cases += done
        undone.left += left
        if photos and done:
            undone.hidden = sum(publishing.hide_again(photo, actor) for photo in Photo.objects.filter(pk__in=photos))
        yield undone
    if not cases:
        yield undone


def _salt(actor: Member) -> str:
    return f"queue-undo:{actor.pk}"
