"""Taking back the last verb: a new line in the history that restores what the line before had changed. Nothing is removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from citylab.models import Member
from reports import notifications
from reports.casework.changing import Act, Details, Kind, act_on
from reports.casework.errors import NotDone, TooLate
from reports.casework.merging import unmerging
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


def undo(case: Case, actor: Member | None) -> Case:
    """Take back what this member did last to this case, within a minute. Raises `TooLate` when somebody went on from it."""
    with transaction.atomic():
        into = Case.objects.values_list("merged_into", flat=True).get(pk=case.pk)
        locked = list(Case.objects.select_for_update().filter(pk__in=[case.pk, into or case.pk]).order_by("pk"))
        last = _last(case, actor)
        back = unmerging(actor) if last.kind == Kind.MERGED else None

        def change(case: Case, now: datetime) -> Details:
            details = back(case, now) if back else {}
            restore(case, last.details["was"])
            return {**details, "verb": UNDOABLE[last.kind]}

        undone = act_on(case, Act(actor, "undo", Kind.UNDONE, change=change, undoes=last, quietly=True))
        notifications.unfollow([undone], UNDOABLE[last.kind])
        del locked
    return undone


def undo_all(cases: Iterable[Case], actor: Member | None) -> tuple[list[Case], list[tuple[Case, NotDone]]]:
    """Take back what this member did last to each of these; returns the cases, and why others were left."""
    done: list[Case] = []
    left: list[tuple[Case, NotDone]] = []
    for case in sorted(cases, key=lambda case: case.pk):
        try:
            done.append(undo(case, actor))
        except NotDone as why:
            left.append((case, why))
    return done, left


def undoable(case: Case, actor: Member | None) -> CaseEvent | None:
    """What `undo` would take back at this moment: this member's own last step, None when there is none or it is too late."""
    try:
        return _last(case, actor)
    except TooLate:
        return None


def _last(case: Case, actor: Member | None) -> CaseEvent:
    last = CaseEvent.objects.filter(case=case).order_by("-number").first()
    mine = last is not None and last.actor_id == (actor.pk if actor else None)
    if last is None or not mine or last.kind not in UNDOABLE or timezone.now() - last.at > timedelta(seconds=UNDO_S) or "was" not in last.details:
        raise TooLate()
    return last
