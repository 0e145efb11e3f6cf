"""The dispatch board: what waits, who goes where on a day, the crews' links, and the work order on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from citylab.exports import asked_for
from citylab.models import Team
from citylab.permissions import visible
from citylab.templatetags.words import day as in_words
from citylab.templatetags.words import moment
from reports import casework
from reports.case_list.filter import YEARS, area_choices
from reports.case_list.places import name_places
from reports.crews import links
from reports.crews.day_plan import MOST_UNPLANNED, Round, round_of, rounds, unplanned
from reports.crews.work_order import work_order as printed
from reports.models import Case, CrewLink
from reports.pages.receipt_file import qr_drawing
from reports.pages.receipts import private

COLUMNS = ("day", "team", "number", "code", "status", "problem", "amount", "priority", "place", "due_at", "longitude", "latitude")
LINK_COLUMNS = ("id", "team", "day", "made_at", "made_by", "expires_at", "revoked_at")
MOST_TOLD = 5  # codes in a sentence
DAYS_BACK, DAYS_AHEAD = 7, 21  # what is offered to choose from; arrows and the address lead to any day


@require_http_methods(["GET", "HEAD", "POST"])
def board(request: HttpRequest) -> HttpResponse:
    """A day: on one side what no team goes to, beside it a column for each team with its load against its capacity."""
    day = read_day(request.GET.get("day", ""))
    if request.method == "POST":
        return _assign(request)
    area, only = request.GET.get("area", ""), _team(request.GET.get("team", ""))
    waiting = unplanned(request.user, timezone.localdate(), area=area, team=only)
    of_day = _rounds(request, day)
    data = asked_for(request, f"dispatch-{day}", COLUMNS, _rows(day, of_day, waiting))
    if data is not None:
        return data
    count = waiting.count()
    shown = list(waiting.select_related("area", "body", "team")[:MOST_UNPLANNED])
    name_places(shown)
    context = {
        "day": day, "today": timezone.localdate(), "days": _days(day, DAYS_BACK), "days_ahead": _days(day), "before": day - timedelta(days=1), "after": day + timedelta(days=1),
        "rounds": of_day, "waiting": shown, "count": count, "most": MOST_UNPLANNED, "areas": area_choices(request.user), "area": area, "only": only,
        "teams": [each.team for each in of_day], "now": timezone.now(), "here": request.get_full_path(),
    }  # fmt: skip
    return render(request, "staff/dispatch.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def crew_links(request: HttpRequest) -> HttpResponse:
    """The links of a day, open, over or taken back; making one shows it once, with its QR code."""
    day = read_day(request.POST.get("day", "") or request.GET.get("day", ""))
    if request.method == "POST" and request.POST.get("verb") == "revoke":
        link = get_object_or_404(CrewLink.objects.select_related("team"), pk=_number(request.POST.get("link", "")))
        links.revoke(link)
        messages.success(request, _("The link of %(team)s opens nothing any more.") % {"team": link.team.name})
        return redirect(f"{reverse('crew-links')}?{urlencode({'day': link.day.isoformat()})}")
    fresh: dict[str, Any] | None = None
    if request.method == "POST":
        team = _needed_team(request)
        try:
            link, token = links.make_link(team, day, request.user)
        except (links.ShiftOver, links.TooFarAhead) as trouble:
            messages.error(request, _no_link(team, trouble))
            return redirect(_board_of(day))
        address = links.address_of(token)
        fresh = {"link": link, "token": token, "address": address, "qr": qr_drawing(address)}
    found = CrewLink.objects.filter(day=day).select_related("team", "created_by").order_by("-created_at")
    data = asked_for(request, f"crew-links-{day}", LINK_COLUMNS, _link_rows(found)) if fresh is None else None
    if data is not None:
        return data
    context = {"day": day, "today": timezone.localdate(), "links": found, "fresh": fresh, "now": timezone.now(), "days_ahead": _days(day), "teams": Team.objects.filter(active=True).order_by("name")}
    answer = private(render(request, "staff/crew_links.html", context))
    answer["Referrer-Policy"] = "same-origin"  # with “no-referrer” a browser sends “Origin: null”, and no form of the page gets through
    return answer


@require_POST
def work_order(request: HttpRequest) -> HttpResponse:
    """The work order of a team and a day as a PDF. Its QR code is the crew's link: the one just made, or else a new one."""
    day, team = read_day(request.POST.get("day", "")), _needed_team(request)
    token = request.POST.get("token", "")
    link = links.link_of(token)
    if link is None or link.team_id != team.pk or link.day != day or not links.holds(link):
        try:
            link, token = links.make_link(team, day, request.user)
        except (links.ShiftOver, links.TooFarAhead) as trouble:
            messages.error(request, _no_link(team, trouble))
            return redirect(_board_of(day))
    answer = HttpResponse(printed(round_of(team, day), day, links.address_of(token), link.expires_at), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="work-order-{day}-{team.pk}.pdf"'
    return private(answer)


def read_day(text: str) -> date:
    """A day as addresses write it, 2026-11-18; today where it is missing, unreadable, or at an end of the calendar."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
    return day if day.year in YEARS else timezone.localdate()


def _days(day: date, back: int = 0) -> list[date]:
    """The days around today, and this one unless it is earlier than what is offered. A list, since browsers write the day of a
    date field in their own language's order."""
    first = timezone.localdate() - timedelta(days=back)
    offered = {first + timedelta(days=number) for number in range(back + DAYS_AHEAD + 1)}
    return sorted(offered | ({day} if back or day > first else set()))


def _rounds(request: HttpRequest, day: date) -> list[Round]:
    """Teams in service, and those out of service that still have something on that day."""
    busy = Case.objects.filter(planned_for=day).values("team")
    teams = Team.objects.filter(Q(active=True) | Q(pk__in=busy)).order_by("name")
    return rounds(list(teams), day, member=request.user)


def _assign(request: HttpRequest) -> HttpResponse:
    """Give the ticked cases to a team and a day; what somebody else changed meanwhile is told and left."""
    back = redirect(f"{reverse('dispatch')}?{request.GET.urlencode()}" if request.GET else reverse("dispatch"))
    team = _team(request.POST.get("to", ""))
    day = read_day(request.POST.get("day", ""))
    seen = dict(_ticked(request.POST.getlist("case")))
    if team is None or not team.active:
        messages.error(request, _("Choose a team that is in service. Nothing was changed."))
    elif day < timezone.localdate():
        messages.error(request, _("%(day)s is past. Choose today or a later day; nothing was changed.") % {"day": in_words(day)})
    elif not seen:
        messages.error(request, _("Tick at least one waste site first."))
    else:
        cases = {case.code: case for case in visible(request.user, Case.objects.filter(code__in=seen))}
        act = casework.assigning(request.user, team=team, day=day, seen={cases[code].pk: version for code, version in seen.items() if code in cases})
        outcome = casework.act_on_all(cases.values(), act)
        _tell(request, outcome, team, day)
    return back


def _tell(request: HttpRequest, outcome: casework.Outcome, team: Team, day: date) -> None:
    if outcome.done:
        words = ngettext("%(n)s waste site goes to %(team)s on %(day)s.", "%(n)s waste sites go to %(team)s on %(day)s.", len(outcome.done))
        messages.success(request, words % {"n": len(outcome.done), "team": team.name, "day": in_words(day)})
        load = Case.objects.filter(team=team, planned_for=day).count()
        if load > team.capacity:
            messages.warning(request, _("%(team)s now has %(load)s of %(capacity)s: more than it can clean in a shift.") % {"team": team.name, "load": load, "capacity": team.capacity})
    if outcome.not_done:
        codes = ", ".join(case.code for case, _why in outcome.not_done[:MOST_TOLD])
        words = ngettext(
            "%(n)s was left as it is, since somebody else changed it meanwhile: %(codes)s.",
            "%(n)s were left as they are, since somebody else changed them meanwhile: %(codes)s.", len(outcome.not_done),
        )  # fmt: skip
        messages.error(request, words % {"n": len(outcome.not_done), "codes": codes + (" …" if len(outcome.not_done) > MOST_TOLD else "")})


def _ticked(values: list[str]) -> Iterator[tuple[str, int]]:
    """CODE:VERSION → the code and the version that was seen."""
    for value in values:
        code, _colon, version = value.partition(":")
        if version.isdecimal():
            yield code, int(version[:9])


def _team(text: str) -> Team | None:
    number = _number(text)
    return Team.objects.filter(pk=number).first() if number else None


def _needed_team(request: HttpRequest) -> Team:
    team = _team(request.POST.get("team", ""))
    if team is None or not team.active:
        raise Http404
    return team


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _no_link(team: Team, trouble: links.ShiftOver | links.TooFarAhead) -> str:
    if isinstance(trouble, links.TooFarAhead):
        return _("A link is made at most %(days)s days ahead: whoever has it can open it from now on.") % {"days": links.AHEAD_DAYS}
    return _("The shift of %(team)s ended at %(at)s: a link for it would open nothing.") % {"team": team.name, "at": moment(trouble.ended_at)}


def _board_of(day: date) -> str:
    return f"{reverse('dispatch')}?{urlencode({'day': day.isoformat()})}"


def _rows(day: date, of_day: list[Round], waiting: Any) -> Iterator[tuple[Any, ...]]:
    for each in of_day:
        for case in each.cases:
            yield (day, each.team.name, case.number, *_told(case))
    left = list(waiting.select_related("area"))
    name_places(left)
    for case in left:
        yield (None, None, None, *_told(case))


def _told(case: Case) -> tuple[Any, ...]:
    point = case.location
    return (case.code, case.status, case.problem, case.amount, case.priority, case.place, case.due_at, point and round(point.x, 6), point and round(point.y, 6))


def _link_rows(found: Any) -> Iterator[tuple[Any, ...]]:
    for link in found:
        yield link.pk, link.team.name, link.day, link.created_at, link.created_by and link.created_by.username, link.expires_at, link.revoked_at
