"""The staff's pages on cases: the list, private photos, failed work. Today: `today.py`. One case: `reports/pages/desk/`."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.core.files.storage import storages
from django.db.models import CharField, F, Model, QuerySet, Value
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from citylab import permissions
from citylab.exports import MOST_ROWS, asked_for
from reports import relay
from reports.case_list.filter import PAGE, CaseFilter, area_choices
from reports.case_list.places import name_places
from reports.models import Case, Message, Photo, PhotoCheck, Report, StaffLetter
from reports.models.case import Status
from reports.models.report import Problem
from reports.photos import store
from reports.photos.private_photos import visible_photos

logger = logging.getLogger(__name__)

COLUMNS = (
    "code", "status", "problem", "waste_group", "amount", "area", "body", "observed_at", "due_at", "cleaned_at", "verified_at",
    "longitude", "latitude",
)  # fmt: skip
FAILED_COLUMNS = ("what", "id", "report", "case", "attempts", "failed_at", "last_error")
KEPT_FILTERS = ("held", "check", "due_soon", "reopened", "near", "place_of", "came_back", "open_at", "due", "on_time", "event", "in")  # no fields, but kept by the form
COUNT_UP_TO = 10_000  # beyond this a list says “more than”; counting all of a million rows helps nobody
# What can fail → its table, and where that names its report and its case.
FAILED: dict[str, tuple[type[Model], str | None, str | None]] = {
    "report": (Report, "code", "case__code"), "photo": (Photo, "report__code", "case__code"), "check": (PhotoCheck, "photo__report__code", "photo__case__code"),
    "message": (Message, "report__code", None), "staff-letter": (StaffLetter, None, None),
}  # fmt: skip


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The list of cases; its filters are its address."""
    wanted = CaseFilter.read(request.GET)
    data = asked_for(request, "cases", COLUMNS, _rows(wanted.rows(request.user)))
    if data is not None:
        return data
    found, before = wanted.page(request.user)
    count = wanted.rows(request.user)[: COUNT_UP_TO + 1].count()
    name_places(found)
    context = {
        "filter": wanted, "cases": found, "before": before, "count": min(count, COUNT_UP_TO), "more": count > COUNT_UP_TO,
        "areas": area_choices(request.user), "states": Status.choices, "problems": Problem.choices, "page_size": PAGE,
        "now": timezone.now(),
        "kept_filters": [(name, request.GET[name]) for name in KEPT_FILTERS if request.GET.get(name)],
    }  # fmt: skip
    return render(request, "staff/cases.html", context)


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
    data = asked_for(request, "failed", FAILED_COLUMNS, _failed_rows())
    if data is not None:
        return data
    context = {
        "reports": Report.objects.dead().order_by("-failed_at")[:200],
        "photos": Photo.objects.dead().select_related("report", "case").order_by("-failed_at")[:200],
        "checks": PhotoCheck.objects.dead().select_related("photo__report", "photo__case").order_by("-failed_at")[:200],
        "letters": Message.objects.dead().select_related("report").order_by("-failed_at")[:200],
        "staff_letters": StaffLetter.objects.dead().select_related("member").order_by("-failed_at")[:200],
        "may_retry": permissions.admits(permissions.ACCESS["dead-letter-retry"], request.user),
    }
    return render(request, "staff/dead_letters.html", context)


@require_POST
def dead_letter_retry(request: HttpRequest, kind: str, row: int) -> HttpResponse:
    """Put one failed row back into the queue."""
    if kind not in FAILED:
        raise Http404
    if relay.retry(FAILED[kind][0]._meta.db_table, [row]):
        messages.success(request, _("It will be tried again within a few seconds."))
    return redirect("dead-letters")


def _rows(cases: QuerySet[Case]):
    fields = ("code", "status", "problem", "waste_group", "amount", "area__code", "body__code", "observed_at", "due_at", "cleaned_at", "verified_at", "location")
    for *values, point in cases.values_list(*fields)[:MOST_ROWS].iterator(chunk_size=2000):
        yield (*values, point and point.x, point and point.y)


def _failed_rows():
    for what, (table, report, case) in FAILED.items():
        columns = [F(name) if name else Value(None, CharField()) for name in (report, case)]
        rows = table.objects.dead().annotate(of_report=columns[0], of_case=columns[1]).order_by("-failed_at")
        yield from ((what, *row) for row in rows.values_list("pk", "of_report", "of_case", "attempts", "failed_at", "last_error")[:MOST_ROWS])
