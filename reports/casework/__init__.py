"""The only place where a case changes.

Each verb checks permission and the transition table, locks the row, compares the version that the member saw, writes the
event, and returns the changed case. The actor is the member who acts; `None` is the system itself.
"""

from citylab.models import Member
from reports.casework.changing import Act, Outcome, act_on_all
from reports.casework.corrections import change_kind, hand_over, link, move, note, prioritising, reroute, set_priority
from reports.casework.errors import Missing, NotAllowed, NotDone, NotPossible, Stale, TooLate
from reports.casework.merging import merge, merge_all, split
from reports.casework.returning import unmerge
from reports.casework.transitions import CHANGES, TOLD_AS, TRANSITIONS, sources_of
from reports.casework.undoing import UNDO_S, undo, undo_all, undoable
from reports.casework.verbs import (
    NEAR_M,
    Visit,
    assign,
    assigning,
    clean,
    cleaned_by,
    confirm,
    confirming,
    hold,
    refuse,
    refusing,
    reopen,
    resume,
    start,
    tell_verdict,
    verify,
    visit,
    withdraw,
)
from reports.models import Case

__all__ = [
    "CHANGES",
    "NEAR_M",
    "TOLD_AS",
    "TRANSITIONS",
    "UNDO_S",
    "Act",
    "Missing",
    "NotAllowed",
    "NotDone",
    "NotPossible",
    "Outcome",
    "Stale",
    "TooLate",
    "Visit",
    "act_on_all",
    "assign",
    "assigning",
    "change_kind",
    "clean",
    "cleaned_by",
    "confirm",
    "confirming",
    "hand_over",
    "hold",
    "link",
    "merge",
    "merge_all",
    "move",
    "note",
    "possible",
    "prioritising",
    "refuse",
    "refusing",
    "reopen",
    "reroute",
    "resume",
    "set_priority",
    "sources_of",
    "split",
    "start",
    "tell_verdict",
    "undo",
    "undo_all",
    "undoable",
    "unmerge",
    "verify",
    "visit",
    "withdraw",
]


def possible(case: Case, actor: Member | None = None) -> list[str]:
    """The verbs that the case's state allows; nobody verifies their own clean-up, and only the system withdraws."""
    verbs = [verb for verb in (*TRANSITIONS, *CHANGES) if case.status in sources_of(verb) and verb not in ("withdraw", "undo")]
    return [verb for verb in verbs if verb != "verify" or not cleaned_by(case, actor)]
