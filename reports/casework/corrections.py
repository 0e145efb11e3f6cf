"""Verbs that put a case right and leave its state: place, kind, priority, who is responsible, notes and links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import h3.api.basic_int as h3
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from citylab import permissions
from citylab.models import Member
from reports.casework.changing import Act, Details, Kind, act_on, record
from reports.casework.errors import Missing, NotAllowed
from reports.casework.joint_deadline import is_promised
from reports.casework.verbs import days_waited, later_by, seen_as
from reports.clean_text import clean_text
from reports.deadlines import deadlines
from reports.geography.area_index import NOWHERE, areas_index
from reports.geography.routing import body_for
from reports.models import Body, Case
from reports.models.case import Priority
from reports.models.report import Amount, Problem
from reports.rules import CELL_RESOLUTION

PUBLIC_RESOLUTION = 11  # edge 29 m: the only point of a case that is public is the centre of such a cell


def move(case: Case, actor: Member | None, lon: float, lat: float, *, seen: int | None = None) -> Case:
    """The waste lies elsewhere: area, cell and responsible body follow. lon, lat: degrees. Raises `Missing` far outside the city."""
    index = areas_index()
    here = index.locate(lon, lat)
    if index.has_units and int(here.area_id[0]) == NOWHERE:
        raise Missing("a place in the city")

    def change(case: Case, now: datetime) -> Details:
        area = int(here.area_id[0])  # as intake does: a guessed border names an area, though it routes nothing
        case.location = Point(lon, lat, srid=4326)
        case.cell = h3.latlng_to_cell(lat, lon, CELL_RESOLUTION)
        public_lat, public_lon = h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, PUBLIC_RESOLUTION))
        case.public_location = Point(public_lon, public_lat, srid=4326)
        case.area_id = None if area == NOWHERE else area
        _route(case)
        return {}

    return act_on(case, Act(actor, "move", Kind.MOVED, change=change, seen=seen_as(case, seen)))


def change_kind(
    case: Case, actor: Member | None, *, problem: str = "", amount: str = "", waste_group: str | None = None, seen: int | None = None
) -> Case:
    """It is another kind of problem, amount or waste than was reported; what is left empty stays. Raises `Missing` for an unknown word."""
    if problem not in ("", *Problem.values) or amount not in ("", *Amount.values):
        raise Missing("a kind")

    def change(case: Case, now: datetime) -> Details:
        before = (case.problem, case.waste_group)
        case.problem, case.amount = problem or case.problem, amount or case.amount
        case.waste_group = case.waste_group if waste_group is None else waste_group
        if not is_promised(case):
            case.due_at = later_by(deadlines()(_told_at(case), case.problem, case.amount), days_waited(case))
        if (case.problem, case.waste_group) != before:  # another amount is nobody else's task, and a person may have passed it on
            _route(case)
        return {"problem": case.problem, "amount": case.amount}

    return act_on(case, Act(actor, "change_kind", Kind.KIND_CHANGED, change=change, seen=seen_as(case, seen)))


def prioritising(actor: Member | None, priority: int, seen: Mapping[int, int] = {}) -> Act:
    if priority not in Priority.values:
        raise Missing("a priority")

    def change(case: Case, now: datetime) -> Details:
        case.priority = priority
        return {"priority": priority}

    return Act(actor, "set_priority", Kind.PRIORITISED, change=change, seen=seen)


def set_priority(case: Case, actor: Member | None, priority: int, *, seen: int | None = None) -> Case:
    """How bad it is, from 0 low to 3 urgent. Raises `Missing` for any other number."""
    return act_on(case, prioritising(actor, priority, seen_as(case, seen)))


def reroute(case: Case, actor: Member | None, to: Body, reason: str, *, seen: int | None = None) -> Case:
    """Another body is responsible, against the routing table. Raises `Missing` without a reason."""
    if not clean_text(reason):
        raise Missing("reason")

    def change(case: Case, now: datetime) -> Details:
        before, case.body = case.body, to
        return {"from": before.code if before else "", "to": to.code}

    return act_on(case, Act(actor, "reroute", Kind.REROUTED, reason=reason, change=change, seen=seen_as(case, seen)))


def note(case: Case, actor: Member | None, text: str, *, seen: int | None = None) -> Case:
    """A private note among the staff. Raises `Missing` when it is empty."""
    if not clean_text(text):
        raise Missing("a text")
    return act_on(case, Act(actor, "note", Kind.NOTED, reason=text, seen=seen_as(case, seen)))


def link(case: Case, actor: Member | None, other: Case, *, seen: int | None = None) -> Case:
    """The two have to do with each other, and both stay. Raises `Missing` for the case itself."""
    if other.pk == case.pk:
        raise Missing("another case")
    with transaction.atomic():
        locked = {row.pk: row for row in Case.objects.select_for_update(no_key=True).filter(pk__in=[case.pk, other.pk]).order_by("pk")}
        if not permissions.allowed(actor, "link", locked[other.pk]):
            raise NotAllowed("link")
        changed = act_on(case, Act(actor, "link", Kind.LINKED, change=lambda c, now: {"with": other.code}, seen=seen_as(case, seen)))
        record(locked[other.pk], actor, Kind.LINKED, {"with": case.code})
    return changed


def hand_over(cases: Iterable[Case], actor: Member | None, to: Member | None, reason: str) -> int:
    """Give open cases to another member, or to nobody in particular; returns how many. Each gets its event."""
    now, count = timezone.now(), 0
    with transaction.atomic():
        for case in Case.objects.select_for_update(no_key=True).filter(pk__in=[case.pk for case in cases]).order_by("pk"):
            case.assigned_to = to
            case.version += 1
            case.save(update_fields=["assigned_to", "version"])
            record(case, actor, Kind.HANDED_OVER, {"to": to.username if to else ""}, at=now, reason=reason)
            count += 1
    return count


def _told_at(case: Case) -> datetime:
    """When the city was first told, from which the deadline runs; its case may be opened later."""
    received: datetime | None = case.reports.aggregate(first=Min("received_at"))["first"]
    return min(received, case.opened_at) if received else case.opened_at


def _route(case: Case) -> None:
    """Who is responsible at this place for this kind, by the city's table."""
    point = (case.location.x, case.location.y) if case.location else None
    case.body = body_for(point=point, area=None if point else case.area, problem=case.problem, waste_group=case.waste_group)
