"""Which messages wait: rows that appear and go in the same transaction as what they tell.

Only for those who ticked “progress”, have not stopped, and did not take the report back. `(report, kind)` is unique in
the database, so that no reporter ever gets a fourth message, whatever is cleaned, reopened and cleaned again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from reports.contacts import PROGRESS
from reports.models import Case, Message, Report
from reports.models.case import Status

Kind = Message.Kind

WAIT_S = 60  # an undo within this time cancels the message (DESIGN rule 1)

# verb of casework → the message it brings about
BROUGHT_BY: dict[str, str] = {"clean": Kind.CLEANED, "refuse": Kind.REFUSED}
UNDONE_BY = {"reopen": (Kind.CLEANED, Kind.REFUSED)}
AGAIN = {Kind.CLEANED: (Status.CLEANED, Status.VERIFIED), Kind.REFUSED: (Status.REFUSED,)}  # states of which the message is true

# The same message only comes again when it was cancelled before it went out.
_INSERT = """
INSERT INTO reports_message AS known (report_id, kind, channel, created_at, next_try, attempts, last_error)
SELECT r.id, %(kind)s, '', %(now)s, %(due)s, 0, ''
FROM reports_report r JOIN reports_contact c ON c.report_id = r.id LEFT JOIN reports_case k ON k.id = r.case_id
WHERE {which} AND %(purpose)s = ANY (c.purposes) AND c.stopped_at IS NULL AND r.withdrawn_at IS NULL
ORDER BY r.id
ON CONFLICT (report_id, kind) DO UPDATE
SET cancelled_at = NULL, processed_at = NULL, created_at = excluded.created_at, next_try = excluded.next_try,
    attempts = 0, last_error = ''
WHERE known.cancelled_at IS NOT NULL AND known.claimed_at IS NULL
"""


def schedule(about: Report | Case | Sequence[Case], kind: str) -> int:
    """A message of this kind for the report, or for every report of the case or cases; returns how many wait now.

    Call it inside the transaction of the change: both are there afterwards, or neither is.
    """
    if isinstance(about, Report):
        return _insert("r.id = %(id)s", kind, id=about.pk)
    return _insert("r.case_id = ANY (%(ids)s)", kind, ids=_ids(about))


def cancel(about: Case | Sequence[Case], kind: str) -> int:
    """Take back what has not gone out yet; returns how many. A message that a worker has begun to send is not taken back."""
    now = timezone.now()
    # No join, so that a row that a worker claims at this moment is asked again.
    reports = Report.objects.filter(case__in=_ids(about)).values("pk")
    waiting = Message.objects.filter(report__in=reports, kind=kind, sent_at=None, claimed_at=None, cancelled_at=None, processed_at=None)
    return waiting.update(cancelled_at=now, processed_at=now, failed_at=None)


def follow(cases: Sequence[Case], verb: str) -> None:
    """What a verb of casework means for the reporters: news, or the end of news that is no longer true."""
    if verb in BROUGHT_BY:
        schedule(cases, BROUGHT_BY[verb])
    for kind in UNDONE_BY.get(verb, ()):
        cancel(cases, kind)


def unfollow(cases: Sequence[Case], verb: str) -> None:
    """The verb was undone: its news is taken back, and what it had taken back waits again."""
    if verb in BROUGHT_BY:
        cancel(cases, BROUGHT_BY[verb])
    for kind, states in AGAIN.items():
        if verb in UNDONE_BY and kind in UNDONE_BY[verb]:
            schedule([case for case in cases if case.status in states], kind)


def _ids(about: Case | Sequence[Case]) -> list[int]:
    return [about.pk] if isinstance(about, Case) else [case.pk for case in about]


def tell_received(report_id: int) -> int:
    """The report was just inserted by the running transaction, and so was its contact."""
    return _insert("r.id = %(id)s", Kind.RECEIVED, id=report_id)


def tell_joined(report_ids: Sequence[int]) -> int:
    """Reports that came late and joined a case which is clean already: their senders are told as well. Returns how many."""
    return _insert("r.id = ANY (%(ids)s) AND k.status = ANY (%(clean)s)", Kind.CLEANED, ids=list(report_ids), clean=[Status.CLEANED, Status.VERIFIED])


def _insert(which: str, kind: str, **values: Any) -> int:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT.format(which=which), {"kind": kind, "purpose": PROGRESS, "now": now, "due": now + timedelta(seconds=WAIT_S), **values}
        )
        return int(cursor.rowcount)
