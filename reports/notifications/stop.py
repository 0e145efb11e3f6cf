"""The reporter stops the letters about a report, and may take that back."""

from __future__ import annotations

from reports.follow_up.contact import stop_messages
from reports.models import Contact, Report


def stop_all(report: Report) -> bool:
    """No further letter about this report; what waits is taken back. Whether there was anybody to write to."""
    return stop_messages(report)


def resume(report: Report) -> bool:
    """Letters come again, as it was agreed to. Whether there is still anybody to write to; what was taken back stays so."""
    return bool(Contact.objects.filter(report=report).exclude(stopped_at=None).update(stopped_at=None))
