"""The analyses that are there: which one to read for a week, and which ones are kept."""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from analytics.models import Hotspot, HotspotOverview, HotspotRun
from analytics.neighbours import Cells
from analytics.weeks import monday_of

KEPT_DAYS = 30


def latest_run(week: date | None = None) -> HotspotRun | None:
    """The newest whole analysis of the weeks that end with the week of `week`, without its domain.

    Without a week: of the newest week whose window has a case, so that a quiet week does not hide the last busy one.
    """
    runs = HotspotRun.objects.defer("domain")
    if week is not None:
        return runs.filter(until=monday_of(week)).order_by("-id").first()
    with_cases = runs.filter(parameters__n_cases_window__gt=0).order_by("-until", "-id").first()
    return with_cases or runs.order_by("-until", "-id").first()


def analysed_weeks(limit: int = 260) -> list[date]:
    """Mondays of the weeks that have an analysis, newest first."""
    return list(HotspotRun.objects.order_by("-until").values_list("until", flat=True).distinct()[:limit])


def hot_rows(run: HotspotRun) -> QuerySet[Hotspot]:
    """The hotspots of a run, the least likely by chance first."""
    return run.rows.filter(hot=True).select_related("area").defer("area__polygon").order_by("q", "-ratio", "cell")


def tested_cells(run: HotspotRun) -> Cells:
    """Every cell that the run tested, at the run's resolution, sorted, (run.cells,) uint64."""
    packed = HotspotRun.objects.values_list("domain", flat=True).get(pk=run.pk)
    return np.frombuffer(zlib.decompress(bytes(packed)), "<i8").astype(np.uint64)


def prune_runs(now: datetime | None = None) -> int:
    """Delete runs older than 30 days; returns how many.

    Runs that an edition of the weekly report cites are kept for ever, and so is the newest of all, however old.
    """
    before = (now or timezone.now()) - timedelta(days=KEPT_DAYS)
    newest = HotspotRun.objects.aggregate(newest=Max("id"))["newest"]
    old = HotspotRun.objects.filter(created_at__lt=before).exclude(Q(editions__isnull=False) | Q(pk=newest))
    ids = list(old.values_list("pk", flat=True))
    with transaction.atomic():
        # Straight from the tables: nothing refers to the rows, and there may be a million of them.
        for model in (Hotspot, HotspotOverview):
            rows = model.objects.filter(run__in=ids)
            rows._raw_delete(rows.db)
        HotspotRun.objects.filter(pk__in=ids).delete()
    return len(ids)
