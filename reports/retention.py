"""What is forgotten, and when. Counts stay: whether a report counts was frozen on it at intake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from reports.models import Contact, Report

DEVICE_DAYS = 30  # long enough to see that one phone floods; nothing needs it afterwards
CONTACT_DAYS = 90  # after the case was closed: time for “not clean” and for the answer to it


@dataclass(frozen=True)
class Forgotten:
    """How many rows gave something up."""

    devices: int
    contacts: int


def forget(now: datetime) -> Forgotten:
    """Delete device hashes after 30 days, and contact data 90 days after the case was closed or the report withdrawn."""
    devices = Report.objects.filter(received_at__lt=now - timedelta(days=DEVICE_DAYS)).exclude(reporter=None).update(reporter=None)
    closed = Q(report__case__closed_at__lt=now - timedelta(days=CONTACT_DAYS))
    withdrawn = Q(report__withdrawn_at__lt=now - timedelta(days=CONTACT_DAYS))
    contacts, _ = Contact.objects.filter(closed | withdrawn).delete()
    return Forgotten(devices, contacts)
