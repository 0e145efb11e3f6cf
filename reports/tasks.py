"""What the workers do: one id in, one verb called, nothing that a second run could double.

Tasks take unknown keyword arguments, so that a new release can add one before the old workers are gone.
"""

import logging
import traceback
from collections.abc import Callable

from celery import shared_task
from django.db.models import F
from django.utils import timezone

from reports.models import Message, Photo, PhotoCheck, Report, StaffLetter

logger = logging.getLogger(__name__)

OURS = ("citylab", "reports", "analytics")


class TaskFailed(Exception):
    """A run failed; says of which row, with what kind of error and where, and nothing else."""


@shared_task(name="reports.tasks.process_report")
def process_report(report_id: int, **_: object) -> None:
    """Group the report, and every other that waits in its neighbourhood, into cases."""
    from reports import grouping

    if not _begin(Report, report_id):
        return
    _run(Report, report_id, lambda: grouping.process([report_id]))


@shared_task(name="reports.tasks.process_photo")
def process_photo(photo_id: int, **_: object) -> None:
    """Pass the photo through the gate and keep its renditions."""
    from reports.photos import processing

    if not _begin(Photo, photo_id):
        return
    _run(Photo, photo_id, lambda: processing.process_photo(photo_id))


@shared_task(name="reports.tasks.look_for_people")
def look_for_people(check_id: int, **_: object) -> None:
    """Look for faces, number plates and nudity on a clean photo."""
    from reports.photos import checking

    if not _begin(PhotoCheck, check_id):
        return
    _run(PhotoCheck, check_id, lambda: checking.check_photo(check_id))


@shared_task(name="reports.tasks.send_message")
def send_message(message_id: int, **_: object) -> None:
    """Send one message to one reporter, unless it was taken back or another worker sends it."""
    from reports.notifications import sending

    _run(Message, message_id, lambda: sending.send_message(message_id))


@shared_task(name="reports.tasks.send_staff_letter")
def send_staff_letter(letter_id: int, **_: object) -> None:
    """Send one letter to one member, unless another worker sends it."""
    from reports.notifications import staff_sending

    _run(StaffLetter, letter_id, lambda: staff_sending.send_staff_letter(letter_id))


@shared_task(name="reports.tasks.schedule_digests")
def schedule_digests(**_: object) -> None:
    """Every ten minutes; at 07:00 by the city's clocks, or as soon after as a clock ticks, the day's letters begin to wait."""
    from reports.notifications import staff_letters

    if count := staff_letters.schedule_digests():
        logger.info("digest: %s letters wait", count)


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


@shared_task(name="reports.tasks.verify_history")
def verify_history(**_: object) -> None:
    """Nightly: the history of every case is as it was written. A broken line is told in the log as an error."""
    from citylab.jobs import once_a_period
    from reports.history import first_broken_line

    with once_a_period("verify-history", timezone.localdate().isoformat()) as mine:
        if mine and (broken := first_broken_line()) is not None:
            logger.error("history: case %s, line %s (%s, row %s) is not as it was written", broken.case, broken.number, broken.kind, broken.event)


@shared_task(name="reports.tasks.forget")
def forget(**_: object) -> None:
    """Nightly: whatever has had its time: device hashes, contacts, recordings, originals, drafts, answered requests."""
    from citylab.jobs import once_a_period
    from reports import retention

    with once_a_period("forget", timezone.localdate().isoformat()) as mine:
        if mine:
            forgotten = retention.forget(timezone.now())
            logger.info("retention: forgotten: %s", forgotten)


def _begin(model: type[Report] | type[Photo] | type[PhotoCheck], row_id: int) -> bool:
    """Note that a run begins, so that a run that is killed counts too; False when there is nothing left to do."""
    return bool(model.objects.unprocessed().filter(pk=row_id).update(attempts=F("attempts") + 1))


def _run(model: type[Report] | type[Photo] | type[PhotoCheck] | type[Message] | type[StaffLetter], row_id: int, verb: Callable[[], object]) -> None:
    """Runs the verb; keeps an error's kind on the row, where the staff sees it, and tells the worker where it was raised.

    Never its text, which may quote a resident: not here, and not in what Celery logs of the task. Raises TaskFailed.
    """
    try:
        verb()
        return
    except Exception as error:
        kind, where = type(error).__name__, _where(error)
    # Outside of the handler: the new error knows nothing of the old one.
    failed = f"{model.__name__} {row_id}: {kind} at {where}"
    logger.error("%s", failed)
    model.objects.filter(pk=row_id, processed_at=None).update(last_error=kind)
    raise TaskFailed(failed)


def _where(error: Exception) -> str:
    """“module:line” of the innermost frame, then of our own code that led there."""
    frames = [(frame.f_globals.get("__name__", "?"), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [at for at, (name, _line) in enumerate(frames) if name.partition(".")[0] in OURS]
    return " < ".join(f"{name}:{line}" for name, line in (frames[at] for at in sorted({len(frames) - 1, *ours[-1:]}, reverse=True)))
