"""The verbs that lead a case along its life. Each takes the actor (`None` is the system) and plain values, and returns the changed case.

Every verb takes `seen`, the version of the case that the member looked at: with an older one than today's it raises `Stale`.
Each has an `Act` of its own, so that one case and a thousand are done alike (`reports.casework.changing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q

from citylab.models import Member, Team
from reports.casework.changing import Act, Details, Kind, act_on, read, record
from reports.casework.errors import Missing, NotAllowed
from reports.clean_text import clean_text
from reports.models import Case, Cleanup, Photo
from reports.models.case import Status

NEAR_M = 100  # an after-photo taken farther away proves nothing by itself


@dataclass(frozen=True)
class Visit:
    """What a crew found and took: at least one after-photo, whose bytes are already stored.

    distance_m: how far from the case the phone was when it took the photo; None is unknown. exception: why the photo is
    believed all the same. key: the id that the crew's phone gave the visit, and digest: of what it sent, so that the same
    visit is known when it is sent again. done_at: when it was, by the phone's clock; it may be sent hours later.
    """

    photos: tuple[Photo, ...]
    grade: str = ""
    bags: int | None = None
    kg: Decimal | None = None
    nothing_found: bool = False
    note: str = ""
    team: Team | None = None
    distance_m: float | None = None
    exception: str = ""
    key: str = ""
    digest: str = ""
    done_at: datetime | None = None

    @property
    def is_near(self) -> bool:
        """Whether the phone was close enough for the photo to speak for itself."""
        return self.distance_m is not None and self.distance_m <= NEAR_M

    @property
    def told(self) -> Details:
        """What the history says of who was there."""
        said: Details = {"team": self.team.name, "team_id": self.team.pk} if self.team else {}
        said |= {"visit": self.key, "sent": self.digest} if self.key else {}
        return said | ({"done_at": self.done_at.isoformat()} if self.done_at else {})


def seen_as(case: Case, seen: int | None) -> Mapping[int, int]:
    """The version that one member saw, as an `Act` takes it."""
    return {} if seen is None else {case.pk: seen}


# --- confirming and refusing --------------------------------------------------------------------------
def confirming(actor: Member | None, seen: Mapping[int, int] = {}) -> Act:  # never written
    return Act(actor, "confirm", Kind.CONFIRMED, seen=seen)


def confirm(case: Case, actor: Member | None, *, seen: int | None = None) -> Case:
    """Somebody looked: it is waste, and it is there."""
    return act_on(case, confirming(actor, seen_as(case, seen)))


def refusing(actor: Member | None, reason: str, seen: Mapping[int, int] = {}) -> Act:
    _need(reason, "reason")
    return Act(actor, "refuse", Kind.REFUSED, reason=reason, change=close, seen=seen)


def refuse(case: Case, actor: Member | None, reason: str, *, seen: int | None = None) -> Case:
    """The city cannot handle it; the reason is told to the reporter. Raises `Missing` without one."""
    return act_on(case, refusing(actor, reason, seen_as(case, seen)))


# --- who works on it ----------------------------------------------------------------------------------
def assigning(
    actor: Member | None, *, team: Team | None = None, member: Member | None = None, day: date | None = None, seen: Mapping[int, int] = {}
) -> Act:
    if team is None and member is None:
        raise Missing("a team or a person")

    def change(case: Case, now: datetime) -> Details:
        case.team, case.assigned_to, case.planned_for = team, member, day
        return {"team": team.name if team else "", "to": member.username if member else "", "day": day.isoformat() if day else ""}

    return Act(actor, "assign", Kind.ASSIGNED, change=change, seen=seen)


def assign(
    case: Case, actor: Member | None, *, team: Team | None = None, member: Member | None = None, day: date | None = None, seen: int | None = None
) -> Case:
    """A team, or a person, is to go there, perhaps on a day. Assigning again gives it to another. Raises `Missing` with neither."""
    return act_on(case, assigning(actor, team=team, member=member, day=day, seen=seen_as(case, seen)))


def start(case: Case, actor: Member | None, *, team: Team | None = None, seen: int | None = None) -> Case:
    """Somebody is there and has begun. team: on whose link it was said, where no member did."""

    def change(case: Case, now: datetime) -> Details:
        return {"team": team.name, "team_id": team.pk} if team else {}

    return act_on(case, Act(actor, "start", Kind.STARTED, change=change, seen=seen_as(case, seen)))


# --- waiting for somebody outside ---------------------------------------------------------------------
def hold(case: Case, actor: Member | None, waits_for: str, reason: str, *, seen: int | None = None) -> Case:
    """Somebody outside must act first: the deadline stands still. Raises `Missing` without who or why."""
    who = clean_text(waits_for)[:120]
    _need(who, "who must act")
    _need(reason, "reason")

    def change(case: Case, now: datetime) -> Details:
        case.waits_for, case.waits_since = who, now
        return {"waits_for": who}

    return act_on(case, Act(actor, "hold", Kind.ON_HOLD, reason=reason, change=change, seen=seen_as(case, seen)))


def resume(case: Case, actor: Member | None, *, seen: int | None = None) -> Case:
    """They have acted: the case goes on in the state from before, and its deadline moves by the working days it stood still."""

    def change(case: Case, now: datetime) -> Details:
        held = case.events.filter(kind=Kind.ON_HOLD).order_by("-number").first()
        case.status = held.from_status if held else "confirmed"
        end_waiting(case, now)
        return {}

    return act_on(case, Act(actor, "resume", Kind.RESUMED, change=change, seen=seen_as(case, seen)))


def days_waited(case: Case) -> int:
    """The working days for which a case was on hold before, all times together."""
    since, days = None, 0
    lines = case.events.filter(Q(from_status=Status.ON_HOLD) ^ Q(to_status=Status.ON_HOLD)).order_by("number")
    for state, at in lines.values_list("to_status", "at"):  # whichever verb led there or away, an undo too
        if state == Status.ON_HOLD:
            since = at
        elif since is not None:
            days, since = days + _working_days(since, at), None
    return days


def later_by(due_at: datetime, days: int) -> datetime:
    """A deadline so many working days later."""
    if not days:
        return due_at
    calendar = settings.CITY.calendar
    last_day = calendar.local_day(due_at - timedelta(microseconds=1))
    return calendar.first_moment(calendar.add(last_day, days) + timedelta(days=1))


def _working_days(start: datetime, end: datetime) -> int:
    calendar = settings.CITY.calendar
    return calendar.between(calendar.local_day(start), calendar.local_day(end))


def end_waiting(case: Case, now: datetime) -> None:
    """Nobody outside is waited for any more, if anybody was: the deadline moves by the working days it stood still."""
    if case.waits_since is not None and case.due_at is not None:
        case.due_at = later_by(case.due_at, _working_days(case.waits_since, now))
    case.waits_for, case.waits_since = "", None


# --- cleaning -----------------------------------------------------------------------------------------
def clean(case: Case, actor: Member | None, visit: Visit, *, seen: int | None = None) -> Case:
    """The place was cleaned, or nothing was found: either takes an after-photo. Raises `Missing` without one, and without an
    exception in words for one that was taken more than 100 m away, or nobody knows how far away."""
    photos = _usable(visit)
    if not visit.is_near:
        _need(visit.exception, "exception")

    def change(case: Case, now: datetime) -> Details:
        outcome = Cleanup.Outcome.NOTHING_FOUND if visit.nothing_found else Cleanup.Outcome.CLEANED
        cleanup = _visited(case, actor, visit, outcome, photos, now)
        case.cleaned_at = case.closed_at = now
        case.reopened_at = None
        end_waiting(case, now)
        details: Details = {"cleanup": cleanup.pk, "nothing_found": visit.nothing_found} | visit.told
        return details | ({"exception": cleanup.exception} if cleanup.exception else {})

    return act_on(case, Act(actor, "clean", Kind.CLEANED, change=change, seen=seen_as(case, seen)))


def visit(case: Case, actor: Member | None, found: Visit, outcome: str, *, seen: int | None = None) -> Case:
    """A crew was there and the waste still is: a larger vehicle is needed, or the place could not be reached, and why.

    outcome: `partly` or `not_reached` of `Cleanup.Outcome`. Raises `Missing` without a note for what could not be reached.
    """
    if outcome not in (Cleanup.Outcome.PARTLY, Cleanup.Outcome.NOT_REACHED):
        raise Missing("an outcome")
    if outcome == Cleanup.Outcome.NOT_REACHED:
        _need(found.note, "reason")

    def change(case: Case, now: datetime) -> Details:
        cleanup = _visited(case, actor, found, outcome, list(found.photos), now)
        return {"cleanup": cleanup.pk, "outcome": outcome} | found.told

    return act_on(case, Act(actor, "visit", Kind.VISITED, reason=found.note, change=change, seen=seen_as(case, seen)))


def verify(case: Case, actor: Member | None, *, seen: int | None = None) -> Case:
    """A second person says that the place is clean. Raises `NotAllowed` for the one who cleaned it."""

    def change(case: Case, now: datetime) -> Details:
        if cleaned_by(case, actor):
            raise NotAllowed("verify")
        case.verified_at = now
        return {}

    return act_on(case, Act(actor, "verify", Kind.VERIFIED, change=change, seen=seen_as(case, seen)))


def reopen(case: Case, actor: Member | None, reason: str, *, seen: int | None = None) -> Case:
    """The waste is still there, or the refusal was wrong. Raises `Missing` without a reason."""
    _need(reason, "reason")

    def change(case: Case, now: datetime) -> Details:
        case.verified_at = case.closed_at = None
        case.reopened_at = now
        return {}

    return act_on(case, Act(actor, "reopen", Kind.REOPENED, reason=reason, change=change, seen=seen_as(case, seen)))


def withdraw(case: Case) -> Case:
    """Its only reporter took the report back, so nobody says any more that there is waste. The system does it, no member."""
    return act_on(case, Act(None, "withdraw", Kind.WITHDRAWN, change=close))


# --- beside the states --------------------------------------------------------------------------------
def tell_verdict(case: Case, details: Mapping[str, object], now: datetime) -> None:
    """Put what somebody said of a clean-up into the history; the state stays. The caller holds the case's lock."""
    record(case, None, Kind.VERDICT, details, at=now)


def cleaned_by(case: Case, actor: Member | None) -> bool:
    """Whether this member cleaned it last, or belongs to the team that did: then a second person is somebody else."""
    last = case.cleanups.order_by("-at", "-id").first() if actor is not None else None
    if actor is None or last is None:
        return False
    if last.by_id is not None:
        return bool(last.by_id == actor.pk)
    return last.team_id is not None and actor.teams.filter(pk=last.team_id).exists()


def close(case: Case, now: datetime) -> Details:
    """What every closing does to a case beside its state."""
    case.closed_at = now
    end_waiting(case, now)
    return {}


def restore(case: Case, was: Mapping[str, Any]) -> None:
    """Put back the values that an event keeps from before."""
    for name, value in was.items():
        setattr(case, name, read(name, value))


def _need(text: str, what: str) -> None:
    if not clean_text(text):
        raise Missing(what)


def _usable(visit: Visit) -> list[Photo]:
    photos = [photo for photo in visit.photos if photo.state != Photo.State.REJECTED]
    if not photos:
        raise Missing("after-photo")
    return photos


def _visited(case: Case, actor: Member | None, visit: Visit, outcome: str, photos: list[Photo], now: datetime) -> Cleanup:
    cleanup = Cleanup.objects.create(
        case=case, by=actor, team=visit.team, at=now, outcome=outcome, grade=visit.grade, bags=visit.bags, kg=visit.kg,
        nothing_found=visit.nothing_found, note=clean_text(visit.note), distance_m=visit.distance_m,
        exception=clean_text(visit.exception)[:200],
    )  # fmt: skip
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).update(case=case, cleanup=cleanup, kind=Photo.Kind.AFTER)
    return cleanup
