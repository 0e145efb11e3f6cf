"""The staff's pages of notices: the list with the form for a new one, and one notice with its words and its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from citylab.exports import asked_for
from citylab.permissions import VERBS
from reports import notices
from reports.case_list.filter import area_choices
from reports.casework import NotAllowed
from reports.geography.places import place_in_words
from reports.models import Area, Notice
from reports.models.report import Problem
from reports.notices import NoticeRefused, edit_notice, end_notice, may, open_notice
from reports.pages.notice_form import NoticeForm, sentence

PAGE = 50
COLUMNS = ("id", "title", "title_en", "text", "text_en", "state", "starts_at", "ends_at", "ended_at", "done_by", "case", "reports")


@require_http_methods(["GET", "HEAD", "POST"])
def notices_page(request: HttpRequest) -> HttpResponse:
    """Every notice, newest first, and the form that puts up a new one."""
    if request.method == "POST":
        return _make(request)
    data = asked_for(request, "notices", COLUMNS, _rows(_asked(request)))
    return data or _list(request, NoticeForm.empty())


@require_http_methods(["GET", "HEAD", "POST"])
def notice_page(request: HttpRequest, notice: int) -> HttpResponse:
    """One notice: where it is, what joined it, its words, its end."""
    found = get_object_or_404(Notice.objects.select_related("case", "created_by"), pk=notice)
    form = NoticeForm.of(found, _last_day(found))
    if request.method == "POST":
        form = NoticeForm.read(request.POST)
        if _change(request, found, form):
            return redirect("staff-notice", notice=found.pk)
    middle = found.stretch.point_on_surface
    context = {
        "notice": found, "state": state_of(found), "form": form, "place": place_in_words(middle), "may": may(request.user, found.stretch),
        "last_day": _last_day(found), "reports": found.case.reports.count() if found.case else 0,
        "map": _map_settings([found], drawing=False),
    }  # fmt: skip
    return render(request, "staff/notice.html", context, status=422 if form.faults else 200)


def state_of(notice: Notice) -> str:
    """`coming`, `shown`, `over` (its days have passed), `done` (its case is closed) or `ended` (by hand)."""
    now = timezone.now()
    if notice.ended_at:
        return "ended"
    if notice.case and not notice.case.is_open and notice.case.status != "merged":
        return "done"
    if notice.ends_at and notice.ends_at <= now:
        return "over"
    return "coming" if notice.starts_at > now else "shown"


def _asked(request: HttpRequest) -> QuerySet[Notice]:
    found = Notice.objects.select_related("case")
    return found if request.GET.get("state") == "all" else found.standing().exclude(ends_at__lte=timezone.now())


def _list(request: HttpRequest, form: NoticeForm) -> HttpResponse:
    page = Paginator(_asked(request), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    reports = dict(Notice.objects.filter(pk__in=[notice.pk for notice in rows]).values_list("pk").annotate(Count("case__reports")))
    for notice in rows:
        notice.state, notice.place, notice.report_count = state_of(notice), place_in_words(notice.stretch.point_on_surface), reports[notice.pk]
        notice.last_day = _last_day(notice)
    context = {
        "page": page, "rows": rows, "all": request.GET.get("state") == "all", "form": form, "problems": Problem.choices,
        "units": area_choices(request.user), "may_make": request.user.role in VERBS["notice"], "map": _map_settings(rows, drawing=True),
    }  # fmt: skip
    return render(request, "staff/notices.html", context, status=422 if form.faults else 200)


def _make(request: HttpRequest) -> HttpResponse:
    form = NoticeForm.read(request.POST)
    words, starts_on, stretch = form.words, form.day("starts_on"), form.stretch()
    if stretch is not None and not form.faults:
        try:
            made = open_notice(request.user, stretch, words, starts_on=starts_on, joins=form.joins, problem=form.typed["problem"])
        except NoticeRefused as refusal:
            form.refused(refusal.codes)
        except NotAllowed:
            form.refused({"stretch": "not_allowed"})
        else:
            messages.success(request, _("The notice is up. People there see it now.") if state_of(made) == "shown" else _("The notice goes up on its first day."))
            return redirect("staff-notice", notice=made.pk)
    elif not words.title:
        form.faults.setdefault("title", sentence("missing"))
    return _list(request, form)


def _change(request: HttpRequest, found: Notice, form: NoticeForm) -> bool:
    """Do what the form of one notice asks; False when it comes back."""
    try:
        if request.POST.get("verb") == "end":
            end_notice(found, request.user)
            messages.success(request, _("The notice was taken down."))
            return True
        words = form.words
        if not form.faults:
            edit_notice(found, request.user, words)
            messages.success(request, _("Done."))
            return True
    except NoticeRefused as refusal:
        form.refused(refusal.codes)
    except NotAllowed:
        form.faults["title"] = sentence("not_allowed")
    return False


def _last_day(notice: Notice):
    return notice.ends_at and settings.CITY.calendar.local_day(notice.ends_at - timedelta(microseconds=1))


def _rows(found: QuerySet[Notice]) -> Iterator[tuple[Any, ...]]:
    for notice in found.annotate(joined=Count("case__reports")):
        yield (
            notice.pk, notice.title, notice.title_en, notice.text, notice.text_en, state_of(notice), notice.starts_at, notice.ends_at, notice.ended_at,
            notice.done_by, notice.case and notice.case.code, notice.joined,
        )  # fmt: skip


def _map_settings(shown: list[Notice], *, drawing: bool) -> dict[str, Any]:
    """What the map in the browser is told; `citylab/frontend/staff/notice_map.entry.js` reads it."""
    return {
        "worker": static("build/maplibre-gl-worker.js"),
        "tiles": {layer: reverse("staff-tile", kwargs={"layer": layer, "z": 0, "x": 0, "y": 0}).replace("/0/0/0", "/{z}/{x}/{y}") for layer in ("basemap", "areas")},
        "centre": list(settings.CITY.centre), "zoom": settings.CITY.zoom, "drawing": drawing,
        "exact": Area.objects.units().filter(approximate=False).exists(),
        "names": "name" if get_language() == settings.LANGUAGE_CODE else "name_en",
        "notices": [{"type": "Feature", "properties": {"title": notices.in_words(notice)["title"]}, "geometry": json.loads(notice.stretch.geojson)} for notice in shown],
        "words": {
            "Map.Title": _("Map of notices. Arrow keys move it, plus and minus change the scale."),
            "NavigationControl.ZoomIn": _("Closer"), "NavigationControl.ZoomOut": _("Farther"),
            "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
        },
    }  # fmt: skip
