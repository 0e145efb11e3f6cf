"""Verbs about which reports belong to which pile: merge them, split some off. `returning` takes a merge back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import h3.api.basic_int as h3
from django.contrib.gis.geos import Point
from django.db import transaction

from citylab import permissions
from citylab.models import Member
from reports.casework.changing import Act, Details, Kind, Outcome, act_on, act_on_all
from reports.casework.corrections import PUBLIC_RESOLUTION
from reports.casework.counting import count_apart
from reports.casework.errors import Missing, NotAllowed
from reports.casework.joint_deadline import join_deadlines
from reports.casework.verbs import close, seen_as
from reports.codes import random_codes
from reports.deadlines import deadlines
from reports.geography.routing import body_for
from reports.intake import lock_reporters
from reports.models import Case, CaseEvent, Photo, Report
from reports.models.case import OPEN, Status


def merge(case: Case, actor: Member | None, into: Case, *, seen: int | None = None) -> Case:
    """This case is the same pile as an open one: its reports, photos and subscribers move there, its history stays.

    Raises `Missing` when the other case is the same one, or no longer open.
    """
    with transaction.atomic():
        moving = _Moving([case], _lock_for_merge([case], actor, into))
        merged = act_on(case, moving.act(actor, seen_as(case, seen)))
        moving.settle(actor)
        return merged


def merge_all(
    cases: Iterable[Case], actor: Member | None, into: Case, *, seen: Mapping[int, int] = {}, tick: Callable[[int], object] = int
) -> Outcome:
    """Each of these is the same pile as `into`, which may be among them and is left as it is."""
    others = [case for case in cases if case.pk != into.pk]
    with transaction.atomic():
        moving = _Moving(others, _lock_for_merge(others, actor, into))
        outcome = act_on_all(others, moving.act(actor, seen), tick=tick)
        moving.settle(actor)
        return outcome


def split(case: Case, actor: Member | None, reports: Iterable[Report], *, seen: int | None = None) -> Case:
    """Some reports of a case tell of another pile: they open a case of their own, which is returned. Raises `Missing` for none or all."""
    wanted = [report.pk for report in reports]
    reporters = list(Report.objects.filter(pk__in=wanted, case=case.pk).exclude(reporter=None).values_list("reporter", flat=True).distinct())
    opened: list[Case] = []

    def change(case: Case, now: datetime) -> Details:
        mine = list(Report.objects.select_for_update(no_key=True, of=("self",)).filter(case=case).order_by("observed_at", "id"))
        leaving = [report for report in mine if report.pk in wanted]
        if not leaving or len(leaving) == len(mine):
            raise Missing("some of its reports")
        new = _opened_by(leaving[0], now)
        opened.append(new)
        Report.objects.filter(pk__in=[report.pk for report in leaving]).update(case=new)
        for side in (new, case):
            count_apart(side, reporters, now)
        if new.reports.filter(counts=True).exists():
            new.counts = True
            new.save(update_fields=["counts"])
        CaseEvent.objects.create(
            case=new, actor=actor, kind=Kind.SPLIT_OFF, at=now, from_status="", to_status=new.status, details={"from": case.code, "reports": len(leaving)}
        )
        return {"into": new.code, "reports": len(leaving)}

    with transaction.atomic():
        lock_reporters(Report.objects.filter(case=case.pk, reporter__in=reporters))  # before the case, as `release` does
        act_on(case, Act(actor, "split", Kind.SPLIT, change=change, seen=seen_as(case, seen)))
    return opened[0]


def _lock_for_merge(cases: list[Case], actor: Member | None, into: Case) -> Case:
    """All rows at once, in the order of their ids, so that two merges never wait for each other."""
    if not cases or any(case.pk == into.pk for case in cases):
        raise Missing("another case")
    ids = [into.pk, *(case.pk for case in cases)]
    target: Case = {row.pk: row for row in Case.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}[into.pk]
    if target.status not in OPEN:
        raise Missing("an open case to merge into")
    if not permissions.allowed(actor, "merge", target):
        raise NotAllowed("merge")
    return target


class _Moving:
    """What moves with the cases of one merge. Read once for all of them and written once, so that a thousand cost little more than
    one; every row is locked by then, and what each case brings stands in its own event."""

    def __init__(self, cases: Sequence[Case], target: Case) -> None:
        self.target = target
        ids = [case.pk for case in cases]
        self.reports: dict[int, list[tuple[int, bytes | None]]] = defaultdict(list)  # id, and its reporter where it counts
        for pk, case, counts, reporter in Report.objects.filter(case__in=ids).order_by("pk").values_list("pk", "case", "counts", "reporter"):
            self.reports[case].append((pk, bytes(reporter) if counts and reporter is not None else None))
        self.photos: dict[int, list[int]] = defaultdict(list)
        for pk, case in Photo.objects.filter(case__in=ids, cleanup=None).order_by("pk").values_list("pk", "case"):
            self.photos[case].append(pk)
        counted = Report.objects.filter(case=target, counts=True).exclude(reporter=None).values_list("reporter", flat=True)
        self.counted = {bytes(reporter) for reporter in counted}
        self.moved: list[int] = []
        self.pictures: list[int] = []
        self.uncounted: list[int] = []
        self.absorbed: list[tuple[str, int, bool, datetime]] = []
        self.deadlines: list[datetime | None] = []
        self.begins = False

    def act(self, actor: Member | None, seen: Mapping[int, int]) -> Act:
        return Act(actor, "merge", Kind.MERGED, change=self._change, seen=seen)

    def _change(self, case: Case, now: datetime) -> Details:
        reports, photos = self.reports[case.pk], self.photos[case.pk]
        # A reporter who already counts in the case that stays does not count again through the reports that join it.
        uncounted = [pk for pk, reporter in reports if reporter is not None and reporter in self.counted]
        self.counted |= {reporter for _pk, reporter in reports if reporter is not None}
        began = bool(case.counts and not self.target.counts)
        if began:
            self.target.counts = self.begins = True
        moved = [pk for pk, _reporter in reports]
        self.moved += moved
        self.pictures += photos
        self.uncounted += uncounted
        self.absorbed.append((case.code, len(moved), began, now))
        close(case, now)
        self.deadlines.append(case.due_at)  # of one that was on hold the wait is over, and its deadline has moved by it
        case.merged_into = self.target
        return {"into": self.target.code, "reports": moved, "photos": photos, "uncounted": uncounted, "began_to_count": began}

    def settle(self, actor: Member | None) -> None:
        """Write what moved, and what the case that stays tells of it."""
        if not self.absorbed:
            return
        if self.uncounted:
            Report.objects.filter(pk__in=self.uncounted).update(counts=False)
        Report.objects.filter(pk__in=self.moved).update(case=self.target)
        if self.pictures:
            Photo.objects.filter(pk__in=self.pictures).update(case=self.target)
        self.target.version += len(self.absorbed)
        due = join_deadlines(self.target, self.deadlines)
        self.target.save(update_fields=["version", "due_at", *(["counts"] if self.begins else [])])
        status = self.target.status
        CaseEvent.objects.bulk_create(
            CaseEvent(
                case=self.target, actor=actor, kind=Kind.ABSORBED, at=now, from_status=status, to_status=status,
                details={"from": code, "reports": reports} | ({"began_to_count": True} if began else {}) | due,
            )
            for code, reports, began, now in self.absorbed
        )


def _opened_by(report: Report, now: datetime) -> Case:
    """A new case at the place, of the kind and with the time of this report; whether it counts is for its reports to say."""
    public = None
    if report.location is not None:
        lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(report.location.y, report.location.x, PUBLIC_RESOLUTION))
        public = Point(lon, lat, srid=4326)
    point = (report.location.x, report.location.y) if report.location else None
    return Case.objects.create(
        code=random_codes(1)[0], status=Status.NEW, problem=report.problem, waste_group=report.waste_group, amount=report.amount,
        location=report.location, public_location=public, cell=report.cell, week=report.week, observed_at=report.observed_at,
        area=report.area, counts=False, opened_at=now, due_at=deadlines()(report.received_at, report.problem, report.amount),
        body=body_for(point=point, area=None if point else report.area, problem=report.problem, waste_group=report.waste_group),
    )  # fmt: skip
