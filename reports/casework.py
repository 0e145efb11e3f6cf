"""The only place where a case changes.

Each verb checks permission and the transition table, locks the row, writes the event, and returns the changed case.
The actor is the member who acts; `None` is the system itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from citylab import permissions
from citylab.models import Member
from reports import notifications
from reports.clean_text import clean_text
from reports.models import Case, CaseEvent, Cleanup, Photo, Report
from reports.models.case import OPEN, Status

Kind = CaseEvent.Kind

# verb → (states it may start from, state it leads to)
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "confirm": (frozenset({Status.NEW}), Status.CONFIRMED),
    "refuse": (frozenset({Status.NEW, Status.CONFIRMED}), Status.REFUSED),
    "clean": (frozenset({Status.NEW, Status.CONFIRMED}), Status.CLEANED),
    "verify": (frozenset({Status.CLEANED}), Status.VERIFIED),
    "reopen": (frozenset({Status.CLEANED, Status.VERIFIED, Status.REFUSED, Status.WITHDRAWN}), Status.CONFIRMED),
    "merge": (frozenset({Status.NEW, Status.CONFIRMED}), Status.MERGED),
    "withdraw": (frozenset({Status.NEW, Status.CONFIRMED}), Status.WITHDRAWN),
}


class NotPossible(Exception):
    """The case is in a state from which this verb does not lead anywhere."""

    def __init__(self, verb: str, status: str) -> None:
        super().__init__(f"{verb} is not possible from {status}")
        self.verb, self.status = verb, status


class NotAllowed(Exception):
    """This member may not do this to this case."""

    def __init__(self, verb: str) -> None:
        super().__init__(f"not allowed to {verb} this case")
        self.verb = verb


class Missing(Exception):
    """Something the verb needs was not given: a reason, a photo, another case."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is missing")
        self.what = what


@dataclass(frozen=True)
class Visit:
    """What a crew found and took: at least one after-photo, whose bytes are already stored."""

    photos: tuple[Photo, ...]
    grade: str = ""
    bags: int | None = None
    kg: Decimal | None = None
    nothing_found: bool = False
    note: str = ""


def possible(case: Case, actor: Member | None = None) -> list[str]:
    """The verbs that the transition table allows from the case's state; nobody verifies their own clean-up."""
    verbs = [verb for verb, (sources, _) in TRANSITIONS.items() if case.status in sources and verb != "withdraw"]
    return [verb for verb in verbs if verb != "verify" or not _cleaned_by(case, actor)]


def confirm(case: Case, actor: Member | None) -> Case:
    """Somebody looked: it is waste, and it is there."""
    return _move(case, actor, "confirm", Kind.CONFIRMED)


def refuse(case: Case, actor: Member | None, reason: str) -> Case:
    """The city cannot handle it; the reason is told to the reporter. Raises `Missing` without one."""
    if not clean_text(reason):
        raise Missing("reason")
    return _move(case, actor, "refuse", Kind.REFUSED, reason=reason, change=_closing)


def clean(case: Case, actor: Member | None, visit: Visit) -> Case:
    """The place was cleaned, or nothing was found: either takes an after-photo. Raises `Missing` without one."""
    photos = [photo for photo in visit.photos if photo.state != Photo.State.REJECTED]
    if not photos:
        raise Missing("after-photo")

    def change(case: Case, now: datetime) -> dict[str, object]:
        cleanup = Cleanup.objects.create(
            case=case, by=actor, at=now, grade=visit.grade, bags=visit.bags, kg=visit.kg,
            nothing_found=visit.nothing_found, note=clean_text(visit.note),
        )  # fmt: skip
        Photo.objects.filter(pk__in=[photo.pk for photo in photos]).update(
            case=case, cleanup=cleanup, kind=Photo.Kind.AFTER
        )
        case.cleaned_at = case.closed_at = now
        return {"cleanup": cleanup.pk, "nothing_found": visit.nothing_found}

    return _move(case, actor, "clean", Kind.CLEANED, change=change)


def verify(case: Case, actor: Member | None) -> Case:
    """A second person says that the place is clean. Raises `NotAllowed` for the one who cleaned it."""

    def change(case: Case, now: datetime) -> dict[str, object]:
        if _cleaned_by(case, actor):
            raise NotAllowed("verify")
        case.verified_at = now
        return {}

    return _move(case, actor, "verify", Kind.VERIFIED, change=change)


def reopen(case: Case, actor: Member | None, reason: str) -> Case:
    """The waste is still there, or the refusal was wrong. Raises `Missing` without a reason."""
    if not clean_text(reason):
        raise Missing("reason")

    def change(case: Case, now: datetime) -> dict[str, object]:
        case.verified_at = case.closed_at = None
        return {}

    return _move(case, actor, "reopen", Kind.REOPENED, reason=reason, change=change)


def merge(case: Case, actor: Member | None, into: Case) -> Case:
    """This case is the same pile as an open one: its reports and photos move there, its history stays.

    Raises `Missing` when the other case is the same one, or no longer open.
    """
    if into.pk == case.pk:
        raise Missing("another case")
    with transaction.atomic():
        # Both rows are locked in the order of their ids, so that two merges never wait for each other.
        rows = {row.pk: row for row in Case.objects.select_for_update().filter(pk__in=[case.pk, into.pk]).order_by("pk")}
        target = rows[into.pk]
        if target.status not in OPEN:
            raise Missing("an open case to merge into")
        if not permissions.allowed(actor, "merge", target):
            raise NotAllowed("merge")

        def change(case: Case, now: datetime) -> dict[str, object]:
            case.merged_into = target
            moved = list(Report.objects.filter(case=case).values_list("pk", flat=True))
            _count_reporters_once(target, moved)
            if case.counts:
                Case.objects.filter(pk=target.pk, counts=False).update(counts=True)
            Report.objects.filter(pk__in=moved).update(case=target)
            Photo.objects.filter(case=case, cleanup=None).update(case=target)
            _record(target, actor, Kind.ABSORBED, target.status, now, details={"from": case.code, "reports": len(moved)})
            return {"into": target.code}

        return _move(case, actor, "merge", Kind.MERGED, change=lambda c, now: {**_closing(c, now), **change(c, now)})


def withdraw(case: Case) -> Case:
    """Its only reporter took the report back, so nobody says any more that there is waste. The system does it, no member."""
    return _move(case, None, "withdraw", Kind.WITHDRAWN, change=_closing)


def tell_verdict(case: Case, details: Mapping[str, object], now: datetime) -> None:
    """Put what somebody said of a clean-up into the history; the state stays. The caller holds the case's lock."""
    _record(case, None, Kind.VERDICT, case.status, now, details=details)


def hand_over(cases: Iterable[Case], actor: Member | None, to: Member | None, reason: str) -> int:
    """Give open cases to another member, or to nobody in particular; returns how many. Each gets its event."""
    now, count = timezone.now(), 0
    with transaction.atomic():
        for case in Case.objects.select_for_update().filter(pk__in=[case.pk for case in cases]).order_by("pk"):
            case.assigned_to = to
            case.save(update_fields=["assigned_to"])
            details = {"to": to.username if to else ""}
            _record(case, actor, Kind.HANDED_OVER, case.status, now, reason=reason, details=details)
            count += 1
    return count


def _move(
    case: Case,
    actor: Member | None,
    verb: str,
    kind: str,
    *,
    reason: str = "",
    change: Callable[[Case, datetime], dict[str, object]] | None = None,
) -> Case:
    """The one way through the transition table: lock, check, change, record."""
    sources, target = TRANSITIONS[verb]
    with transaction.atomic():
        locked: Case = Case.objects.select_for_update().get(pk=case.pk)
        if not permissions.allowed(actor, verb, locked):
            raise NotAllowed(verb)
        if locked.status not in sources:
            raise NotPossible(verb, locked.status)
        now, before = timezone.now(), locked.status
        details = change(locked, now) if change else {}
        locked.status = target
        locked.save()
        _record(locked, actor, kind, before, now, reason=clean_text(reason), details=details)
        notifications.follow(locked, verb)
    return locked


def _cleaned_by(case: Case, actor: Member | None) -> bool:
    last = case.cleanups.order_by("-at", "-id").first()
    return actor is not None and last is not None and last.by_id == actor.pk


def _closing(case: Case, now: datetime) -> dict[str, object]:
    case.closed_at = now
    return {}


def _record(case: Case, actor: Member | None, kind: str, before: str, now: datetime, *, reason: str = "", details: Mapping[str, object]) -> None:
    CaseEvent.objects.create(
        case=case, actor=actor, kind=kind, at=now, from_status=before, to_status=case.status, reason=reason, details=details
    )


def _count_reporters_once(case: Case, joining: list[int]) -> None:
    """A reporter who already counts in `case` does not count again through the reports that join it."""
    counted = Report.objects.filter(case=case, counts=True).exclude(reporter=None).values("reporter")
    Report.objects.filter(pk__in=joining, counts=True, reporter__in=counted).update(counts=False)
