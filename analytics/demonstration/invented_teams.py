"""Invented teams and their round of today, so that the dispatch board and a crew's page have something to show."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from citylab import demonstration
from citylab.jobs import once_a_period
from citylab.models import Team
from reports import casework
from reports.models import Area, Case
from reports.models.case import RUNNING

TEAMS = 3
CAPACITY = 10
PLANNED = (8, 5, 11)  # of today: one team has room, one is nearly full, one has too much
SHIFTS = ((time(6), time(14)), (time(7), time(16)), (time(14), time(22)))


def send_out() -> None:
    """The teams, each in one of the areas with the most open cases, and what each goes to today. Once a day."""
    today = timezone.localdate()
    with once_a_period(f"{demonstration.JOB}-teams", today.isoformat()) as mine:
        if not mine:
            return
        waiting = Count("cases", filter=Q(cases__status__in=RUNNING))
        areas = Area.objects.units().annotate(waiting=waiting).filter(waiting__gt=0).order_by("-waiting", "code")[:TEAMS]
        for number, (area, planned, (starts, ends)) in enumerate(zip(areas, PLANNED, SHIFTS, strict=False), start=1):
            with translation.override(settings.LANGUAGE_CODE):
                name = _("Team %(n)s, %(area)s") % {"n": number, "area": area.name}
            team, made = Team.objects.get_or_create(name=name, defaults={"capacity": CAPACITY, "starts_at": starts, "ends_at": ends})
            if made:
                team.areas.add(area)
            cases = Case.objects.filter(area=area, status__in=RUNNING).order_by("observed_at", "id")[:planned]
            casework.act_on_all(cases, casework.assigning(None, team=team, day=today))
