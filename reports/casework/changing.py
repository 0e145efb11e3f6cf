"""The one way in which cases change: lock, check, change, number, record, tell. One case or a thousand go the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone

from citylab import permissions
from citylab.models import Member
from reports import notifications
from reports.casework.errors import NotAllowed, NotDone, NotPossible, Stale
from reports.casework.transitions import BACK, TRANSITIONS, sources_of
from reports.clean_text import clean_text
from reports.models import Case, CaseEvent

Kind = CaseEvent.Kind
Details = dict[str, object]
Change = Callable[[Case, datetime], Details]

# What a verb may write on a case. An event keeps the values from before, so that an undo is exact.
WRITTEN = (
    "status", "priority", "problem", "waste_group", "amount", "location", "public_location", "cell", "area_id", "body_id",
    "merged_into_id", "due_at", "cleaned_at", "verified_at", "closed_at", "reopened_at", "assigned_to_id", "team_id", "planned_for",
    "waits_for", "waits_since",
)  # fmt: skip
BESIDE = (Kind.VERDICT, Kind.NOTICE, Kind.HELD, Kind.RELEASED)  # lines that are no verb's: the version stays, nobody went on by them
AT_ONCE = 500  # cases of one statement


@dataclass
class Outcome:
    """What became of several cases: those that changed, and why the others did not."""

    done: list[Case] = field(default_factory=list)
    not_done: list[tuple[Case, NotDone]] = field(default_factory=list)


@dataclass(frozen=True)
class Act:
    """One verb by one member. `change` writes on the locked case and returns what the event tells beside it.

    seen: versions by case id, as the member saw them; a case whose version has grown is refused. `quietly` sends no messages.
    """

    actor: Member | None
    verb: str
    kind: str
    reason: str = ""
    change: Change | None = None
    seen: Mapping[int, int] = field(default_factory=dict)
    undoes: CaseEvent | None = None
    quietly: bool = False


def act_on(case: Case, act: Act) -> Case:
    """Do it to one case; returns it changed. Raises a `NotDone`, and then nothing has changed."""
    with transaction.atomic():
        locked: Case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        if not permissions.allowed(act.actor, act.verb, locked):
            raise NotAllowed(act.verb)
        now = timezone.now()
        event = changed(locked, act, now)
        locked.save(update_fields=columns([event]))
        event.save()
        if not act.quietly:
            notifications.follow([locked], act.verb)
    return locked


def act_on_all(cases: Iterable[Case], act: Act, *, tick: Callable[[int], object] = int) -> Outcome:
    """Do it to many, each for itself: what cannot be done to one hinders no other. `tick` is told how many were gone through.

    Rows are locked in the order of their ids, some hundred at a time, each lot in a transaction of its own.
    """
    outcome = Outcome()
    ids = sorted({case.pk for case in cases})
    for start in range(0, len(ids), AT_ONCE):
        lot = ids[start : start + AT_ONCE]
        with transaction.atomic():
            locked = list(Case.objects.select_for_update(no_key=True).filter(pk__in=lot).order_by("pk"))
            may = permissions.allowed_ones(act.actor, act.verb, locked)
            now, done, events = timezone.now(), [], []
            for case in locked:
                try:
                    if case.pk not in may:
                        raise NotAllowed(act.verb)
                    events.append(changed(case, act, now))
                    done.append(case)
                except NotDone as why:
                    outcome.not_done.append((case, why))
            Case.objects.bulk_update(done, columns(events))
            CaseEvent.objects.bulk_create(events)
            if done and not act.quietly:
                notifications.follow(done, act.verb)
        outcome.done += done
        tick(len(lot))
    return outcome


def record(case: Case, actor: Member | None, kind: str, details: Mapping[str, object], *, at: datetime | None = None, reason: str = "") -> CaseEvent:
    """A line in the history of a case that keeps its state. The caller holds the case's lock."""
    return CaseEvent.objects.create(
        case=case, actor=actor, kind=kind, at=at or timezone.now(), from_status=case.status, to_status=case.status, reason=reason, details=dict(details)
    )


def changed(case: Case, act: Act, now: datetime) -> CaseEvent:
    """Check, change and describe one locked case; raises before anything is written."""
    if (version := act.seen.get(case.pk)) is not None and version != case.version:
        last = case.events.exclude(kind__in=BESIDE).select_related("actor").order_by("-number").first()
        raise Stale(last.actor.display_name if last and last.actor else "", last.kind if last else "", last.at if last else None)
    if case.status not in sources_of(act.verb):
        raise NotPossible(act.verb, case.status)
    before = _values(case)
    if act.verb in TRANSITIONS and (target := TRANSITIONS[act.verb][1]) != BACK:
        case.status = target
    try:
        details = act.change(case, now) if act.change else {}
    except NotDone:
        for name, value in before.items():
            setattr(case, name, value)
        raise
    case.version += 1
    return CaseEvent(
        case=case, actor=act.actor, kind=act.kind, at=now, from_status=before["status"], to_status=case.status, reason=clean_text(act.reason),
        details={**details, "was": _differing(before, _values(case))} | ({"undoes": act.undoes.number} if act.undoes else {}),
    )  # fmt: skip


def _values(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in WRITTEN}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Details:
    """The values from before that are others now, as JSON can hold them."""
    return {name: plain(value) for name, value in before.items() if value != after[name]}


def plain(value: Any) -> object:
    """A value of a case as JSON holds it exactly: times and days in ISO 8601, a point as [longitude, latitude]."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Point):
        return [value.x, value.y]
    return value


def read(name: str, value: Any) -> Any:
    """What `plain` made of the value of that name on a case, back again."""
    if value is None or isinstance(value, int):
        return value
    if name in ("location", "public_location"):
        lon, lat = value
        return Point(lon, lat, srid=4326)
    if name == "planned_for":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if name.endswith(("_at", "_since")) else value


def columns(events: Iterable[CaseEvent]) -> list[str]:
    """What has to be written for these events: no statement carries columns that stayed as they were."""
    changed = {name for event in events for name in event.details["was"]}
    return ["version", *(name.removesuffix("_id") for name in WRITTEN if name in changed)]
