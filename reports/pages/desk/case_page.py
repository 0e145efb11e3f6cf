"""One case at the desk: what was reported and done, what is around it, and a form for everything this member may do next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from citylab.models import Member
from citylab.permissions import VERBS as ROLES_OF
from citylab.permissions import visible
from reports import casework, codes
from reports.casework.undoing import UNDO_S
from reports.crews.exceptions import EXCEPTIONS
from reports.crews.second_look import waits_for_second_look
from reports.duplicates import suggestions
from reports.geography.places import place_in_words, search_places
from reports.models import Area, Case, Cleanup
from reports.models.case import Priority
from reports.models.report import Amount, Problem
from reports.pages.coordinates import example_point
from reports.pages.desk import choices
from reports.pages.desk.around import open_around
from reports.pages.desk.case_verbs import VERBS, WITH_PREVIEW, reason_of
from reports.pages.desk.history import history_of
from reports.pages.desk.kept_photos import kept_photos, read_id
from reports.pages.desk.refusals import left_over, why_not_done
from reports.pages.desk.responsible import responsible_for
from reports.photos.receiving import PhotoRefused
from reports.private_reports import may_open_private
from reports.rehearsal import Told, what_is_told
from reports.returns import cases_of_place

RETURNS = 20  # earlier and later cases of the place that are listed


@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, code: str) -> HttpResponse:
    """The page of a case; a form comes back with a sentence and everything that was typed when its verb was not done."""
    found = case_of(request.user, code)
    context: dict[str, Any] = {}
    if request.method == "POST":
        if "preview" in request.POST:
            typed = {**request.POST.dict(), "verb": request.POST["preview"], "reason": reason_of(request)}
            context = {"typed": typed, **_preview(request, found)}
        elif "find" in request.POST:
            context = {"typed": request.POST, "places": search_places(request.POST.get("where", "")[:120]), "searched": True}
        else:
            fault = act(request, found)
            if not fault:
                return _back_to(request, found)
            context = {"typed": request.POST, "fault": fault, "reports_chosen": request.POST.getlist("report")}
        found = case_of(request.user, code)
    form = read_id(request.POST.get("form", ""))
    context |= {"form": form, "kept": kept_photos(form) if "fault" in context else []}
    status = 422 if context.get("fault") or context.get("preview_fault") else 200
    page = page_of(request, found) | context
    page["left_over"] = left_over(request.POST, page["verbs"]) if "fault" in context else ""
    return render(request, "staff/case.html", page, status=status)


@require_POST
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """What the people who reported would read, as a piece of the page, while a reason is being typed."""
    found = case_of(request.user, code)
    return render(request, "staff/case/_preview.html", {"case": found, **_preview(request, found)})


def case_of(member: Member, code: str) -> Case:
    """The case with this code where the member may see it; else 404, as for one that does not exist."""
    rows = visible(member, Case.objects.select_related("area", "body", "merged_into", "recurs_of", "team", "assigned_to"))
    return get_object_or_404(rows, code=codes.parse_code(code) or code)


def act(request: HttpRequest, found: Case) -> str:
    """Do what the form asks; returns the sentence that says why not, or nothing."""
    verb = VERBS.get(request.POST.get("verb", ""))
    if verb is None:
        return _("This page cannot do that. Nothing was changed.")
    try:
        verb(request, found)
    except (casework.NotDone, PhotoRefused) as refusal:
        return why_not_done(refusal)
    if request.POST["verb"] == "undo":
        messages.success(request, _("Taken back."))
    elif casework.undoable(found, request.user) is None:  # what can be taken back is told beside that button
        messages.success(request, _("Done. It is in the history of the case."))
    return ""


def _back_to(request: HttpRequest, found: Case) -> HttpResponse:
    """The case again; or the list, where a corrected place took the case out of the member's own areas."""
    if visible(request.user, Case.objects.filter(pk=found.pk)).exists():
        return redirect("case", code=found.code)
    messages.info(request, _("The case lies in an area of other people now, who see it in their list."))
    return redirect("cases")


def _preview(request: HttpRequest, found: Case) -> dict[str, Any]:
    name = request.POST.get("preview", "")
    if name not in WITH_PREVIEW:
        return {"preview_fault": _("This page cannot do that. Nothing was changed.")}
    try:
        told: Told = what_is_told(found, request.user, lambda case: VERBS[name](request, case))
    except casework.NotDone as refusal:
        return {"preview_fault": why_not_done(refusal)}
    return {"told": told}


def page_of(request: HttpRequest, found: Case) -> dict[str, Any]:
    """Everything that the page shows of a case, for this member."""
    member, now = request.user, timezone.now()
    reports = list(found.reports.prefetch_related("waste_types", "photos__check_for_people", "notes").select_related("voice_note", "contact").order_by("observed_at", "id"))
    may = {verb for verb, roles in ROLES_OF.items() if member.role in roles}  # that it lies in the member's areas was asked by `case_of`
    verbs = [verb for verb in casework.possible(found, member) if verb in may]
    place = cases_of_place(found)
    undoable = casework.undoable(found, member) if "undo" in may else None
    return {
        "case": found, "place": place_in_words(found.location) if found.location else "", "reports": reports,
        "held": [report for report in reports if report.held], "may_open_private": may_open_private(member),
        "verdicts": found.verdicts.select_related("report").order_by("-at", "-id"), "may_release": "release" in may,
        "cleanups": found.cleanups.select_related("by", "team").prefetch_related("photos__check_for_people").order_by("-at"),
        "events": history_of(found, member), "responsible": responsible_for(found),
        "days_open": (now - found.observed_at).days, "lasting": found.is_open and now - found.observed_at > timedelta(days=30),
        "of_place": _of_place(member, found, place), "times": len(place),
        "absorbed": visible(member, found.merged.all()), "nearby": open_around(member, found.location, found.area_id, leave_out=found.pk),
        "duplicates": suggestions(found, member) if "merge" in verbs else [],
        "verbs": verbs, "undoable": undoable, "undo_until": undoable and undoable.at + timedelta(seconds=UNDO_S),
        "grades": Cleanup.Grade.choices, "exceptions": EXCEPTIONS.items(), "second_look": waits_for_second_look(found), "outcomes": Cleanup.Outcome.choices, "priorities": Priority.choices, "problems": Problem.choices, "amounts": Amount.choices,
        "form": uuid4(), "today": timezone.localdate(), "late": found.is_late(now), "typed": {}, "map": _map_settings(found) if found.location or "move" in verbs else None,
        **(_offered(found) if verbs else {}),
    }  # fmt: skip


def _of_place(member: Member, case: Case, place: list[int]) -> list[Case]:
    """The other cases along the returns of this place, the newest first."""
    return list(visible(member, Case.objects.filter(pk__in=place).exclude(pk=case.pk)).order_by("-observed_at", "-id")[:RETURNS])


def _offered(case: Case) -> dict[str, Any]:
    return {
        "teams": choices.teams_for(case), "people": choices.members_for(case), "bodies": choices.bodies_for(case),
        "groups": choices.waste_groups(), "templates": choices.templates_for(case), "example": example_point(),
    }  # fmt: skip


def _map_settings(case: Case) -> dict[str, Any]:
    """What the maps of the page are told, the one of the place and the one for correcting it; `citylab/frontend/staff/point_map.entry.js` reads it."""
    at = case.location or (case.area and case.area.polygon.point_on_surface)
    return map_settings((at.x, at.y) if at else settings.CITY.centre, close=bool(case.location)) | {
        "here": [at.x, at.y] if case.location else None,
        "titleOfPlace": _("The waste site on the map. Arrow keys move it, plus and minus change the scale."),
    }


def map_settings(centre: tuple[float, float], *, close: bool) -> dict[str, Any]:
    """A map on which one point is chosen, around `centre` (lon, lat)."""
    return {
        "script": static("build/point_map.js"), "worker": static("build/maplibre-gl-worker.js"), "style": static("build/maplibre-gl.css"),
        "tiles": {layer: reverse("staff-tile", kwargs={"layer": layer, "z": 0, "x": 0, "y": 0}).replace("/0/0/0", "/{z}/{x}/{y}") for layer in ("basemap", "areas", "cases")},
        "casePage": reverse("case", args=["CODE"]), "centre": list(centre), "zoom": 16.5 if close else settings.CITY.zoom,
        "exact": Area.objects.units().filter(approximate=False).exists(), "names": "name" if get_language() == settings.LANGUAGE_CODE else "name_en",
        "words": {
            "Map.Title": _("Map for choosing a point. Arrow keys move it, plus and minus change the scale, Enter chooses the middle."),
            "NavigationControl.ZoomIn": _("Closer"), "NavigationControl.ZoomOut": _("Farther"), "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
        },
    }  # fmt: skip
