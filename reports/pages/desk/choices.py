"""What the forms of the case page offer: teams, people, bodies, kinds of waste, ready answers."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from citylab.models import Member, Role, Team
from citylab.permissions import ROLES, Audience
from reports.models import Body, Case, ReplyTemplate, WasteType


def teams_for(case: Case) -> list[Team]:
    """Teams that work, those of the case's area first; a team without areas works everywhere."""
    teams = Team.objects.filter(active=True).prefetch_related("areas").annotate(of_area=Count("pk", filter=Q(areas=case.area_id)), areas_in_all=Count("areas"))
    return sorted(teams, key=lambda team: (not team.of_area, bool(team.areas_in_all), team.name))


def members_for(case: Case) -> QuerySet[Member]:
    """The people who may work on this case."""
    workers = Member.objects.filter(is_active=True, role__in=ROLES[Audience.CASEWORKERS])
    return workers.filter(~Q(role=Role.OFFICER) | Q(areas=None) | Q(areas=case.area_id)).distinct().order_by("first_name", "last_name", "username")


def bodies_for(case: Case) -> list[Body]:
    """Every body but the one that has it: the city's own ones first, then those of the units."""
    return list(Body.objects.exclude(pk=case.body_id).order_by("area", "name"))


def waste_groups() -> QuerySet[WasteType]:
    """The kinds of waste that residents see, each a group."""
    return WasteType.objects.filter(active=True, resident=True).order_by("order", "code")


def templates_for(case: Case) -> dict[str, list[ReplyTemplate]]:
    """Ready answers by verb, those for this very kind of problem first."""
    found: dict[str, list[ReplyTemplate]] = {}
    for row in ReplyTemplate.objects.filter(active=True, problem__in=["", case.problem]).order_by("position", "name"):
        found.setdefault(row.verb, []).append(row)
    return {verb: sorted(rows, key=lambda row: not row.problem) for verb, rows in found.items()}
