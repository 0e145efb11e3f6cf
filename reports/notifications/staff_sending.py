"""One letter to a member, from its row to a channel: at most once, by the same rules as messages to reporters (`sending.py`)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from reports.contacts import ContactDetails
from reports.models import Case, StaffLetter
from reports.models.case import OPEN
from reports.notifications import staff_wording
from reports.notifications.channels import channel_for
from reports.notifications.letters import Letter, NotHandedOver, Unreachable
from reports.notifications.sending import ADDRESS_REFUSED, CLAIM_S, NO_CHANNEL, OUTDATED, STOPPED, pause

logger = logging.getLogger(__name__)

Kind = StaffLetter.Kind


def send_staff_letter(letter_id: int, now: datetime | None = None) -> None:
    """Send one letter, if it is still waiting, wanted and true. Raises what a channel raised, after noting it on the row."""
    now = now or timezone.now()
    row = StaffLetter.objects.unprocessed().select_related("member").filter(pk=letter_id).first()
    if row is None:
        return
    if row.claimed_at is not None:
        _look_after(row, now)
        return
    StaffLetter.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)  # a run that is killed counts too
    member = row.member
    if not member.is_active or not member.wants_digest or not member.email:
        _end(row, STOPPED, now)
        return
    letter = _letter(row, now)
    details = ContactDetails(email=member.email)
    channel = channel_for(details)
    if letter is None or channel is None:
        _end(row, NO_CHANNEL if channel is None else OUTDATED, now)
        return
    free = StaffLetter.objects.unprocessed().filter(pk=row.pk, claimed_at=None)
    if not free.update(claimed_at=now, next_try=now + timedelta(seconds=CLAIM_S), last_error=""):
        return  # another worker has it
    mine = StaffLetter.objects.filter(pk=row.pk)
    try:
        channel.send(channel.address_of(details), letter)
    except Unreachable:
        _end(row, ADDRESS_REFUSED, now)
    except NotHandedOver as refusal:
        cause = refusal.__cause__ or refusal
        mine.update(claimed_at=None, next_try=timezone.now() + pause(row.attempts + 1), last_error=type(cause).__name__)
        raise cause from None
    except Exception:
        mine.update(failed_at=timezone.now())  # the claim stays: it says that the letter may have gone out
        raise
    else:
        mine.update(sent_at=timezone.now(), processed_at=timezone.now(), last_error="")


def _letter(row: StaffLetter, now: datetime) -> Letter | None:
    """The words as they are true now; None when there is nothing to say any more."""
    if row.kind == Kind.DIGEST:
        today = now.astimezone(settings.CITY.tz).date().isoformat()
        return staff_wording.digest(row, now) if row.about == today else None
    case = Case.objects.select_related("area").filter(code=row.about, status__in=OPEN).first()
    return staff_wording.hazard(row, case) if case else None


def _look_after(row: StaffLetter, now: datetime) -> None:
    """Somebody has claimed it. A claim older than any task is that of a worker that died with the letter in its hand."""
    if row.claimed_at and row.claimed_at < now - timedelta(seconds=CLAIM_S):
        dead = StaffLetter.objects.unprocessed().filter(pk=row.pk, claimed_at=row.claimed_at)
        if dead.update(failed_at=now, last_error="killed"):
            logger.error("staff letter %s: its worker died while handing it over; it may have gone out and is not sent again", row.pk)


def _end(row: StaffLetter, reason: str, now: datetime) -> None:
    StaffLetter.objects.unprocessed().filter(pk=row.pk).update(processed_at=now, last_error=reason)
