"""Taking back the last verb: a new line in the history that restores what the line before had changed. Nothing is removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from citylab import permissions
from citylab.models import Member
from reports import notifications
from reports.casework.changing import AT_ONCE, BESIDE, Act, Details, Kind, changed, columns
from reports.casework.errors import NotAllowed, NotDone, TooLate
from reports.casework.returning import Returning, lock_lines
from reports.casework.verbs import restore
from reports.models import Case, CaseEvent
from reports.notifications.scheduling import WAIT_S

UNDO_S = WAIT_S  # as long as messages wait: what was undone was told to nobody

# event → the verb that wrote it. Whatever else happened, such as a clean-up with its photos, is not undone but answered by another verb.
UNDOABLE: dict[str, str] = {
    Kind.CONFIRMED: "confirm", Kind.REFUSED: "refuse", Kind.ASSIGNED: "assign", Kind.STARTED: "start", Kind.ON_HOLD: "hold",
    Kind.RESUMED: "resume", Kind.VERIFIED: "verify", Kind.REOPENED: "reopen", Kind.MERGED: "merge", Kind.MOVED: "move",
    Kind.KIND_CHANGED: "change_kind", Kind.PRIORITISED: "set_priority", Kind.REROUTED: "reroute",
}  # fmt: skip


def undo(case: Case, actor: Member | None, *, asked_at: datetime | None = None) -> Case:
    """Take back what this member did last to this case, within a minute. Raises `TooLate` when somebody went on from it.

    asked_at: when it was asked for, where many are undone one after the other; now by default.
    """
    done, left = undo_all([case], actor, asked_at=asked_at)
    if left:
        raise left[0][1]
    return done[0]


def undo_all(cases: Iterable[Case], actor: Member | None, *, asked_at: datetime | None = None) -> tuple[list[Case], list[tuple[Case, NotDone]]]:
    """Take back what this member did last to each of these; returns the cases, and why others were left.
    Some hundred at a time, each lot in a transaction of its own."""
    asked_at = asked_at or timezone.now()
    done: list[Case] = []
    left: list[tuple[Case, NotDone]] = []
    ids = sorted({case.pk for case in cases})
    for start in range(0, len(ids), AT_ONCE):
        _undo_lot(ids[start : start + AT_ONCE], actor, asked_at, done, left)
    return done, left


def undoable(case: Case, actor: Member | None) -> CaseEvent | None:
    """What `undo` would take back at this moment: this member's own last step, None when there is none or it is too late."""
    try:
        last = _undoable(case.events.order_by("-number").first(), actor, timezone.now())
    except TooLate:
        return None
    if last.kind == Kind.MERGED and case.merged_into_id is not None and _gone_on_from(actor, {case.pk: last}, {case.pk: [case.merged_into_id]}):
        return None
    return last


@transaction.atomic
def _undo_lot(ids: list[int], actor: Member | None, asked_at: datetime, done: list[Case], left: list[tuple[Case, NotDone]]) -> None:
    lines = lock_lines(ids)
    later = [pk for pk in ids if not set(ids).isdisjoint(lines.get(pk, []))]  # part of others of the lot, which are taken out first
    locked = list(Case.objects.filter(pk__in=set(ids) - set(later)).order_by("pk"))
    lasts = {event.case_id: event for event in CaseEvent.objects.filter(case__in=locked).order_by("case_id", "-number").distinct("case_id")}
    merges = {pk: last for pk, last in lasts.items() if last.kind == Kind.MERGED}
    may, gone_on, returning = _may_undo(actor, locked, lasts), _gone_on_from(actor, merges, lines), Returning(actor, merges, lines)
    undone: dict[str, list[Case]] = {}
    events: list[CaseEvent] = []
    for case in locked:
        try:
            if case.pk not in may:
                raise NotAllowed("undo")
            last = _undoable(lasts.get(case.pk), actor, asked_at)
            if case.pk in gone_on:
                raise TooLate()

            def change(case: Case, now: datetime, last: CaseEvent = last) -> Details:
                details = returning.change(case, now) if last.kind == Kind.MERGED else {}
                restore(case, last.details["was"])
                return {**details, "verb": UNDOABLE[last.kind]}

            events.append(changed(case, Act(actor, "undo", Kind.UNDONE, change=change, undoes=last, quietly=True), timezone.now()))
        except NotDone as why:
            left.append((case, why))
            continue
        undone.setdefault(UNDOABLE[last.kind], []).append(case)
    cases = [case for verb in undone for case in undone[verb]]
    if cases:
        Case.objects.bulk_update(cases, columns(events))
        CaseEvent.objects.bulk_create(events)
        returning.settle(actor)
    for verb, rows in undone.items():
        notifications.unfollow(rows, verb)
    done += cases
    if later:
        _undo_lot(later, actor, asked_at, done, left)


def _may_undo(actor: Member | None, cases: list[Case], lasts: Mapping[int, CaseEvent]) -> set[int]:
    """The cases that this member may work on, and those that their own last step led out of their areas."""
    may = permissions.allowed_ones(actor, "undo", cases)
    if actor is None or not permissions.may_work(actor) or (areas := permissions.own_areas(actor)) is None:
        return may
    return may | {pk for pk, last in lasts.items() if last.kind == Kind.MOVED and last.details.get("was", {}).get("area_id") in areas}


def _gone_on_from(actor: Member | None, merges: Mapping[int, CaseEvent], lines: Mapping[int, list[int]]) -> set[int]:
    """Those of the merged cases whose other side somebody else has worked on since: their work was on all of it."""
    into = {pk: lines[pk][0] for pk in merges if pk in lines}
    since = min((merges[pk].at for pk in into), default=None)
    if since is None:
        return set()
    others = CaseEvent.objects.filter(case__in=set(into.values()), at__gte=since).exclude(kind__in=BESIDE).exclude(actor=actor)
    latest: dict[int, datetime] = dict(others.order_by("at").values_list("case", "at"))
    return {pk for pk, target in into.items() if target in latest and latest[target] >= merges[pk].at}


def _undoable(last: CaseEvent | None, actor: Member | None, asked_at: datetime) -> CaseEvent:
    """The last event of a case, where this member may take it back."""
    mine = last is not None and last.actor_id == (actor.pk if actor else None)
    if last is None or not mine or last.kind not in UNDOABLE or asked_at - last.at > timedelta(seconds=UNDO_S) or "was" not in last.details:
        raise TooLate()
    return last
