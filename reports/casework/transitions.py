"""The table of states: which verb leads from where to where, and which state a resident reads as what."""

from __future__ import annotations

from reports.models.case import OPEN, Status

BACK = ""  # a verb that leads back to the state before: `resume` after `hold`, `unmerge` after `merge`

TO_WORK_ON = frozenset({Status.NEW, Status.CONFIRMED, Status.ASSIGNED, Status.IN_PROGRESS})
CLOSED = frozenset(Status) - frozenset(OPEN)

# verb → (states it may start from, state it leads to)
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "confirm": (frozenset({Status.NEW}), Status.CONFIRMED),
    "assign": (TO_WORK_ON, Status.ASSIGNED),  # also what a crew began and could not end: another goes there
    "start": (frozenset({Status.CONFIRMED, Status.ASSIGNED}), Status.IN_PROGRESS),
    "hold": (TO_WORK_ON, Status.ON_HOLD),
    "resume": (frozenset({Status.ON_HOLD}), BACK),
    "refuse": (frozenset(OPEN), Status.REFUSED),
    "clean": (frozenset(OPEN), Status.CLEANED),
    "verify": (frozenset({Status.CLEANED}), Status.VERIFIED),
    "reopen": (frozenset({Status.CLEANED, Status.VERIFIED, Status.REFUSED, Status.WITHDRAWN}), Status.CONFIRMED),
    "merge": (TO_WORK_ON, Status.MERGED),
    "unmerge": (frozenset({Status.MERGED}), BACK),
    "withdraw": (frozenset(OPEN), Status.WITHDRAWN),
}

# verb → states in which it may be used; the state stays
CHANGES: dict[str, frozenset[str]] = {
    "reroute": frozenset(OPEN),
    "split": frozenset(OPEN),
    "move": frozenset(OPEN),
    "change_kind": frozenset(OPEN),
    "set_priority": frozenset(OPEN),
    "visit": frozenset({Status.CONFIRMED, Status.ASSIGNED, Status.IN_PROGRESS}),
    "note": frozenset(Status),
    "link": frozenset(Status),
    "undo": frozenset(Status),
}

# What a receipt says of each state, as one of `reports.progress.STATUSES`. A merged case is told as the one that stayed.
TOLD_AS: dict[str, str] = {
    Status.NEW: "checking",
    Status.CONFIRMED: "handled",
    Status.ASSIGNED: "handled",
    Status.IN_PROGRESS: "handled",
    Status.ON_HOLD: "handled",
    Status.CLEANED: "cleaned",
    Status.VERIFIED: "verified",
    Status.REFUSED: "refused",
    Status.WITHDRAWN: "withdrawn",
}


def sources_of(verb: str) -> frozenset[str]:
    """The states in which a verb may be used."""
    return TRANSITIONS[verb][0] if verb in TRANSITIONS else CHANGES[verb]
