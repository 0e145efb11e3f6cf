"""What the workers do: one id in, one verb called, nothing that a second run could double.

Tasks take unknown keyword arguments, so that a new release can add one before the old workers are gone.
"""

import logging

from celery import shared_task
from django.db.models import F
from django.utils import timezone

from reports.models import Photo, Report

logger = logging.getLogger(__name__)


@shared_task(name="reports.tasks.process_report")
def process_report(report_id: int, **_: object) -> None:
    """Group the report, and every other that waits in its neighbourhood, into cases."""
    from reports import grouping

    if not _begin(Report, report_id):
        return
    try:
        grouping.process([report_id])
    except Exception as error:
        _remember(Report, report_id, error)
        raise


@shared_task(name="reports.tasks.process_photo")
def process_photo(photo_id: int, **_: object) -> None:
    """Pass the photo through the gate and keep its renditions."""
    from reports.photos import processing

    if not _begin(Photo, photo_id):
        return
    try:
        processing.process_photo(photo_id)
    except Exception as error:
        _remember(Photo, photo_id, error)
        raise


@shared_task(name="reports.tasks.check_photos")
def check_photos(**_: object) -> None:
    """Nightly: every row's file exists and has its hash."""
    from citylab.jobs import once_a_period
    from reports.photos import upkeep

    with once_a_period("check-photos", timezone.localdate().isoformat()) as mine:
        if mine:
            upkeep.check_photos()


@shared_task(name="reports.tasks.reap_photos")
def reap_photos(**_: object) -> None:
    """Nightly: files that no row knows, older than a day, go."""
    from citylab.jobs import once_a_period
    from reports.photos import upkeep

    with once_a_period("reap-photos", timezone.localdate().isoformat()) as mine:
        if mine:
            upkeep.reap_photos()


def _begin(model: type[Report] | type[Photo], row_id: int) -> bool:
    """Note that a run begins, so that a run that is killed counts too; False when there is nothing left to do."""
    return bool(model.objects.unprocessed().filter(pk=row_id).update(attempts=F("attempts") + 1))


def _remember(model: type[Report] | type[Photo], row_id: int, error: Exception) -> None:
    """Keep the error's kind on the row, where the staff sees it; never its text, which may quote a resident."""
    logger.exception("%s %s failed", model.__name__, row_id)
    model.objects.filter(pk=row_id, processed_at=None).update(last_error=type(error).__name__)
