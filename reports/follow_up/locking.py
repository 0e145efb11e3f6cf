"""A report and its case, locked together."""

from __future__ import annotations

from django.db import transaction

from reports.follow_up.not_taken import NotTaken
from reports.models import Case, Report

AGAIN_AT_MOST = 5  # times that a report may change its case between reading and locking


def lock(report: Report) -> tuple[Report, Case | None]:
    """The report and the case it belongs to, as they are now, locked until the running transaction ends.

    The case is locked first, as merging does, so that nobody waits in a circle. Whoever adds something to the report looks at
    it under the same lock, so it comes either before this returns or after the transaction.
    """
    for _attempt in range(AGAIN_AT_MOST):
        with transaction.atomic():  # a savepoint: taking it back gives the locks back
            case_id = Report.objects.values_list("case_id", flat=True).get(pk=report.pk)
            case = Case.objects.select_for_update(no_key=True).get(pk=case_id) if case_id else None
            locked = Report.objects.select_for_update(no_key=True).get(pk=report.pk)
            if locked.case_id == case_id:
                return locked, case
            transaction.set_rollback(True)
    raise RuntimeError("The report keeps changing its case; nothing was changed.")


def lock_open_to_changes(report: Report) -> Report:
    """The report, locked, while its reporter may still add to it. Raises NotTaken when it was withdrawn or erased."""
    locked = Report.objects.select_for_update(no_key=True).get(pk=report.pk)
    if locked.withdrawn_at:
        raise NotTaken("withdrawn")
    if locked.redacted_at:
        raise NotTaken("erased")
    return locked
