"""Who may see photos that are not blurred: those who work on cases, and an officer only within the areas that are theirs."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from citylab.models import Member
from citylab.permissions import ROLES, Audience, visible
from reports.models import Case, Photo, Report


def may_see_photos(user: object) -> bool:
    """Whether this member sees unblurred photos at all; analysts see the public ones."""
    return isinstance(user, Member) and user.is_active and user.role in ROLES[Audience.CASEWORKERS]


def visible_photos(user: Member) -> QuerySet[Photo]:
    """The photos, blurred or not, that this member may see and decide about: by the area of the case, else of the report."""
    if not may_see_photos(user):
        return Photo.objects.none()
    cases, reports = Case.objects.all(), Report.objects.all()
    if (own := visible(user, cases)) is cases:
        return Photo.objects.all()
    return Photo.objects.filter(Q(case__in=own) | Q(report__case__in=own) | Q(report__case=None, report__in=visible(user, reports)))
