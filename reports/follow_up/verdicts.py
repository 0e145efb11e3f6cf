"""“Clean” or “not clean”, said after a clean-up by somebody who was there.

The reporter is known by the secret address; anybody else proves to stand at the place, by the phone's position or by the
QR sign. The reporter's “not clean” reopens the case; of others it takes two, since a stranger's position is only a claim. For
the same reason strangers reopen a case once at most, and never one that a second person has checked: two scripted requests
could else send the crews out again and again. What they say after that is kept and shown to the staff. A reporter whose report
is held as part of a flood weighs as a stranger until somebody has looked.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from reports import casework
from reports.follow_up.not_taken import NotTaken
from reports.models import Case, CaseEvent, Report, Verdict
from reports.models.case import Status

DAYS = 14  # after the clean-up; grouping reopens for as long, later waste is new waste
WITHIN_M = 100.0
OTHERS_NEEDED = 2  # “not clean” of so many others reopens
STRANGERS_KEPT = 50  # answers of strangers to one clean-up; a crowd at one place is smaller, and a script must not fill the table
CHANGES_KEPT = 3  # of one voice about one clean-up: a slip, its correction, and one more; each adds a line to the history
STRANGERS = "strangers"  # in the history, of the answer by which they reopened
CLEAN_STATES = (Status.CLEANED, Status.VERIFIED)
OTHERS = (Verdict.Source.NEAR, Verdict.Source.SIGN)
EARTH_M = 6_371_008.8  # mean radius


def answers_until(case: Case | None) -> datetime | None:
    """Until when somebody may say whether the last clean-up left the place clean; None while there is nothing to ask."""
    if case is None or case.cleaned_at is None or case.status not in CLEAN_STATES:
        return None
    return case.cleaned_at + timedelta(days=DAYS)


def is_asked(case: Case | None, now: datetime | None = None) -> bool:
    """Whether “is it clean?” is asked at this moment."""
    until = answers_until(case)
    return until is not None and (now or timezone.now()) <= until


def said_by(case: Case, *, report: Report | None = None, reporter: bytes | None = None) -> Verdict | None:
    """What this reporter, or this device, has said about the last clean-up."""
    if report is not None:
        return Verdict.objects.filter(report=report, cleaned_at=case.cleaned_at).first()
    if reporter is None:
        return None
    return Verdict.objects.filter(case=case, cleaned_at=case.cleaned_at, report=None, reporter=reporter).first()


def distance_m(case: Case, lon: float, lat: float, accuracy_m: float) -> float:
    """How far a phone is from the place, metres.

    Measured to the public point of the case, up to 25 m from the pile: an answer by the true one would tell by many
    questions where exactly it lies. Raises NotTaken: no_point, too_vague (the position may be off by more than 100 m), too_far.
    """
    if case.public_location is None:
        raise NotTaken("no_point")
    if not (abs(lat) <= 90 and abs(lon) <= 180):  # NaN too
        raise NotTaken("too_vague", accuracy_m=0)
    if not 0 <= accuracy_m <= WITHIN_M:
        raise NotTaken("too_vague", accuracy_m=accuracy_m if math.isfinite(accuracy_m) else 0)
    apart = _apart_m(lon, lat, case.public_location.x, case.public_location.y)
    if apart > WITHIN_M:
        raise NotTaken("too_far", distance_m=apart, limit=WITHIN_M)
    return apart


def give_verdict(
    case: Case,
    clean: bool,
    source: str,
    *,
    report: Report | None = None,
    reporter: bytes | None = None,
    distance_m: float | None = None,
    now: datetime | None = None,
) -> Verdict | None:
    """Keep what somebody says of the last clean-up, and reopen the case where that is enough.

    source: how they know. `reporter` needs the `report`, others the keyed hash of what tells them apart (`reporter`). Saying it
    again changes nothing, saying the other replaces it, a few times. Returns what is kept: None where so many strangers have
    answered that no more is. Raises NotTaken: not_cleaned, too_late, withdrawn.
    """
    now = now or timezone.now()
    if (report is None) == (source == Verdict.Source.REPORTER) or (report is None and reporter is None):
        raise ValueError("the reporter is known by the report, anybody else by a device")
    with transaction.atomic():
        locked = _lock_standing(case)
        stranger = report is None or _is_held(locked, report)
        before = said_by(locked, report=report, reporter=reporter) if locked.cleaned_at else None
        if locked.cleaned_at is None or (locked.status not in CLEAN_STATES and before is None):
            raise NotTaken("not_cleaned")
        if now > locked.cleaned_at + timedelta(days=DAYS):
            raise NotTaken("too_late", days=DAYS)
        if before is not None and before.clean == clean:
            return before
        if _is_full(locked, before, stranger):
            return before
        verdict = before or Verdict(case=locked, cleaned_at=locked.cleaned_at, report=report, reporter=reporter)
        verdict.case, verdict.clean, verdict.source, verdict.distance_m, verdict.at = locked, clean, source, distance_m, now
        verdict.save()
        reopens = not clean and locked.status in CLEAN_STATES and _is_enough(locked, stranger)
        details = {"clean": clean, "source": str(source), "changed": before is not None, "verdict": verdict.pk}
        if reopens and stranger:
            details["reopened_by"] = STRANGERS
        casework.tell_verdict(locked, details, now)
        if reopens:
            casework.reopen(locked, None, _reason(stranger))
    return verdict


def _lock_standing(case: Case) -> Case:
    """The case, or the one it was merged into, locked: only that row, so that no merge and no verdict wait for each other."""
    standing = case.pk
    while True:
        while (into := Case.objects.values_list("merged_into", flat=True).get(pk=standing)) is not None:
            standing = into
        with transaction.atomic():  # a savepoint: taking it back gives the lock back
            locked = Case.objects.select_for_update(no_key=True).get(pk=standing)
            if locked.merged_into_id is None:
                return locked
            transaction.set_rollback(True)


def _is_held(case: Case, report: Report) -> bool:
    """Whether the report waits for a look; it still speaks for this case, else NotTaken is raised.

    Withdrawing waits for the case's lock, so it cannot change meanwhile.
    """
    now = Report.objects.values_list("case_id", "withdrawn_at", "held").get(pk=report.pk)
    if now[1] is not None:
        raise NotTaken("withdrawn")
    if now[0] != case.pk:
        raise NotTaken("not_cleaned")
    return bool(now[2])


def _of_strangers(case: Case) -> QuerySet[Verdict]:
    """What strangers said of the last clean-up, reporters of held reports among them: one row for each, by constraint."""
    held = Q(report__isnull=False) & ~Q(report__held="")
    return Verdict.objects.filter(Q(source__in=OTHERS) | held, case=case, cleaned_at=case.cleaned_at)


def _is_full(case: Case, before: Verdict | None, stranger: bool) -> bool:
    """Whether nothing more is kept of this voice, or of any new stranger."""
    if before is not None:
        changes = CaseEvent.objects.filter(case=case, kind=CaseEvent.Kind.VERDICT, details__verdict=before.pk, details__changed=True)
        return changes.count() >= CHANGES_KEPT
    return stranger and _of_strangers(case).count() >= STRANGERS_KEPT


def _is_enough(case: Case, stranger: bool) -> bool:
    if not stranger:
        return True
    if case.status == Status.VERIFIED or case.events.filter(kind=CaseEvent.Kind.VERDICT, details__reopened_by=STRANGERS).exists():
        return False
    return _of_strangers(case).filter(clean=False).count() >= OTHERS_NEEDED


def _reason(stranger: bool) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        if not stranger:
            return _("The person who reported it says that it is not clean.")
        return _("Two people at the place say that it is not clean.")


def _apart_m(lon: float, lat: float, lon_2: float, lat_2: float) -> float:
    """Great-circle distance (haversine); at 100 m less than half a metre from the ellipsoid's."""
    up, up_2 = math.radians(lat), math.radians(lat_2)
    half = math.sin((up_2 - up) / 2) ** 2 + math.cos(up) * math.cos(up_2) * math.sin(math.radians(lon_2 - lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))
