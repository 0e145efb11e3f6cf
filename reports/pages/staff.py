"""The staff's pages on cases: today, the list, one case with its verbs, private photos, failed work."""

from __future__ import annotations

import logging
from collections.abc import Callable

import h3.api.basic_int as h3
from django.contrib import messages
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from citylab import permissions
from citylab.exports import MOST_ROWS, asked_for
from citylab.models import Member
from citylab.permissions import allowed, visible
from reports import casework, codes, relay
from reports.after_photos import receive_after_photo
from reports.case_list import PAGE, CaseFilter, area_choices
from reports.crews.exceptions import EXCEPTIONS, exception_in_words
from reports.crews.quantities import kilograms as _kilograms
from reports.crews.quantities import whole_number as _whole
from reports.crews.second_look import waits_for_second_look
from reports.follow_up.requests import requests_for
from reports.geography.places import place_in_words, places_in_words
from reports.held_reports import release
from reports.models import Case, Cleanup, Message, Photo, PhotoCheck, Report
from reports.models.case import RUNNING, Status
from reports.models.report import Problem
from reports.pages.photo_words import why_not
from reports.photos import limits, publishing, store
from reports.photos.private_photos import visible_photos
from reports.photos.receiving import PhotoRefused
from reports.private_reports import may_open_private

logger = logging.getLogger(__name__)

COLUMNS = (
    "code", "status", "problem", "waste_group", "amount", "area", "body", "observed_at", "due_at", "cleaned_at", "verified_at",
    "longitude", "latitude",
)  # fmt: skip
NEARBY = 10  # cases that the field for merging offers
KEPT_FILTERS = ("held", "check", "near", "place_of", "came_back", "open_at", "due", "on_time", "event", "in")  # no fields, but kept by the form
COUNT_UP_TO = 10_000  # beyond this a list says “more than”; counting all of a million rows helps nobody


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Today: what is new, late, or failed, each figure a link to exactly those rows."""
    cases = visible(request.user, Case.objects.all())
    now = timezone.now()
    first = list(cases.filter(status__in=RUNNING).exclude(due_at=None).select_related("area", "body").order_by("due_at", "id")[:8])
    _name_places(first)
    context = {
        "now": now,
        "first": first,
        "fresh": cases.filter(status=Status.NEW).count(),
        "late": cases.overdue(now).count(),
        "open": cases.open().count(),
        "to_verify": cases.filter(status=Status.CLEANED).count(),
        "failed": Report.objects.dead().count() + Photo.objects.dead().count() + PhotoCheck.objects.dead().count() + Message.objects.dead().count(),
        "photos": visible_photos(request.user).waiting_for_a_person().count(),
        "held": cases.with_held_reports().count(),
        "requests": requests_for(request.user).filter(closed_at=None).count(),
        "waiting": Report.objects.unprocessed().count(),
    }
    return render(request, "staff/home.html", context)


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The list of cases; its filters are its address."""
    wanted = CaseFilter.read(request.GET)
    data = asked_for(request, "cases", COLUMNS, _rows(wanted.rows(request.user)))
    if data is not None:
        return data
    found, before = wanted.page(request.user)
    count = wanted.rows(request.user)[: COUNT_UP_TO + 1].count()
    _name_places(found)
    context = {
        "filter": wanted, "cases": found, "before": before, "count": min(count, COUNT_UP_TO), "more": count > COUNT_UP_TO,
        "areas": area_choices(request.user), "states": Status.choices, "problems": Problem.choices, "page_size": PAGE,
        "now": timezone.now(),
        "kept_filters": [(name, request.GET[name]) for name in KEPT_FILTERS if request.GET.get(name)],
    }  # fmt: skip
    return render(request, "staff/cases.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case: what was reported, what was done, and what this member may do next."""
    found = get_object_or_404(
        visible(request.user, Case.objects.select_related("area", "body", "merged_into", "recurs_of")),
        code=codes.parse_code(code) or code,
    )
    fault = ""
    if request.method == "POST":
        fault = _act(request, found)
        if not fault:
            return redirect("case", code=found.code)
        found.refresh_from_db()
    reports = list(found.reports.prefetch_related("waste_types", "photos__check_for_people", "notes").select_related("voice_note", "contact").order_by("observed_at", "id"))
    context = {
        "case": found,
        "place": place_in_words(found.location) if found.location else "",
        "reports": reports,
        "held": [report for report in reports if report.held],
        "may_open_private": may_open_private(request.user),
        "verdicts": found.verdicts.select_related("report").order_by("-at", "-id"),
        "may_release": allowed(request.user, "release", found),
        "cleanups": found.cleanups.select_related("by", "team").prefetch_related("photos__check_for_people").order_by("-at"),
        "events": found.events.select_related("actor").order_by("-at", "-id"),
        "recurrences": found.recurrences.order_by("observed_at"),
        "absorbed": found.merged.all(),
        "verbs": [verb for verb in casework.possible(found, request.user) if allowed(request.user, verb, found)],
        "nearby": _open_nearby(request.user, found) if found.is_open else [],
        "grades": Cleanup.Grade.choices,
        "exceptions": EXCEPTIONS.items(),
        "second_look": waits_for_second_look(found),
        "fault": fault,
        "typed": request.POST if fault else {},
        "late": found.is_late(timezone.now()),
    }
    return render(request, "staff/case.html", context, status=422 if fault else 200)


def _open_nearby(member: Member, case: Case) -> list[Case]:
    """Other open cases that this one may be the same as: within about 300 m, or, without a point, in the same area."""
    others = visible(member, Case.objects.open().exclude(pk=case.pk)).select_related("area")
    if case.cell is None:
        others = others.filter(cell=None, area=case.area_id)
    else:
        others = others.filter(cell__in=h3.grid_disk(case.cell, 2))
    found = list(others.order_by("-observed_at", "-id")[:NEARBY])
    _name_places(found)
    return found


@require_safe
def case_photo(request: HttpRequest, photo: int, size: str) -> HttpResponse:
    """The checked rendition of a photo, for the members who may see its case. Each opening leaves a line in the log."""
    found = get_object_or_404(visible_photos(request.user).exclude(state=Photo.State.QUARANTINED), pk=photo)
    name = {"large": found.large_name, "small": found.small_name}.get(size)
    if not name:
        raise Http404
    logger.info("photo %s (%s) opened by %s", found.pk, size, request.user.username)
    try:
        file = storages[store.RENDITIONS].open(name, "rb")
    except OSError:
        raise Http404 from None
    response = FileResponse(file, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_safe
def dead_letters(request: HttpRequest) -> HttpResponse:
    """Work that failed for good, with the reason, until somebody tries it again."""
    context = {
        "reports": Report.objects.dead().order_by("-failed_at")[:200],
        "photos": Photo.objects.dead().select_related("report", "case").order_by("-failed_at")[:200],
        "checks": PhotoCheck.objects.dead().select_related("photo__report", "photo__case").order_by("-failed_at")[:200],
        "letters": Message.objects.dead().select_related("report").order_by("-failed_at")[:200],
        "may_retry": permissions.admits(permissions.ACCESS["dead-letter-retry"], request.user),
    }
    return render(request, "staff/dead_letters.html", context)


@require_POST
def dead_letter_retry(request: HttpRequest, kind: str, row: int) -> HttpResponse:
    """Put one failed row back into the queue."""
    table = {"report": "reports_report", "photo": "reports_photo", "check": "reports_photocheck", "message": "reports_message"}.get(kind)
    if table is None:
        raise Http404
    if relay.retry(table, [row]):
        messages.success(request, _("It will be tried again within a few seconds."))
    return redirect("dead-letters")


def _rows(cases: QuerySet[Case]):
    fields = ("code", "status", "problem", "waste_group", "amount", "area__code", "body__code", "observed_at", "due_at", "cleaned_at", "verified_at", "location")
    for *values, point in cases.values_list(*fields)[:MOST_ROWS].iterator(chunk_size=2000):
        yield (*values, point and point.x, point and point.y)


def _name_places(cases: list[Case]) -> None:
    """Sets `place` in words on each case: the point's where there is one, else the area's name."""
    located = [case for case in cases if case.location]
    words = places_in_words([case.location.x for case in located], [case.location.y for case in located]) if located else []
    for case, place in zip(located, words, strict=True):
        case.place = place
    for case in cases:
        if not case.location:
            case.place = str(case.area)


def _act(request: HttpRequest, found: Case) -> str:
    """Do what the form asks; returns the sentence that says why not, or nothing."""
    verb = request.POST.get("verb", "")
    act = VERBS.get(verb)
    if act is None:
        return _("This page cannot do that. Nothing was changed.")
    try:
        act(request, found)
    except casework.NotAllowed:
        return _("This account may not do that. Nothing was changed.")
    except casework.NotPossible:
        return _("Somebody else was quicker: the case has changed meanwhile. Look at its history, then try again.")
    except casework.Missing as missing:
        return _missing(missing.what)
    except PhotoRefused as refusal:
        return why_not(refusal.code)
    messages.success(request, _("Done. It is in the history of the case."))
    return ""


def _missing(what: str) -> str:
    match what:
        case "reason":
            return _("A reason is needed: the people who reported read it.")
        case "after-photo":
            return _("A photo taken after cleaning is needed: without one a case is not cleaned.")
        case "exception":
            return _("Say why the photo counts: nobody knows how far from the place it was taken.")
    return _("Give the code of another open case.")


def _clean(request: HttpRequest, found: Case) -> None:
    files = request.FILES.getlist("photos")[: limits.MAX_POSITIONS]
    if not files:
        raise casework.Missing("after-photo")
    with transaction.atomic():
        photos = tuple(receive_after_photo(found, file.read(limits.MAX_BYTES + 1), number) for number, file in enumerate(files, 1))
        grade = request.POST.get("grade", "")
        nothing = request.POST.get("nothing_found") == "1"
        visit = casework.Visit(
            photos=photos, grade=grade if grade in Cleanup.Grade.values else "",
            bags=None if nothing else _whole(request.POST.get("bags", "")), kg=None if nothing else _kilograms(request.POST.get("kg", "")),
            nothing_found=nothing, note=request.POST.get("note", "").strip()[:4000],
            exception=exception_in_words(request.POST.get("exception", ""), request.POST.get("note", "")),
        )  # fmt: skip
        casework.clean(found, request.user, visit)


def _release(request: HttpRequest, found: Case) -> None:
    """One held report, by its code, or all of the case."""
    chosen = request.POST.get("report", "")
    released = release(found, request.user, found.reports.filter(code=chosen) if chosen else found.reports.all())
    if not released:
        raise casework.NotPossible("release", found.status)


def _confirm_and_publish(request: HttpRequest, found: Case) -> None:
    """One click: it is waste, and the photos on which every search ended well may be seen by all."""
    casework.confirm(found, request.user)
    publishing.publish_checked(found, request.user)


def _merge(request: HttpRequest, found: Case) -> None:
    into = visible(request.user, Case.objects.all()).filter(code=codes.parse_code(request.POST.get("into", "")) or "").first()
    if into is None:
        raise casework.Missing("another case")
    casework.merge(found, request.user, into)


VERBS: dict[str, Callable[[HttpRequest, Case], object]] = {
    "confirm": lambda request, case: casework.confirm(case, request.user),
    "confirm-photos": _confirm_and_publish,
    "refuse": lambda request, case: casework.refuse(case, request.user, request.POST.get("reason", "")),
    "clean": _clean,
    "verify": lambda request, case: casework.verify(case, request.user),
    "reopen": lambda request, case: casework.reopen(case, request.user, request.POST.get("reason", "")),
    "merge": _merge,
    "release": _release,
}
