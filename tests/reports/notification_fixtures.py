"""What the tests of messages share; the fixture `told` stands in tests/conftest.py."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from reports import contacts
from reports.contacts import ContactDetails
from reports.models import Contact, Message
from reports.notifications import sending


def consent(report, *, email: str = "lan@example.org", phone: str = "", purposes=("progress",), **fields) -> Contact:
    """The reporter's contact, as intake keeps it."""
    details = ContactDetails(email=email, phone=phone, consent=True)
    return Contact.objects.create(
        report=report, sealed=contacts.seal(details), purposes=list(purposes), consent_text="Yes", consented_at=timezone.now(), **fields
    )


def send_all() -> None:
    """What relay and workers do once the minute is over: every waiting message is tried once."""
    due = Message.objects.unprocessed()
    due.update(next_try=timezone.now() - timedelta(seconds=1))
    for pk in due.order_by("id").values_list("pk", flat=True):
        sending.send_message(pk)
