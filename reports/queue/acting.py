"""Doing what was asked, on one case or on thousands, in lots that report their progress."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from citylab.models import Member
from citylab.permissions import visible
from reports import casework
from reports.case_list.filter import CaseFilter
from reports.casework.errors import Missing, NotDone, Stale
from reports.models import Case, CaseEvent, Photo
from reports.photos import publishing
from reports.queue.asked import FOR_ONE, Asked

AT_ONCE = 250  # cases of one lot: progress is told after each
MOST = 5_000  # of one action; beyond it, a view is narrowed first

# verb → the kind of event that it writes, by which an undo finds it
KINDS: dict[str, str] = {
    "confirm": CaseEvent.Kind.CONFIRMED, "publish": CaseEvent.Kind.CONFIRMED, "assign": CaseEvent.Kind.ASSIGNED, "refuse": CaseEvent.Kind.REFUSED,
    "priority": CaseEvent.Kind.PRIORITISED, "merge": CaseEvent.Kind.MERGED, "move": CaseEvent.Kind.MOVED,
}  # fmt: skip


class TooMany(NotDone):
    """The list holds more cases than one action takes, which are `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most}")
        self.most = most


@dataclass
class Done:
    """What an action did: the cases that changed, why others did not, and the photos that it showed."""

    verb: str
    began: datetime
    of: int
    cases: list[Case] = field(default_factory=list)
    not_done: list[tuple[Case, NotDone]] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    into: Case | None = None
    unseen: bool = False  # a photo is left that a person has to look at by itself

    @property
    def gone_through(self) -> int:
        return len(self.cases) + len(self.not_done)


def chosen(actor: Member, asked: Asked) -> list[Case]:
    """The cases that are meant and that the member may see. Raises `Missing` for none, `TooMany`."""
    if asked.view is None:
        cases = list(visible(actor, Case.objects.all()).filter(code__in=asked.codes[: MOST + 1]))
    else:
        cases = list(CaseFilter.read(QueryDict(asked.view), "deadline").rows(actor)[: MOST + 1])
    if len(cases) > MOST:
        raise TooMany(MOST)
    if not cases:
        raise Missing("a case")
    return cases


def do_one(actor: Member, asked: Asked, case: Case) -> Done:
    """One verb on one case. Raises a `NotDone`, and then nothing has changed."""
    done = Done(asked.verb, timezone.now(), 1)
    seen = asked.seen.get(case.code)
    match asked.verb:
        case "confirm":
            done.cases = [casework.confirm(case, actor, seen=seen)]
        case "publish":
            with transaction.atomic():  # a photo that cannot be shown leaves the case unconfirmed
                done.cases = [casework.confirm(case, actor, seen=seen)]
                done.photos = [publishing.publish(photo, actor) for photo in publishing.checked_photos(case)]
            done.unseen = Photo.objects.filter(report__case=case, state=Photo.State.CLEAN, looked_at=None, report__withdrawn_at=None).exists()
        case "assign":
            done.cases = [casework.assign(case, actor, **asked.hands(actor), seen=seen)]
        case "refuse":
            done.cases = [casework.refuse(case, actor, asked.reason, seen=seen)]
        case "priority":
            done.cases = [casework.set_priority(case, actor, asked.priority, seen=seen)]
        case "move":
            done.cases = [casework.move(case, actor, *asked.point.coords, seen=seen)]
        case "merge":
            done.into = asked.into(actor, [case])
            done.cases = [casework.merge(case, actor, done.into, seen=seen)]
    return done


def do_all(actor: Member, asked: Asked, cases: Sequence[Case]) -> Iterator[Done]:
    """The verb on each of many, each for itself; gives the same `Done` after every lot. Raises a `NotDone` before anything is changed."""
    if asked.verb in FOR_ONE:
        raise Missing("one case")
    done = Done(asked.verb, timezone.now(), len(cases))
    cases = sorted(cases, key=lambda case: case.pk)
    changed = _changed_since(cases, asked.as_of) if asked.as_of else {}
    done.not_done = [(case, changed[case.pk]) for case in cases if case.pk in changed]
    fresh = [case for case in cases if case.pk not in changed]
    seen = asked.versions(cases)
    if asked.verb == "merge":
        done.into = asked.into(actor, cases)
        fresh, done.of = [case for case in fresh if case.pk != done.into.pk], done.of - any(case.pk == done.into.pk for case in fresh)
        if not fresh:
            raise Missing("another case")
        act = None
    else:
        act = _act(actor, asked, seen)
    return _in_lots(actor, done, fresh, act, seen)


def _in_lots(actor: Member, done: Done, cases: list[Case], act: casework.Act | None, seen: dict[int, int]) -> Iterator[Done]:
    for start in range(0, len(cases), AT_ONCE):
        lot = cases[start : start + AT_ONCE]
        if act is None and done.into is not None:
            outcome = casework.merge_all(lot, actor, done.into, seen=seen)
        else:
            assert act is not None
            outcome = casework.act_on_all(lot, act)
        done.cases += outcome.done
        done.not_done += outcome.not_done
        yield done
    if not cases:
        yield done


def _act(actor: Member, asked: Asked, seen: dict[int, int]) -> casework.Act:
    match asked.verb:
        case "confirm":
            return casework.confirming(actor, seen)
        case "assign":
            return casework.assigning(actor, **asked.hands(actor), seen=seen)
        case "refuse":
            return casework.refusing(actor, asked.reason, seen)
        case "priority":
            return casework.prioritising(actor, asked.priority, seen)
    raise Missing("a verb")


def _changed_since(cases: Iterable[Case], as_of: datetime) -> dict[int, Stale]:
    """Those of these cases that somebody changed after the list was drawn. “All in the view” names no versions, so the moment of
    the page stands for them."""
    later = CaseEvent.objects.filter(case__in=[case.pk for case in cases], at__gt=as_of).select_related("actor").order_by("number")
    return {event.case_id: Stale(event.actor.display_name if event.actor else "", event.kind, event.at) for event in later}


