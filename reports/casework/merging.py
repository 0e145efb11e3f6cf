"""Verbs about which reports belong to which pile: merge, take a merge back exactly, split reports off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import h3.api.basic_int as h3
from django.contrib.gis.geos import Point
from django.db import transaction

from citylab import permissions
from citylab.models import Member
from reports.casework.changing import Act, Details, Kind, Outcome, act_on, act_on_all, record
from reports.casework.corrections import PUBLIC_RESOLUTION
from reports.casework.errors import Missing, NotAllowed
from reports.casework.verbs import close, restore, seen_as
from reports.codes import random_codes
from reports.deadlines import deadlines
from reports.geography.routing import body_for
from reports.models import Case, CaseEvent, Photo, Report
from reports.models.case import OPEN, Status


def merge(case: Case, actor: Member | None, into: Case, *, seen: int | None = None) -> Case:
    """This case is the same pile as an open one: its reports, photos and subscribers move there, its history stays.

    Raises `Missing` when the other case is the same one, or no longer open.
    """
    with transaction.atomic():
        target = _lock_for_merge([case], actor, into)
        return act_on(case, _merging(actor, target, seen_as(case, seen)))


def merge_all(
    cases: Iterable[Case], actor: Member | None, into: Case, *, seen: Mapping[int, int] = {}, tick: Callable[[int], object] = int
) -> Outcome:
    """Each of these is the same pile as `into`, which may be among them and is left as it is."""
    others = [case for case in cases if case.pk != into.pk]
    with transaction.atomic():
        target = _lock_for_merge(others, actor, into)
        return act_on_all(others, _merging(actor, target, seen), tick=tick)


def unmerge(case: Case, actor: Member | None, *, seen: int | None = None) -> Case:
    """They are two piles after all: what the merge moved moves back, and both count as they did."""
    with transaction.atomic():
        into = Case.objects.values_list("merged_into", flat=True).get(pk=case.pk)
        list(Case.objects.select_for_update().filter(pk__in=[case.pk, *_line(into)]).order_by("pk"))
        return act_on(case, Act(actor, "unmerge", Kind.UNMERGED, change=unmerging(actor), seen=seen_as(case, seen)))


def unmerging(actor: Member | None) -> Callable[[Case, datetime], Details]:
    """The change that takes the last merge of a case back."""

    def change(case: Case, now: datetime) -> Details:
        merged = case.events.filter(kind=Kind.MERGED).order_by("-number").first()
        if merged is None or case.merged_into_id is None or "reports" not in merged.details:
            raise Missing("what the merge moved")
        moved, places = merged.details, _line(case.merged_into_id)
        target = Case.objects.get(pk=case.merged_into_id)
        Report.objects.filter(pk__in=moved["reports"], case__in=places).update(case=case.pk)
        Report.objects.filter(pk__in=moved["uncounted"], case=case.pk).update(counts=True)
        Photo.objects.filter(pk__in=moved["photos"], case__in=places).update(case=case.pk)
        if moved["began_to_count"]:
            Case.objects.filter(pk=target.pk).exclude(reports__counts=True).update(counts=False)
        _note_version(target)
        record(target, actor, Kind.GAVE_BACK, {"to": case.code, "reports": len(moved["reports"])}, at=now)
        restore(case, merged.details["was"])
        return {"from": target.code}

    return change


def split(case: Case, actor: Member | None, reports: Iterable[Report], *, seen: int | None = None) -> Case:
    """Some reports of a case tell of another pile: they open a case of their own, which is returned. Raises `Missing` for none or all."""
    wanted = [report.pk for report in reports]
    opened: list[Case] = []

    def change(case: Case, now: datetime) -> Details:
        mine = list(Report.objects.select_for_update(no_key=True, of=("self",)).filter(case=case).order_by("observed_at", "id"))
        leaving = [report for report in mine if report.pk in wanted]
        if not leaving or len(leaving) == len(mine):
            raise Missing("some of its reports")
        new = _opened_by(leaving[0], any(report.counts for report in leaving), now)
        opened.append(new)
        Report.objects.filter(pk__in=[report.pk for report in leaving]).update(case=new)
        CaseEvent.objects.create(
            case=new, actor=actor, kind=Kind.SPLIT_OFF, at=now, from_status="", to_status=new.status, details={"from": case.code, "reports": len(leaving)}
        )
        return {"into": new.code, "reports": len(leaving)}

    act_on(case, Act(actor, "split", Kind.SPLIT, change=change, seen=seen_as(case, seen)))
    return opened[0]


def _lock_for_merge(cases: list[Case], actor: Member | None, into: Case) -> Case:
    """All rows at once, in the order of their ids, so that two merges never wait for each other."""
    if not cases or any(case.pk == into.pk for case in cases):
        raise Missing("another case")
    ids = [into.pk, *(case.pk for case in cases)]
    target = {row.pk: row for row in Case.objects.select_for_update().filter(pk__in=ids).order_by("pk")}[into.pk]
    if target.status not in OPEN:
        raise Missing("an open case to merge into")
    if not permissions.allowed(actor, "merge", target):
        raise NotAllowed("merge")
    return target


def _merging(actor: Member | None, target: Case, seen: Mapping[int, int]) -> Act:
    def change(case: Case, now: datetime) -> Details:
        moved = list(Report.objects.filter(case=case).values_list("pk", flat=True))
        photos = list(Photo.objects.filter(case=case, cleanup=None).values_list("pk", flat=True))
        uncounted = _count_reporters_once(target, moved)
        began = bool(case.counts and Case.objects.filter(pk=target.pk, counts=False).update(counts=True))
        Report.objects.filter(pk__in=moved).update(case=target)
        Photo.objects.filter(pk__in=photos).update(case=target)
        _note_version(target)
        record(target, actor, Kind.ABSORBED, {"from": case.code, "reports": len(moved)}, at=now)
        close(case, now)
        case.merged_into = target
        return {"into": target.code, "reports": moved, "photos": photos, "uncounted": uncounted, "began_to_count": began}

    return Act(actor, "merge", Kind.MERGED, change=change, seen=seen)


def _note_version(case: Case) -> None:
    """Whoever looks at the other case of a merge saw an older one."""
    case.version += 1
    Case.objects.filter(pk=case.pk).update(version=case.version)


def _count_reporters_once(case: Case, joining: list[int]) -> list[int]:
    """A reporter who already counts in `case` does not count again through the reports that join it; returns the ids of those."""
    counted = Report.objects.filter(case=case, counts=True).exclude(reporter=None).values("reporter")
    twice = Report.objects.filter(pk__in=joining, counts=True, reporter__in=counted)
    ids = list(twice.values_list("pk", flat=True))
    Report.objects.filter(pk__in=ids).update(counts=False)
    return ids


def _line(pk: int | None) -> list[int]:
    """A case, the one it was merged into, and so on."""
    line: list[int] = []
    while pk is not None and pk not in line:
        line.append(pk)
        pk = Case.objects.values_list("merged_into", flat=True).get(pk=pk)
    return line


def _opened_by(report: Report, counts: bool, now: datetime) -> Case:
    """A new case at the place, of the kind and with the time of this report."""
    public = None
    if report.location is not None:
        lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(report.location.y, report.location.x, PUBLIC_RESOLUTION))
        public = Point(lon, lat, srid=4326)
    point = (report.location.x, report.location.y) if report.location else None
    return Case.objects.create(
        code=random_codes(1)[0], status=Status.NEW, problem=report.problem, waste_group=report.waste_group, amount=report.amount,
        location=report.location, public_location=public, cell=report.cell, week=report.week, observed_at=report.observed_at,
        area=report.area, counts=counts, opened_at=now, due_at=deadlines()(report.received_at, report.problem, report.amount),
        body=body_for(point=point, area=None if point else report.area, problem=report.problem, waste_group=report.waste_group),
    )  # fmt: skip
