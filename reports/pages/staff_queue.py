"""The queue: list, map and the detail of one case; and the one address to which every action of it goes.

Complete without JavaScript: a row is a link to the same page with that case opened, every action a form. With it, htmx fetches the
detail alone, an action answers with the rows that it changed, and one on many cases tells its progress line by line.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import CharField, Prefetch, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from citylab.exports import MOST_ROWS, asked_for
from citylab.models import Member, Team
from citylab.permissions import VERBS, own_areas, visible
from reports import casework, codes
from reports.case_list.filter import CaseFilter
from reports.case_list.order import ORDERS
from reports.casework import NotDone
from reports.duplicates import distance_m, suggestions
from reports.geography.area_index import areas_index
from reports.geography.search_text import plain
from reports.models import Case, Photo, ReplyTemplate
from reports.models.case import Priority, Status
from reports.models.report import Problem
from reports.pages.desk.refusals import left_over
from reports.pages.queue_row import RowWriter
from reports.pages.queue_words import done_words, undone_words, why_not
from reports.pages.see_other import SeeOther
from reports.photos import publishing
from reports.photos.private_photos import may_see_photos
from reports.queue.acting import Done, chosen, do_all, do_one
from reports.queue.asked import Asked, assignable
from reports.queue.rows import dress, for_rows, know_areas, suggest, with_names
from reports.queue.saved_views import count_views, shown, views_of
from reports.queue.undoing import Undone, token_for, undo

COLUMNS = (
    "code", "status", "priority", "problem", "waste_group", "amount", "area", "body", "team", "assigned_to", "planned_for", "observed_at", "due_at",
    "longitude", "latitude",
)  # fmt: skip
MOST_OTHERS = 8
MOST_SAID = 3  # descriptions in the detail; the case's page has all
SHOWN_S = 10  # how long the page offers an undo; the server takes it for a minute
CONTEXT_NAMES = ("q", "area", "problem", "priority", "team", "assignee", "since", "until")
FLAGS = ("unassigned", "overdue", "due_soon", "reopened", "held", "unsure")
REFUSED = (NotDone, publishing.NotAllowed, publishing.NotPossible, publishing.RenditionDamaged, OSError)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The list with its filters, its saved views, the map, and the case that was opened."""
    wanted = CaseFilter.read(request.GET, "deadline")
    if request.GET.get("format") in ("csv", "json"):
        return asked_for(request, "queue", COLUMNS, _rows(wanted.rows(request.user)))
    return _page(request, request.GET, wanted)


@require_safe
def queue_case(request: HttpRequest, code: str) -> HttpResponse:
    """The detail of one case as a part of the page; whoever opens it alone is brought to the page."""
    know_areas(request.user)
    case = get_object_or_404(visible(request.user, with_names(Case.objects.all())), code=codes.parse_code(code) or code)
    back = request.GET.copy()
    if request.headers.get("HX-Request") != "true":
        back["case"] = case.code
        return SeeOther(f"{reverse('queue')}?{back.urlencode()}")
    return render(request, "staff/queue/_case.html", detail(request, case, back.urlencode()))


@require_POST
def queue_act(request: HttpRequest) -> HttpResponse:
    """One verb on one case, on those that were chosen, or on all of a view; or the undo of such an action."""
    if request.POST.get("verb") == "undo":
        return _undo(request)
    try:
        asked = Asked.read(request.POST)
        cases = chosen(request.user, asked)
        if asked.is_for_one:
            return _done(request, do_one(request.user, asked, cases[0]))
        steps = do_all(request.user, asked, cases)
    except REFUSED as why:
        return _fault(request, why)
    if "application/x-ndjson" in request.headers.get("Accept", ""):
        return _streamed(steps, lambda done: _toast(request, done_words(done), token_for(done, request.user), many=True))
    return _done(request, _last(steps))


# --- the page -------------------------------------------------------------------------------------------
def _page(request: HttpRequest, query: QueryDict, wanted: CaseFilter, *, fault: str = "", status: int = 200, opened: str = "") -> HttpResponse:
    member, now = request.user, timezone.now()
    know_areas(member)
    among = visible(member, Case.objects.all())
    cases, before = wanted.cut(for_rows(wanted.rows(member, among)))
    dress(cases, member, now)
    suggest(cases, member)
    views = shown(views_of(member), query.urlencode(), member)
    total = count_views(views, wanted, member, among)
    opened = opened or query.get("case", "")
    open_case = with_names(among).filter(code=opened).first() if opened else None
    may_act, chosen_codes = member.role in VERBS["confirm"], request.POST.getlist("case") if fault else []
    row = RowWriter(_without(query, "case", "format", "view_name"), may_act=may_act, opened=opened, chosen=chosen_codes)
    context: dict[str, Any] = {
        "filter": wanted, "cases": cases, "rows": [row.write(case) for case in cases], "before": before, "total": total, "views": views, "view_here": next((view for view in views if view.here), None),
        "view": _without(query, "before", "case", "format", "view_name"), "back": _without(query, "case", "format", "view_name"), "as_of": now.isoformat(),
        "orders": [(name, order.label) for name, order in ORDERS.items() if wanted.is_of_open or not order.open_only],
        "areas": _area_choices(member), "problems": Problem.choices, "priorities": Priority.choices, "states": Status.choices, "hands": _hands(),
        "narrowed": [name for name in (*CONTEXT_NAMES, *FLAGS) if query.get(name)], "may_act": may_act,
        "map": _map_settings(), "fault": fault, "toast": request.session.pop("queue-toast", None) if "queue-toast" in request.session else None,
        "shown_s": SHOWN_S, "typed": request.POST if fault and not opened else {}, "view_name": query.get("view_name", ""),
    }  # fmt: skip
    if open_case:
        following = [case.code for case in cases]
        at = following.index(opened) if opened in following else -1
        context |= detail(request, open_case, context["back"], fault=fault) | {"next": following[at + 1] if at + 1 < len(following) else ""}
    return render(request, "staff/queue.html", context, status=status)


def detail(request: HttpRequest, case: Case, back: str, *, fault: str = "") -> dict[str, Any]:
    """What the detail of one case shows: its photos, what was said, the last of its history, what it may be the same as, its forms."""
    member, now = request.user, timezone.now()
    dress([case], member, now)
    photos = Photo.objects.filter(kind=Photo.Kind.REPORT).exclude(state=Photo.State.QUARANTINED).select_related("check_for_people").order_by("position")
    reports = list(case.reports.filter(withdrawn_at=None).prefetch_related(Prefetch("photos", queryset=photos)).order_by("observed_at", "id")[:10])
    verbs = casework.possible(case, member) if member.role in VERBS["confirm"] else []
    others = _others(member, case) if "merge" in verbs else []
    return {
        "case": case, "reports": reports, "said": list(dict.fromkeys(report.description for report in reports if report.description))[:MOST_SAID], "verbs": verbs, "others": others, "likely": sum(1 for other in others if other.pair), "back": back, "fault": fault,
        "typed": request.POST if fault else {}, "into_chosen": request.POST.getlist("into") if fault else [],
        "left_over": left_over(request.POST, verbs) if fault else "", "hands": _hands() if "assign" in verbs else [], "priorities": Priority.choices,
        "to_publish": publishing.checked_photos(case).count() if "confirm" in verbs and may_see_photos(member) else 0,
        "events": case.events.select_related("actor").order_by("-number", "-id")[:4],
        "texts": ReplyTemplate.objects.filter(verb=ReplyTemplate.Verb.REFUSE, active=True, problem__in=["", case.problem]) if "refuse" in verbs else [],
    }  # fmt: skip


def _others(member: Member, case: Case) -> list[Case]:
    """Other open cases that this one may be the same as: likely duplicates first, each with its `pair`, then what is close by (without a
    point, in the same area)."""
    likely = {pair.case.pk: pair for pair in suggestions(case, member)[:MOST_OTHERS]}
    others = with_names(visible(member, Case.objects.open().exclude(pk=case.pk)))
    around = others.filter(location__dwithin=(case.location, 0.003)) if case.location else others.filter(location=None, area=case.area_id)
    found = list(others.filter(pk__in=likely)) if likely else []
    found += around.exclude(pk__in=likely).order_by("-observed_at", "-id")[:50]
    for other in found:
        other.pair, other.metres = likely.get(other.pk), distance_m(case, other)
    found.sort(key=lambda other: (-other.pair.score if other.pair else 0, other.metres or 0))
    found = found[:MOST_OTHERS]
    dress(found, member, timezone.now())
    return found


def _hands() -> list[tuple[str, str, str]]:
    """Teams and members who can be given a case, in one statement: (team:3, its name, team)."""
    teams = Team.objects.filter(active=True).values_list(Value("team"), Cast("pk", CharField()), "name", Value(""))
    people = assignable().values_list(Value("member"), "username", "first_name", "last_name")
    found = [(f"{kind}:{key}", f"{first} {last}".strip() or key, kind) for kind, key, first, last in teams.union(people, all=True)]
    return sorted(found, key=lambda hand: (hand[2] != "team", hand[1].casefold()))


def _area_choices(member: Member) -> list[tuple[str, str]]:
    """As `reports.case_list.filter.area_choices`, from what this process keeps in memory."""
    own = own_areas(member)
    rows = sorted((row for row in areas_index().rows.values() if row.unit and (own is None or row.id in own)), key=lambda row: (plain(row.name), row.name))
    return [(row.code, row.full_name or row.name) for row in rows]


def _map_settings() -> dict[str, Any]:
    city = settings.CITY
    tiles = {layer: reverse("staff-tile", kwargs={"layer": layer, "z": 0, "x": 0, "y": 0}).replace("/0/0/0", "/{z}/{x}/{y}") for layer in ("basemap", "areas", "cases")}
    return {
        "worker": static("build/maplibre-gl-worker.js"), "tiles": tiles, "centre": list(city.centre), "zoom": city.zoom,
        "exact": any(row.unit and not row.approximate for row in areas_index().rows.values()),
        "names": "name" if get_language() == settings.LANGUAGE_CODE else "name_en",
        "words": {
            "Map.Title": _("Map of the waste sites. Arrow keys move it, plus and minus change the scale; the list says the same."),
            "NavigationControl.ZoomIn": _("Closer"), "NavigationControl.ZoomOut": _("Farther"), "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
        },
    }  # fmt: skip


def _rows(cases: QuerySet[Case]) -> Iterator[tuple]:
    fields = (
        "code", "status", "priority", "problem", "waste_group", "amount", "area__code", "body__code", "team__name", "assigned_to__username", "planned_for",
        "observed_at", "due_at", "location",
    )  # fmt: skip
    for *values, point in cases.values_list(*fields)[:MOST_ROWS].iterator(chunk_size=2000):
        yield (*values, point and point.x, point and point.y)


# --- answers --------------------------------------------------------------------------------------------
def _done(request: HttpRequest, done: Done) -> HttpResponse:
    return _answer(request, done.cases, done_words(done), token_for(done, request.user), acted=True)


def _undo(request: HttpRequest) -> HttpResponse:
    try:
        steps = undo(request.POST.get("token", ""), request.user)
        if "application/x-ndjson" in request.headers.get("Accept", ""):
            return _streamed(steps, lambda undone: _toast(request, undone_words(undone), ""))
        undone = _last(steps)
    except REFUSED as why:
        return _fault(request, why)
    return _answer(request, undone.cases, undone_words(undone), "", acted=False)


def _answer(request: HttpRequest, cases: list[Case], words: str, token: str, *, acted: bool) -> HttpResponse:
    """The changed rows and what was done: as parts for htmx, else the page again with the next case opened."""
    if request.headers.get("HX-Request") != "true":
        request.session["queue-toast"] = {"words": words, "token": token}
        opened = request.POST.get("next", "") if acted else cases[0].code if len(cases) == 1 else ""
        back = QueryDict(_without(QueryDict(request.POST.get("back", "")), "case", "format"), mutable=True)
        if opened:
            back["case"] = opened
        return SeeOther(f"{reverse('queue')}?{back.urlencode()}")
    answer = HttpResponse(_row_parts(request, cases, acted=acted) + _toast(request, words, token))
    answer["HX-Reswap"] = "none"
    answer["HX-Trigger-After-Settle"] = json.dumps({"queue-acted" if acted else "queue-undone": {"codes": [case.code for case in cases]}})
    return answer


def _fault(request: HttpRequest, why: Exception) -> HttpResponse:
    """Nothing was done; what was typed stays, and who was quicker is named."""
    words, status = why_not(why), 409 if isinstance(why, casework.Stale | casework.TooLate | casework.NotPossible) else 422
    sent = request.POST.getlist("case")
    know_areas(request.user)
    cases = visible(request.user, with_names(Case.objects.all()))
    case = cases.filter(code=sent[0]).first() if len(sent) == 1 and request.POST.get("all") != "1" else None
    if "application/x-ndjson" in request.headers.get("Accept", ""):
        return HttpResponse(json.dumps({"fault": words}, ensure_ascii=False) + "\n", content_type="application/x-ndjson", status=status)
    if request.headers.get("HX-Request") != "true":
        query = QueryDict(request.POST.get("back", ""))
        return _page(request, query, CaseFilter.read(query, "deadline"), fault=words, status=status, opened=case.code if case else "")
    if case is None:
        answer = HttpResponse(_toast(request, words, "", fault=True), status=status)
        answer["HX-Reswap"] = "none"
        return answer
    context = detail(request, case, request.POST.get("back", ""), fault=words)
    return HttpResponse(render_to_string("staff/queue/_case.html", context, request) + _row_parts(request, [case], acted=False), status=status)


def _row_parts(request: HttpRequest, cases: list[Case], *, acted: bool) -> str:
    ids = [case.pk for case in cases]
    fresh = list(for_rows(Case.objects.filter(pk__in=ids))) if len(ids) <= 50 else []
    know_areas(request.user)
    dress(fresh, request.user, timezone.now())
    suggest(fresh, request.user)
    row = RowWriter(request.POST.get("back", ""), may_act=True, acted=acted, apart=True)
    return "".join(row.write(case) for case in fresh)


def _toast(request: HttpRequest, words: str, token: str, *, fault: bool = False, many: bool = False) -> str:
    toast = {"words": words, "token": token, "fault": fault, "many": many}
    return render_to_string("staff/queue/_toast.html", {"toast": toast, "apart": True, "shown_s": SHOWN_S, "back": request.POST.get("back", "")}, request)


def _streamed(steps: Iterator[Done | Undone], toast: Any) -> StreamingHttpResponse:
    """A line of JSON after each lot, and a last one with what was done."""

    def lines() -> Iterator[str]:
        last = None
        for last in steps:
            yield json.dumps({"done": last.gone_through, "of": last.of}) + "\n"
        yield json.dumps({"toast": toast(last), "left": len(getattr(last, "not_done", getattr(last, "left", [])))}, ensure_ascii=False) + "\n"

    answer = StreamingHttpResponse(lines(), content_type="application/x-ndjson")
    answer["Content-Encoding"] = "identity"  # compressed, the first lines would wait for the last
    answer["X-Accel-Buffering"] = "no"
    return answer


def _last(steps: Iterator) -> Any:
    """Goes through all steps; gives where they ended."""
    return deque(steps, maxlen=1).pop()


def _without(query: QueryDict, *names: str) -> str:
    """A query without some of its names."""
    kept = query.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()
