"""Who is responsible for a case, and why: by the routing table, or because a person passed it on."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from reports.geography.area_index import areas_index
from reports.geography.place_names import area_label
from reports.geography.routing import Routing, routing_for
from reports.models import Body, Case, CaseEvent, WasteType
from reports.models.report import Problem


@dataclass(frozen=True)
class Responsible:
    """body: who has the case. why: the rest of the sentence, “because it lies in …”. by_hand: the event by which a person
    passed it on, which then is the reason."""

    body: Body | None
    why: str
    by_hand: CaseEvent | None = None


def responsible_for(case: Case) -> Responsible:
    """Who has it and why; where the table has changed since, who would have it today."""
    if (passed_on := _passed_on(case)) is not None:
        return Responsible(case.body, passed_on.reason, passed_on)
    point = (case.location.x, case.location.y) if case.location else None
    routing = routing_for(point=point, area=None if point else case.area, problem=case.problem, waste_group=case.waste_group)
    if routing is None:
        return Responsible(case.body, _("no line of the routing table fits"))
    if case.body_id != routing.route.body_id:
        sentence = _("the routing table has changed since: today it would be %(body)s, %(why)s")
        return Responsible(case.body, sentence % {"body": _name(routing.route.body), "why": routing_words(routing, point)})
    return Responsible(case.body, routing_words(routing, point))


def routing_words(routing: Routing, point: tuple[float, float] | None = None) -> str:
    """Why a line of the table won: “because it lies in bãi biển Mỹ Khê, and for burning waste”."""
    route, parts = routing.route, []
    if routing.area is not None:
        parts.append(_("because it lies in %(area)s") % {"area": area_label(routing.area, get_language() or settings.LANGUAGE_CODE, city_pack())})
    if route.problem:
        parts.append(_("because of the kind: %(kind)s") % {"kind": Problem(route.problem).label if route.problem in Problem.values else route.problem})
    if route.waste_group:
        group = WasteType.objects.filter(code=route.waste_group).first()
        parts.append(_("because of the waste: %(waste)s") % {"waste": _name(group) if group else route.waste_group})
    if parts:
        return ", ".join(parts)
    if point is not None and areas_index().locate(*point).approximate[0]:
        return _("because the borders of wards are only approximate here, and no other line of the routing table fits")
    return _("because no other line of the routing table fits")


def _passed_on(case: Case) -> CaseEvent | None:
    """The last time a person passed it on, where that still holds: not undone, and the place or kind not corrected since."""
    deciding = [CaseEvent.Kind.REROUTED, CaseEvent.Kind.MOVED, CaseEvent.Kind.KIND_CHANGED]
    undone = set(case.events.filter(kind=CaseEvent.Kind.UNDONE).values_list("details__undoes", flat=True))
    last = case.events.filter(kind__in=deciding).exclude(number__in=undone).select_related("actor").order_by("-number").first()
    return last if last and last.kind == CaseEvent.Kind.REROUTED and case.body and last.details.get("to") == case.body.code else None


def _name(row: Body | WasteType) -> str:
    return city_pack().named(row, get_language() or settings.LANGUAGE_CODE)
