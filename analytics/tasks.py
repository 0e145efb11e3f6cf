"""What the workers do for the analyses, by the clock of `citylab/celery.py`. A second clock finds the work done.

Tasks take unknown keyword arguments, so that a new release can add one before the old workers are gone.
"""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from analytics import cube, runs
from analytics.refresh import NothingToAnalyse, refresh
from analytics.weekly.tasks import freeze_due_weeks
from citylab.jobs import once_a_period

__all__ = ["check_counters", "freeze_due_weeks", "prune_runs", "refresh_hotspots"]

logger = logging.getLogger(__name__)

SHOWN = 20  # differences named in the log; one is as alarming as thousands


@shared_task(name="analytics.tasks.refresh_hotspots")
def refresh_hotspots(**_: object) -> None:
    """Every ten minutes: analyse the weeks up to this one. Nothing is done when nothing changed.

    Needs no note of its period: two at once take turns, and the second finds the run of the first.
    """
    try:
        run = refresh()
    except NothingToAnalyse:
        logger.info("refresh: there is no case to analyse yet")
    else:
        logger.info("refresh: run %s of week %s has %s hot cells", run.pk, run.until, run.hot)


@shared_task(name="analytics.tasks.prune_runs")
def prune_runs(**_: object) -> None:
    """Nightly: runs older than 30 days go, except those that an edition cites and the newest."""
    with once_a_period("prune-runs", timezone.localdate().isoformat()) as mine:
        if mine:
            logger.info("prune: %s runs deleted", runs.prune_runs())


@shared_task(name="analytics.tasks.check_counters")
def check_counters(**_: object) -> None:
    """Nightly: recount everything from the raw rows. A difference is a defect; each is told in the log as an error."""
    with once_a_period("check-counters", timezone.localdate().isoformat()) as mine:
        if not mine:
            return
        differences = cube.compare_with_recount()
    if not differences:
        logger.info("counters: equal to a recount")
        return
    logger.error("counters: %s of them differ from a recount of the raw rows", len(differences))
    for one in differences[:SHOWN]:
        logger.error(
            "counters: cell %x, week %s: %s cases and %s reports kept, %s and %s counted",
            one.cell, one.week, one.cases, one.reports, one.recounted_cases, one.recounted_reports,
        )  # fmt: skip
