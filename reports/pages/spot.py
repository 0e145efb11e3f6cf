"""The public page of a waste site: what became of it, and “is it clean?” for whoever is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from reports import codes, notices
from reports.follow_up import NotTaken, give_verdict
from reports.follow_up.verdicts import answers_until, distance_m, is_asked
from reports.intake import reporter_of
from reports.models import Case, CaseEvent, Report, Verdict
from reports.models.case import Status
from reports.pages.case_photos import photos_before_and_after
from reports.pages.follow_up_words import why_not_taken
from reports.pages.receipt_file import qr_drawing
from reports.pages.reporter_acts import ANSWERS
from reports.pages.see_other import SeeOther
from reports.progress import standing_for
from reports.public_cases import is_few, public_cases
from reports.public_list.filter import waste_choices
from reports.public_list.words import State, places_of, state_of
from reports.signs import known as signs

FRESH_S = 60
Kind = CaseEvent.Kind


@dataclass(frozen=True)
class Change:
    """One line of a place's history, with no finer time than the day."""

    at: datetime
    words: str
    more: str = ""
    tone: str = ""


@require_safe
def spot(request: HttpRequest, code: str) -> HttpResponse:
    """What anybody may know of one waste site. A case that was merged leads to the one that stayed."""
    found = _case(code)
    if found is None:
        return render(request, "resident/spot_unknown.html", {"typed": code[:40]}, status=404)
    standing = standing_for(found)
    if standing.code != code:
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(reverse("spot", args=[standing.code]) + query)
    return _page(request, standing)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def spot_verdict(request: HttpRequest, code: str) -> HttpResponse:
    """“Clean” or “not clean”, of somebody who proves to be there. No cookie says who anybody is, so there is nothing to forge."""
    found = _case(code)
    if found is None or request.method != "POST":
        return redirect("spot", code=code)
    case = standing_for(found)
    clean = ANSWERS.get(request.POST.get("answer", ""))
    try:
        if clean is None:
            raise NotTaken("no_answer")
        source, apart = _how_they_know(request, case)
        give_verdict(case, clean, source, reporter=_voice(request, case), distance_m=apart)
    except NotTaken as refusal:
        sentence = _("Choose one of the two answers.") if refusal.code == "no_answer" else why_not_taken(refusal)
        return _page(request, case, sentence)
    return SeeOther(f"{reverse('spot', args=[case.code])}?{urlencode({'answered': 'clean' if clean else 'not-clean'})}#answer")


def _how_they_know(request: HttpRequest, case: Case) -> tuple[str, float]:
    """How somebody proves to be at the place, and how far that is from it in metres. Raises NotTaken."""
    sign = signs.sign_of(request.POST.get("sign", ""))
    if sign is not None and signs.proves(request.POST.get("proof", ""), sign):
        return Verdict.Source.SIGN, distance_m(case, sign.location.x, sign.location.y, 0)
    try:
        lon, lat, accuracy = (float(request.POST.get(name, "")) for name in ("lon", "lat", "accuracy_m"))
    except ValueError:
        raise NotTaken("no_proof") from None
    return Verdict.Source.NEAR, distance_m(case, lon, lat, accuracy)


def _voice(request: HttpRequest, case: Case) -> bytes:
    """What tells people apart: the device, where it keeps a name; all others at a place are one voice together."""
    device = request.POST.get("device", "")[:200]
    hashed = reporter_of(device or f"nameless at {case.code}")
    assert hashed is not None
    return hashed


def _case(code: str) -> Case | None:
    known = codes.parse_code(code)
    return Case.objects.select_related("area", "body", "merged_into", "recurs_of").filter(code=known).first() if known else None


def _page(request: HttpRequest, case: Case, error: str = "") -> HttpResponse:
    answered = ANSWERS.get(request.GET.get("answered", ""))
    typed = request.POST if error else request.GET
    sign = signs.sign_of(typed.get("sign", ""))
    proven = sign is not None and signs.proves(typed.get("proof", ""), sign)
    url = settings.SITE_URL + reverse("spot", args=[case.code])
    gone = case.status == Status.WITHDRAWN
    sent = Report.objects.filter(case=case, withdrawn_at=None).count()
    context = {
        "case": case, "place": places_of([case])[0], "state": _state(case), "gone": gone, "waste": _waste(case), "sent": 0 if is_few(sent) else sent,
        "photos": [] if gone else photos_before_and_after(case), "history": list(_history(case)), "notices": _notices(case),
        "before": case.recurs_of if case.recurs_of and public_cases().filter(pk=case.recurs_of_id).exists() else None,
        "after": list(public_cases().filter(recurs_of=case).order_by("observed_at")[:5]),
        "asked_until": answers_until(case) if is_asked(case) else None, "answered": answered, "error": error,
        "sign": sign if proven else None, "proof": typed.get("proof", "") if proven else "", "can_be_near": case.public_location is not None,
        "report_here": f"{reverse('report')}?{urlencode(_here(case, sign))}", "url": url, "qr": qr_drawing(url), "save": "",
    }  # fmt: skip
    response = render(request, "resident/spot.html", context, status=422 if error else 200)
    if error or proven or answered is not None:
        response["Cache-Control"] = "no-store"
    else:
        patch_cache_control(response, public=True, max_age=FRESH_S)
    return response


def _here(case: Case, sign: Any) -> dict[str, str]:
    """What a report from here begins with."""
    if sign is not None:
        return {"sign": sign.code}
    return {"same_case": case.code, **({"area": case.area.code} if case.area else {})}


def _state(case: Case) -> State:
    if case.status == Status.REFUSED:
        return State(_("Cannot be handled"), "bad")
    if case.status == Status.WITHDRAWN:
        return State(_("Withdrawn by who reported it"), "")
    visit = case.cleanups.order_by("-at", "-id").first()
    case.nothing_found = visit is not None and visit.nothing_found  # read by state_of
    return state_of(case)


def _waste(case: Case) -> str:
    kind = dict(waste_choices()).get(case.waste_group)
    return settings.CITY.named(kind, get_language() or settings.LANGUAGE_CODE) if kind else ""


def _notices(case: Case) -> list[Any]:
    point = case.public_location
    return notices.notices_at(point.x, point.y)[:3] if point else []


def _history(case: Case) -> Iterator[Change]:
    """The states in words, newest first."""
    visits = {visit.pk: visit for visit in case.cleanups.all()}
    events = list(case.events.exclude(kind=Kind.VERDICT).order_by("-at", "-id"))  # answers are not shown, and may be many
    undone = {event.details["undoes"] for event in events if event.kind == Kind.UNDONE}
    for event in events:
        if event.number in undone:
            continue
        match event.kind:
            case Kind.OPENED | Kind.NOTICE:
                yield Change(event.at, _("Received"))
            case Kind.CONFIRMED:
                yield Change(event.at, _("Looked at: it is waste"))
            case Kind.CLEANED:
                visit = visits.get(event.details.get("cleanup"))
                empty = visit.nothing_found if visit else event.details.get("nothing_found", False)
                yield Change(event.at, _("Looked at, nothing found (with photo)") if empty else _("Cleaned (with photo)"), tone="good")
            case Kind.VERIFIED:
                yield Change(event.at, _("Checked: the place is clean."), tone="good")
            case Kind.REOPENED:
                yield Change(event.at, _("Opened again: it is not clean"), tone="bad")
            case Kind.REFUSED:
                yield Change(event.at, _("Cannot be handled"), _("Reason: %(why)s") % {"why": event.reason} if event.reason else "", "bad")
            case Kind.WITHDRAWN:
                yield Change(event.at, _("Withdrawn by who reported it"))
            case Kind.ABSORBED:
                yield Change(event.at, _("Another report of the same place was added"))
