"""Reports that wait for a look because they may be part of a flood: held by the system, released by a member.

What a case is worth follows from its reports, so both verbs work like those of casework: they check, lock the case, and
leave a line in its history.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from citylab import permissions
from citylab.models import Member
from reports import flood
from reports.casework import NotAllowed
from reports.casework.counting import is_told, would_count
from reports.grouping.neighbourhoods import stand_still
from reports.intake import lock_reporters
from reports.models import Case, CaseEvent, Photo, Report
from reports.models.report import Channel
from reports.notifications.staff_letters import tell_hazards

Kind = CaseEvent.Kind


def look_at(photo: Photo) -> None:
    """A photo has arrived: its report is held if the same bytes came before from elsewhere. Inside the photo's transaction."""
    if photo.report is not None and flood.is_repeated(photo):
        stand_still(photo.report.cell)
        hold(photo.report, flood.PHOTO)


def hold(report: Report, reason: str) -> None:
    """A report that was taken turns out to be part of a flood: it stops counting until it is released. The system does it.

    reason: a word of `reports.flood`. One that is held, was released, or was imported is left alone. The caller has made
    grouping stand still around it.
    """
    with transaction.atomic():
        case, locked = _lock_with_case(report)
        if locked.held or locked.channel == Channel.IMPORT or _was_released(case, locked):
            return
        locked.held, locked.counts = reason, False
        locked.save(update_fields=["held", "counts"])
        if case is not None:
            if case.counts and not is_told(case):
                Case.objects.filter(pk=case.pk).update(counts=False)
            _record(case, None, Kind.HELD, {"report": locked.code, "held": reason})


def release(case: Case, actor: Member | None, reports: Iterable[Report]) -> int:
    """Somebody looked: these held reports of the case are honest. They count as they would have; returns how many were held.

    One reporter still counts once in the case and at most three times in a cell and week. A report whose device was
    forgotten after 30 days is released but does not begin to count, since nobody can tell any more whether it would have.
    Raises `NotAllowed`.
    """
    wanted = [report.pk for report in reports]
    with transaction.atomic():
        lock_reporters(Report.objects.filter(pk__in=wanted, case=case.pk).exclude(reporter=None))
        locked = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        if not permissions.allowed(actor, "release", locked):
            raise NotAllowed("release")
        now, released = timezone.now(), 0
        held = Report.objects.select_for_update(no_key=True).filter(pk__in=wanted, case=locked).exclude(held="")
        for report in held.order_by("observed_at", "id"):
            reason, report.held = report.held, ""
            report.counts = would_count(report, now)
            report.save(update_fields=["held", "counts"])
            details = {"report": report.code, "held": reason, "counts": report.counts}
            _record(locked, actor, Kind.RELEASED, details)
            released += 1
        if not locked.counts and is_told(locked):
            Case.objects.filter(pk=locked.pk).update(counts=True)
        tell_hazards(wanted)
    return released


def _lock_with_case(report: Report) -> tuple[Case | None, Report]:
    """The report and its case, locked in the order in which every verb locks them: the case first."""
    while True:
        number = Report.objects.values_list("case", flat=True).get(pk=report.pk)
        case = Case.objects.select_for_update(no_key=True).filter(pk=number).first()
        locked = Report.objects.select_for_update(no_key=True).get(pk=report.pk)
        if locked.case_id == number:
            return case, locked


def _was_released(case: Case | None, report: Report) -> bool:
    return case is not None and case.events.filter(kind=Kind.RELEASED, details__report=report.code).exists()


def _record(case: Case, actor: Member | None, kind: str, details: dict[str, object]) -> None:
    CaseEvent.objects.create(case=case, actor=actor, kind=kind, at=timezone.now(), from_status=case.status, to_status=case.status, details=details)
