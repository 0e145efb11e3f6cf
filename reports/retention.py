"""What is forgotten, and when. Counts stay: whether a report counts was frozen on it at intake.

Files lose their names here; the reaper, which runs an hour before dawn too, takes what no row names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from reports import drafts, voice
from reports.models import Contact, DataRequest, Message, Photo, Report, StaffLetter, Verdict
from reports.periods import CONTACT_DAYS, DEVICE_DAYS, ORIGINAL_DAYS, REQUEST_DAYS, STAFF_LETTER_DAYS, VOICE_DAYS

NOT_CHECKED = "not checked within 30 days"


@dataclass(frozen=True)
class Forgotten:
    """How many rows gave something up."""

    devices: int = 0
    contacts: int = 0
    voices: int = 0
    originals: int = 0
    verdict_devices: int = 0
    recipients: int = 0
    messages: int = 0
    drafts: int = 0
    requests: int = 0
    staff_letters: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in vars(self).items() if count) or "nothing"


def forget(now: datetime) -> Forgotten:
    """Delete whatever has had its time at the moment `now`. Running it again finds nothing more to do."""
    return Forgotten(
        devices=Report.objects.filter(received_at__lt=now - timedelta(days=DEVICE_DAYS)).exclude(reporter=None).update(reporter=None),
        contacts=_contacts(now),
        voices=voice.forget_voices(now=now, before=now - timedelta(days=VOICE_DAYS)),
        originals=_originals(now),
        verdict_devices=Verdict.objects.filter(at__lt=now - timedelta(days=DEVICE_DAYS)).exclude(reporter=None).update(reporter=None),
        recipients=Message.objects.filter(created_at__lt=now - timedelta(days=DEVICE_DAYS)).exclude(recipient=None).update(recipient=None),
        messages=Message.objects.filter(_over(now)).delete()[0],
        drafts=drafts.forget_old(now),
        staff_letters=StaffLetter.objects.filter(processed_at__lt=now - timedelta(days=STAFF_LETTER_DAYS)).delete()[0],
        requests=DataRequest.objects.filter(closed_at__lt=now - timedelta(days=REQUEST_DAYS)).exclude(text="", answer="").update(text="", answer=""),
    )  # fmt: skip


def _contacts(now: datetime) -> int:
    """Contacts of cases closed, and of reports withdrawn, so long ago."""
    return Contact.objects.filter(_over(now)).delete()[0]


def _over(now: datetime) -> Q:
    """What belongs to a report whose time to be told anything is over."""
    closed = Q(report__case__closed_at__lt=now - timedelta(days=CONTACT_DAYS))
    withdrawn = Q(report__withdrawn_at__lt=now - timedelta(days=CONTACT_DAYS))
    return closed | withdrawn


def _originals(now: datetime) -> int:
    """Originals of photos. One that never passed the check goes as a whole: what nobody could open in 30 days is no use."""
    old = Photo.objects.filter(received_at__lt=now - timedelta(days=ORIGINAL_DAYS)).exclude(original_name="")
    never = old.filter(processed_at=None).update(
        original_name="", state=Photo.State.REJECTED, reject_reason=NOT_CHECKED, processed_at=now, failed_at=None
    )
    return never + old.update(original_name="")
