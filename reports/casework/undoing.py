"""Taking back the last verb: a new line in the history that restores what the line before had changed. Nothing is removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from citylab import permissions
from citylab.models import Member
from reports import notifications
from reports.casework.changing import AT_ONCE, Act, Details, Kind, act_on, changed, columns
from reports.casework.errors import NotAllowed, NotDone, TooLate
from reports.casework.merging import Returning, unmerging
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
    with transaction.atomic():
        into = Case.objects.values_list("merged_into", flat=True).get(pk=case.pk)
        locked = list(Case.objects.select_for_update().filter(pk__in=[case.pk, into or case.pk]).order_by("pk"))
        last = _undoable(CaseEvent.objects.filter(case=case).order_by("-number").first(), actor, asked_at or timezone.now())
        back = unmerging(actor) if last.kind == Kind.MERGED else None

        def change(case: Case, now: datetime) -> Details:
            details = back(case, now) if back else {}
            restore(case, last.details["was"])
            return {**details, "verb": UNDOABLE[last.kind]}

        undone = act_on(case, Act(actor, "undo", Kind.UNDONE, change=change, undoes=last, quietly=True))
        notifications.unfollow([undone], UNDOABLE[last.kind])
        del locked
    return undone


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
        return _undoable(case.events.order_by("-number").first(), actor, timezone.now())
    except TooLate:
        return None


@transaction.atomic
def _undo_lot(ids: list[int], actor: Member | None, asked_at: datetime, done: list[Case], left: list[tuple[Case, NotDone]]) -> None:
    into = Case.objects.filter(pk__in=ids).exclude(merged_into=None).values_list("merged_into", flat=True)
    list(Case.objects.select_for_update().filter(pk__in=[*ids, *into]).order_by("pk").values_list("pk"))  # in one order, as merges lock
    locked = list(Case.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    may = permissions.allowed_ones(actor, "undo", locked)
    lasts = {event.case_id: event for event in CaseEvent.objects.filter(case__in=ids).order_by("case_id", "-number").distinct("case_id")}
    returning = Returning(locked, lasts, actor)
    undone: dict[str, list[Case]] = {}
    events: list[CaseEvent] = []
    for case in locked:
        try:
            if case.pk not in may:
                raise NotAllowed("undo")
            last = _undoable(lasts.get(case.pk), actor, asked_at)
        except NotDone as why:
            left.append((case, why))
            continue
        verb = UNDOABLE[last.kind]

        def change(case: Case, now: datetime, last: CaseEvent = last, verb: str = verb) -> Details:
            if last.kind == Kind.MERGED:
                return {**returning.change(case, now), "verb": verb}
            restore(case, last.details["was"])
            return {"verb": verb}

        try:
            events.append(changed(case, Act(actor, "undo", Kind.UNDONE, change=change, undoes=last, quietly=True), timezone.now()))
        except NotDone as why:
            left.append((case, why))
            continue
        undone.setdefault(verb, []).append(case)
    cases = [case for verb in undone for case in undone[verb]]
    if cases:
        Case.objects.bulk_update(cases, columns(events))
        CaseEvent.objects.bulk_create(events)
        returning.settle(actor)
    for verb, rows in undone.items():
        notifications.unfollow(rows, verb)
    done += cases


def _undoable(last: CaseEvent | None, actor: Member | None, asked_at: datetime) -> CaseEvent:
    """The last event of a case, where this member may take it back."""
    mine = last is not None and last.actor_id == (actor.pk if actor else None)
    if last is None or not mine or last.kind not in UNDOABLE or asked_at - last.at > timedelta(seconds=UNDO_S) or "was" not in last.details:
        raise TooLate()
    return last
