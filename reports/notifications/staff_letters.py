"""Letters to the staff: which wait. At 07:00 each officer's and dispatcher's work of the day; a hazard at once.

An officer hears of their own areas, a dispatcher of the whole city; who switched letters off, has no address or left hears
nothing, and nobody hears of nothing. `(member, kind, about)` is unique in the database, so that no letter waits twice, and
the row is the queue: the relay hands it to a worker, which finds the words when it sends (`staff_sending.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from citylab.jobs import once_a_period
from citylab.models import Member, Role
from citylab.permissions import visible
from reports.models import Case, StaffLetter
from reports.models.case import OPEN, Status
from reports.models.report import Channel, Problem

AT_HOUR = 7  # by the city's clocks
UNTIL_HOUR = 12  # a morning that was missed is made up for until noon; later it is no news
GET_LETTERS = (Role.OFFICER, Role.DISPATCHER)
HAZARD_FRESH = timedelta(days=2)  # what was seen earlier burns no more; a phone may have been without a network for a night

# The officers of the case's area and every dispatcher, for each case that somebody tells of who is not held.
_HAZARDS = """
INSERT INTO reports_staffletter (member_id, kind, about, created_at, next_try, attempts, last_error)
SELECT DISTINCT m.id, 'hazard', k.code, %(now)s::timestamptz, %(now)s::timestamptz, 0, ''
FROM reports_report r JOIN reports_case k ON k.id = r.case_id, citylab_member m
WHERE r.id = ANY (%(reports)s) AND r.held = '' AND r.withdrawn_at IS NULL AND r.channel <> %(import)s AND r.observed_at > %(since)s
  AND k.status = ANY (%(open)s)
  AND (r.problem = %(burning)s OR EXISTS (
       SELECT FROM reports_reportwastetype l JOIN reports_wastetype t ON t.code = l.waste_type_id WHERE l.report_id = r.id AND t.hazard <> ''))
  AND m.is_active AND m.left_at IS NULL AND m.wants_digest AND m.email <> ''
  AND (m.role = %(dispatcher)s OR (m.role = %(officer)s AND EXISTS (
       SELECT FROM citylab_member_areas a WHERE a.member_id = m.id AND a.area_id = k.area_id)))
ON CONFLICT (member_id, kind, about) DO NOTHING
"""


def tell_hazards(report_ids: Sequence[int]) -> int:
    """These reports were just joined to their cases by the running transaction: whoever has to know of a hazard hears at once,
    once a case. Returns how many letters wait. Imported and old reports alarm nobody, nor do held ones until they are released."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HAZARDS,
            {
                "now": timezone.now(), "since": timezone.now() - HAZARD_FRESH, "reports": list(report_ids), "import": Channel.IMPORT,
                "open": [str(status) for status in OPEN], "burning": Problem.BURNING, "dispatcher": Role.DISPATCHER, "officer": Role.OFFICER,
            },
        )  # fmt: skip
        return int(cursor.rowcount)


def schedule_digests(now: datetime | None = None) -> int:
    """From 07:00 till noon: one letter to each who has something to do, once a day however often this is called. Returns how many."""
    now = now or timezone.now()
    local = now.astimezone(settings.CITY.tz)
    if not AT_HOUR <= local.hour < UNTIL_HOUR:
        return 0
    day = local.date().isoformat()
    with once_a_period("staff-digest", day) as mine:
        if not mine:
            return 0
        letters = [
            StaffLetter(member=member, kind=StaffLetter.Kind.DIGEST, about=day, created_at=now, next_try=now)
            for member in readers()
            if any(rows.exists() for rows in work_of(member, now).values())
        ]
        return len(StaffLetter.objects.bulk_create(letters, ignore_conflicts=True))


def readers() -> QuerySet[Member]:
    """Who gets letters."""
    return Member.objects.filter(role__in=GET_LETTERS, is_active=True, left_at=None, wants_digest=True).exclude(email="").order_by("pk")


def work_of(member: Member, now: datetime) -> dict[str, QuerySet[Case]]:
    """What is overdue, due soon and new for this member at a moment: the same questions as on the page of today."""
    cases = visible(member, Case.objects.all())
    return {"overdue": cases.overdue(now), "due_soon": cases.due_soon(now), "new": cases.filter(status=Status.NEW)}
