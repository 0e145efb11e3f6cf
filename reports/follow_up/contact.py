"""How to reach the reporter, corrected or taken back later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reports import contacts
from reports.contacts import ContactDetails
from reports.follow_up.locking import lock_open_to_changes
from reports.intake import Refused
from reports.models import Contact, Message, Report


def correct_contact(report: Report, details: ContactDetails, *, now: datetime | None = None) -> Contact:
    """Replace the contact of a report, with the consent that comes with it; messages that were stopped begin again.

    Raises Refused with every reason, or NotTaken when the report was withdrawn or erased.
    """
    details = details.cleaned()
    refusals = contacts.refusals_of(details) or ([contacts.Refusal("contact", "contact_unreadable", {})] if details.is_empty else [])
    if refusals:
        raise Refused(refusals)
    with transaction.atomic():
        locked = lock_open_to_changes(report)
        contact, _created = Contact.objects.update_or_create(
            report=locked,
            defaults={
                "sealed": contacts.seal(details), "purposes": list(details.agreed), "consented_at": now or timezone.now(),
                "stopped_at": None, "consent_text": contacts.consent_words(locked.language, details.purposes),
            },
        )  # fmt: skip
    return contact


def delete_contact(report: Report) -> bool:
    """Consent is taken back: the details go at once, and messages that still wait are not sent. Whether there were any."""
    with transaction.atomic():
        deleted, _rows = Contact.objects.filter(report=report).delete()
        _cancel_messages(report, timezone.now())
    return bool(deleted)


def stop_messages(report: Report, *, now: datetime | None = None) -> bool:
    """No further message; the details stay for questions. Whether there was a contact."""
    now = now or timezone.now()
    with transaction.atomic():
        stopped = Contact.objects.filter(report=report, stopped_at=None).update(stopped_at=now)
        _cancel_messages(report, now)
    return bool(stopped) or Contact.objects.filter(report=report).exists()


def _cancel_messages(report: Report, now: datetime) -> None:
    Message.objects.filter(report=report, sent_at=None, cancelled_at=None).update(cancelled_at=now, processed_at=now, failed_at=None)
