"""The clock of the weekly report: each Monday at 06:00, and every hour for a Monday that was missed."""

from __future__ import annotations

import logging
from datetime import datetime

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.utils import timezone

from analytics.models import WeeklyReport
from analytics.weekly.counts import first_week
from analytics.weekly.freeze import freeze
from analytics.weekly.period import due_weeks
from analytics.weeks import week_label
from citylab.jobs import once_a_period

JOB = "freeze-week"

log = logging.getLogger(__name__)


@shared_task(name="analytics.tasks.freeze_due_weeks")
def freeze_due_weeks(**_: object) -> list[str]:
    """Freeze each week that is due and has no edition, as a draft; returns their labels."""
    return freeze_due(timezone.now())


def freeze_due(now: datetime) -> list[str]:
    """The same at the moment `now`. A week that fails is told in the log, hinders no other, and is tried again next hour."""
    frozen = set(WeeklyReport.objects.values_list("week", flat=True).distinct())
    done = []
    for week in due_weeks(now, first_week(), frozen):
        label = week_label(week)
        try:
            with once_a_period(JOB, label) as mine:
                if mine:
                    freeze(week)
                    done.append(label)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("week %s could not be frozen; it is tried again at the next tick", label)
    return done
