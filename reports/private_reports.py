"""Who may open what a reporter gave in confidence: a recording, a contact, a request about data. Each opening leaves a row."""

from __future__ import annotations

import logging

from django.db.models import Q, QuerySet
from django.utils import timezone

from citylab.models import Member
from citylab.permissions import ROLES, Audience, visible
from reports.models import Case, PrivateLook, Report

logger = logging.getLogger(__name__)


def may_open_private(user: object) -> bool:
    """Whether this member may open private parts at all; analysts work with places and counts."""
    return isinstance(user, Member) and user.is_active and user.role in ROLES[Audience.CASEWORKERS]


def reports_in_confidence(user: Member) -> QuerySet[Report]:
    """The reports whose private parts this member may open: by the area of the case, or while there is none, of the report."""
    if not may_open_private(user):
        return Report.objects.none()
    cases, reports = Case.objects.all(), Report.objects.all()
    if (own := visible(user, cases)) is cases:
        return reports
    return Report.objects.filter(Q(case__in=own) | Q(case=None, pk__in=visible(user, reports).values("pk")))


def note_look(member: Member, what: str, report: Report, object_id: int) -> None:
    """Write down that a member opens something private. The row stays; the reporter may see when it happened."""
    PrivateLook.objects.create(member=member, what=what, report_code=report.code, object_id=object_id, at=timezone.now())
    logger.info("%s of report %s opened by %s", what, report.code, member.username)
