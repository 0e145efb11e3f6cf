"""The deadline of a case that others were merged into is the earliest of them all: no merge makes a late place punctual.

The line of the history that tells of a merge keeps both: the deadline that the case has by itself, and the one that they have together.
Once somebody sets the case another deadline (another kind, a pause), it holds for all of them, and taking a merge back leaves it. What
the city promised in public, by the date of a notice, stays promised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from reports.casework.changing import Details, Kind
from reports.models import Case, CaseEvent

_PUT_BACK = (Kind.MERGED, Kind.UNMERGED, Kind.UNDONE)  # what these change in a deadline ends with the merge, or is what was there before


def join_deadlines(case: Case, others: Iterable[datetime | None]) -> Details:
    """Set the earliest of the case's deadline and these; returns what the history keeps of it: nothing where its own is the earliest."""
    if is_promised(case):
        return {}
    own = own_deadlines([case])[case.pk]
    case.due_at = min((due for due in (case.due_at, *others) if due is not None), default=None)
    return {"due": {"own": own and own.isoformat(), "joint": case.due_at.isoformat()}} if case.due_at and case.due_at != own else {}


def part_deadlines(cases: Collection[Case]) -> None:
    """Set each case the deadline that it has by itself and by what is still part of it. Inner cases come first; what left them is saved."""
    own = own_deadlines(cases)
    parts: dict[int, dict[int, datetime | None]] = {case.pk: {} for case in cases}
    for pk, into, due_at in Case.objects.filter(merged_into__in=[case.pk for case in cases]).values_list("pk", "merged_into", "due_at"):
        parts[into][pk] = due_at
    for case in cases:
        if own[case.pk] != case.due_at:  # it is a joint one
            case.due_at = min((due for due in (own[case.pk], *parts[case.pk].values()) if due is not None), default=None)
        if case.merged_into_id in parts:
            parts[case.merged_into_id][case.pk] = case.due_at


def is_promised(case: Case) -> bool:
    """Whether a notice tells the public by when this case will be done."""
    return case.notices.exclude(done_by=None).exists()


def own_deadlines(cases: Iterable[Case]) -> dict[int, datetime | None]:
    """The deadline that each case has by itself, by id: that of the case, unless it is one which a merge gave it."""
    now = {case.pk: case.due_at for case in cases}
    own = dict(now)
    told = CaseEvent.objects.filter(Q(kind=Kind.ABSORBED, details__has_key="due") | Q(details__was__has_key="due_at") | Q(kind=Kind.UNDONE), case__in=list(own))
    lines = list(told.order_by("case", "number").values_list("case", "number", "kind", "details"))
    undone = {(pk, details["undoes"]) for pk, _number, _kind, details in lines if "undoes" in details}
    for pk, number, kind, details in lines:
        if kind == Kind.ABSORBED:
            if datetime.fromisoformat(details["due"]["joint"]) == now[pk]:
                own[pk] = datetime.fromisoformat(details["due"]["own"]) if details["due"]["own"] else None
        elif kind not in _PUT_BACK and (pk, number) not in undone:  # somebody set another
            own[pk] = now[pk]
    return own
