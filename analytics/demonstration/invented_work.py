"""What the invented city does about its cases: who is quick, who is late, what comes back.

Each step is a verb of `reports.casework`, along its transition table, with the same traces: state, times, event, clean-up and
after-photo. A year has ten thousand of them, so they are written many at a time; a test holds them to the verbs.

What will happen to a case is written in its code, which is random: so nothing needs to be remembered, and a load that was
interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from reports.casework import TRANSITIONS, NotPossible
from reports.models import Case, CaseEvent, Cleanup, Photo
from reports.models.case import Status
from reports.photos.after import receive_after_photo
from reports.photos.processing import process_photo

REFUSED = 0.03
NEVER_CLEANED = 0.01
LATE = 0.12
CONFIRMED = 0.6
NOT_CLEAN_AFTER_ALL = 0.04
VERIFIED = 0.75

LONGEST_STEP = timedelta(days=60)  # whatever waits longer than this waits for ever

AT_LEAST = timedelta(minutes=20)  # between two things that happen to a case

KINDS = {
    "refuse": CaseEvent.Kind.REFUSED, "confirm": CaseEvent.Kind.CONFIRMED, "clean": CaseEvent.Kind.CLEANED,
    "verify": CaseEvent.Kind.VERIFIED, "reopen": CaseEvent.Kind.REOPENED,
}  # fmt: skip

FIRST_HOUR, LAST_HOUR = 7, 17  # of a crew's day


@dataclass(frozen=True)
class Step:
    """What happens next to a case, and when."""

    verb: str
    at: datetime


def next_step(case: Case, reopened: bool, last_at: datetime) -> Step | None:
    """The next thing that will happen to a case in the story; None when nothing will.

    reopened: it was, at some time. last_at: when the last thing happened to it.
    """
    step = _planned(case, reopened)
    return step and Step(step.verb, max(step.at, last_at + AT_LEAST))


def _planned(case: Case, reopened: bool) -> Step | None:
    luck = _luck(case.code)
    if case.status == Status.NEW and luck[0] < REFUSED:
        return Step("refuse", _by_day(case.opened_at, 0.5 + luck[1], luck[2]))
    if case.status == Status.NEW and luck[3] < CONFIRMED:
        return Step("confirm", _by_day(case.opened_at, luck[1] * 0.7, luck[4]))
    if case.status in (Status.NEW, Status.CONFIRMED):
        if REFUSED <= luck[0] < REFUSED + NEVER_CLEANED:
            return None
        if case.cleaned_at is not None:  # it was not clean after all
            return Step("clean", _by_day(case.cleaned_at, 2 + 2 * luck[1], luck[2]))
        late = luck[5] < LATE
        return Step("clean", _by_day(case.opened_at, 5 + 18 * luck[6] if late else 0.8 + 2 * luck[6], luck[2]))
    if case.status == Status.CLEANED and case.cleaned_at is not None:
        if luck[7] < NOT_CLEAN_AFTER_ALL and not reopened:
            return Step("reopen", _by_day(case.cleaned_at, 1, luck[1]))
        if luck[7] < VERIFIED:
            return Step("verify", _by_day(case.cleaned_at, 1 + 2 * luck[6], luck[4]))
    return None


_MOVE = """
    UPDATE reports_case AS c SET
        status = step.to_status,
        version = c.version + 1,
        reopened_at = CASE step.verb WHEN 'reopen' THEN step.at WHEN 'clean' THEN NULL ELSE c.reopened_at END,
        cleaned_at = CASE step.verb WHEN 'clean' THEN step.at ELSE c.cleaned_at END,
        verified_at = CASE step.verb WHEN 'verify' THEN step.at WHEN 'reopen' THEN NULL ELSE c.verified_at END,
        closed_at = CASE WHEN step.verb IN ('clean', 'refuse') THEN step.at WHEN step.verb = 'reopen' THEN NULL ELSE c.closed_at END
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS step (id, verb, from_status, to_status, at)
    WHERE c.id = step.id AND c.status = step.from_status
"""


def take(steps: Sequence[tuple[Case, Step]]) -> None:
    """The steps of different cases, each at its moment. Raises NotPossible where the transition table has no such step."""
    for case, step in steps:
        if case.status not in TRANSITIONS[step.verb][0]:
            raise NotPossible(step.verb, case.status)
    target = {verb: to for verb, (_sources, to) in TRANSITIONS.items()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            [
                [case.pk for case, _ in steps],
                [step.verb for _, step in steps],
                [case.status for case, _ in steps],
                [target[step.verb] for _, step in steps],
                [step.at for _, step in steps],
            ],
        )
        visits = _visits([(case, step) for case, step in steps if step.verb == "clean"])
        CaseEvent.objects.bulk_create(
            CaseEvent(
                case=case, kind=KINDS[step.verb], at=step.at, from_status=case.status, to_status=target[step.verb],
                reason=_reason(step.verb),
                details={"cleanup": visits[case.pk].pk, "nothing_found": False, "was": {}} if step.verb == "clean" else {"was": {}},
            )
            for case, step in sorted(steps, key=lambda pair: (pair[1].at, pair[0].pk))
        )  # fmt: skip


def _visits(steps: Sequence[tuple[Case, Step]]) -> dict[int, Cleanup]:
    """The visits of these cleanings, each with its after-photo, by case."""
    made = []
    for case, step in steps:
        luck = _luck(case.code)
        kg = Decimal(f"{1 + 40 * luck[6]:.1f}") if luck[4] < 0.5 else None
        made.append(Cleanup(case=case, at=step.at, grade="AAABBC"[int(luck[1] * 6)], bags=1 + int(luck[2] * 6), kg=kg, distance_m=round(3 + 60 * luck[3], 1)))
    Cleanup.objects.bulk_create(made)
    if made:
        like = _after_photo(made[0].case)
        Photo.objects.bulk_create(
            Photo(
                case=visit.case, cleanup=visit, kind=Photo.Kind.AFTER, received_at=visit.at, processed_at=visit.at,
                next_try=visit.at, **{name: getattr(like, name) for name in _COPIED},
            )
            for visit in made
        )  # fmt: skip
    return {visit.case_id: visit for visit in made}


def _reason(verb: str) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return {
            "refuse": _("Invented: not waste, but goods on display."),
            "reopen": _("Invented: a resident says that waste is left."),
        }.get(verb, "")


_COPIED = (
    "state", "original_sha256", "original_name", "original_size", "original_format", "large_sha256", "large_name",
    "small_sha256", "small_name", "width", "height",
)  # fmt: skip


def _after_photo(case: Case) -> Photo:
    """The one after-photo that all show: received and passed through the gate with the first cleaning."""
    known = Photo.objects.filter(kind=Photo.Kind.AFTER, state=Photo.State.CLEAN).order_by("id").first()
    if known is not None:
        return known
    photo = receive_after_photo(case, _picture())
    process_photo(photo.pk)
    photo.refresh_from_db()
    if photo.state != Photo.State.CLEAN:
        raise ValueError(f"the gate refused the picture of the demonstration: {photo.reject_reason}")
    # It was only there to be checked; each cleaning has a row of its own for it.
    photo.delete()
    return photo


def _picture() -> bytes:
    """A grey picture with the word for what it is, without diacritics: the built-in letters have none."""
    picture = Image.new("RGB", (960, 720), "#dfe6e4")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((24, 24, 936, 696), outline="#5b6d76", width=4)
    pen.text((480, 360), "DEMO", fill="#3d4f59", anchor="mm", font_size=120)
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=80)
    return body.getvalue()


def _luck(code: str) -> list[float]:
    """Eight numbers in [0, 1) that belong to a case."""
    digest = hashlib.sha256(code.encode()).digest()
    return [int.from_bytes(digest[4 * place : 4 * place + 4], "big") / 2**32 for place in range(8)]


def _by_day(after: datetime, days: float, share: float) -> datetime:
    """So many days later, at a moment of a crew's working day, and always after `after`."""
    zone, calendar = settings.CITY.tz, settings.CITY.calendar
    wanted = (after + timedelta(days=days)).astimezone(zone)
    day = calendar.add(wanted.date(), 0)
    hour = FIRST_HOUR + (LAST_HOUR - FIRST_HOUR) * share
    moment = datetime.combine(day, time(int(hour), int(hour % 1 * 60), int(hour * 3600 % 60)), zone)
    if moment <= after:
        moment = datetime.combine(calendar.add(day, 1), time(FIRST_HOUR, int(share * 59)), zone)
    return moment
