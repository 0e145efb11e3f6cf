"""Why a verb was not done. Each carries facts; pages make sentences of them."""

from __future__ import annotations

from datetime import datetime


class NotDone(Exception):
    """A verb that was refused; nothing was changed."""


class NotPossible(NotDone):
    """The case is in a state from which this verb does not lead anywhere."""

    def __init__(self, verb: str, status: str) -> None:
        super().__init__(f"{verb} is not possible from {status}")
        self.verb, self.status = verb, status


class NotAllowed(NotDone):
    """This member may not do this to this case."""

    def __init__(self, verb: str) -> None:
        super().__init__(f"not allowed to {verb} this case")
        self.verb = verb


class Missing(NotDone):
    """Something the verb needs was not given: a reason, a photo, another case."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is missing")
        self.what = what


class Stale(NotDone):
    """Somebody changed the case after this member saw it. Facts: who did it last, what kind of event, and when."""

    def __init__(self, who: str, kind: str, at: datetime | None) -> None:
        super().__init__(f"changed meanwhile by {who or 'the system'}: {kind}")
        self.who, self.kind, self.at = who, kind, at


class TooLate(NotDone):
    """An undo came after its time, or after somebody went on from what was to be undone."""
