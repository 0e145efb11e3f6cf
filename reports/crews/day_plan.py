"""What a team goes to on a day, in walking order, and what waits for a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import F, Prefetch, Q, QuerySet

from citylab.models import Member, Team
from citylab.permissions import visible
from reports.case_list.places import name_places
from reports.crews.route_order import length_m, metres_between, route_order
from reports.models import Case, Cleanup, CrewLink
from reports.models.case import NOT_WASTE, RUNNING

MOST_UNPLANNED = 200  # rows of the board's left side; its filters show the others
DONE = ("cleaned", "verified")


def cases_of(team: Team, day: date) -> QuerySet[Case]:
    """Everything that is, or was, this team's on that day."""
    return Case.objects.filter(team=team, planned_for=day).exclude(status__in=NOT_WASTE)


def cases_of_link(link: CrewLink) -> QuerySet[Case]:
    """The cases that a crew's link opens, and no others."""
    return cases_of(link.team, link.day)


def unplanned(member: Member, today: date, *, area: str = "", team: Team | None = None) -> QuerySet[Case]:
    """Open cases that no team goes to: never planned, or left over from a day that is past. The most urgent first.

    area: only of this one (code); team: only of the areas that this team works in.
    """
    found = visible(member, Case.objects.filter(status__in=RUNNING)).filter(Q(planned_for=None) | Q(team=None) | Q(planned_for__lt=today))
    if area:
        found = found.filter(area__code=area)
    if team is not None and (areas := list(team.areas.values_list("pk", flat=True))):
        found = found.filter(area__in=areas)
    return found.order_by("-priority", F("due_at").asc(nulls_last=True), "observed_at", "id")


@dataclass
class Round:
    """One team's day: its cases in walking order, each with `place` in words, `number` and `last_visit`."""

    team: Team
    cases: list[Case]
    metres: float

    @property
    def load(self) -> int:
        return len(self.cases)

    @property
    def km(self) -> float:
        return self.metres / 1000

    @property
    def is_over(self) -> bool:
        return self.load > self.team.capacity

    @property
    def done(self) -> int:
        return sum(case.status in DONE for case in self.cases)


def is_left(case: Case) -> bool:
    """Whether a crew still has to go there: open, not on hold, and not visited since it was planned or reopened."""
    if case.status not in RUNNING:
        return False
    last: Cleanup | None = getattr(case, "last_visit", None)
    return last is None or last.outcome not in (Cleanup.Outcome.PARTLY, Cleanup.Outcome.NOT_REACHED)


def rounds(teams: Sequence[Team], day: date, *, member: Member | None = None) -> list[Round]:
    """The day of each of these teams. member: only cases that this member may see."""
    rows = Case.objects.filter(team__in=teams, planned_for=day).exclude(status__in=NOT_WASTE)
    if member is not None:
        rows = visible(member, rows)
    of_day = list(rows.select_related("area", "body").prefetch_related(_visits_of(day)).order_by("pk"))
    name_places(of_day)
    return [_round(team, [case for case in of_day if case.team_id == team.pk]) for team in teams]


def round_of(team: Team, day: date) -> Round:
    """The day of one team."""
    (found,) = rounds([team], day)
    return found


def _round(team: Team, cases: list[Case]) -> Round:
    """In walking order; what has no point comes last."""
    located, others = [case for case in cases if case.location], [case for case in cases if not case.location]
    lon, lat = [case.location.x for case in located], [case.location.y for case in located]
    order = route_order(lon, lat)
    metres = length_m(order, metres_between(lon, lat)) if located else 0.0
    walked = [located[at] for at in order] + others
    for number, case in enumerate(walked, start=1):
        case.number = number
        visits = case.visits_of_day
        reopened: datetime | None = case.reopened_at
        case.last_visit = visits[0] if visits and (reopened is None or visits[0].at > reopened) else None
    return Round(team, walked, metres)


def _visits_of(day: date) -> Prefetch:
    """The visits of the team that has the case; a shift may end the next morning, and what it sends late comes after that."""
    first = datetime.combine(day, time.min, settings.CITY.tz)
    visits = Cleanup.objects.filter(at__gte=first, at__lt=first + timedelta(days=2), team=F("case__team")).order_by("-at", "-id")
    return Prefetch("cleanups", queryset=visits, to_attr="visits_of_day")
