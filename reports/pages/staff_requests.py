"""The staff's pages on what reporters gave in confidence: requests about their data, recordings, contacts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from citylab.exports import MOST_ROWS, asked_for
from citylab.permissions import may_work
from reports import codes, contacts, voice
from reports.follow_up import NotTaken
from reports.follow_up.requests import answer, requests_for
from reports.models import Contact, DataRequest, PrivateLook, Report, VoiceNote
from reports.pages.follow_up_words import why_not_taken
from reports.private_reports import note_look, reports_in_confidence

PAGE = 30
COLUMNS = ("id", "kind", "report", "area", "asked_at", "due_at", "answered_at", "answered_by")  # no words of anybody


@require_safe
def data_requests(request: HttpRequest) -> HttpResponse:
    """Requests about personal data with their clock; `?state=` open, late, answered or all."""
    own = requests_for(request.user)
    state = request.GET.get("state", "open")
    now = timezone.now()
    rows = _narrowed(own, state, now)
    data = asked_for(request, "data-requests", COLUMNS, _rows(rows))
    if data is not None:
        return data
    page = Paginator(rows.select_related("report__area", "closed_by"), PAGE).get_page(request.GET.get("page"))
    waiting = own.filter(closed_at=None)
    context = {"page": page, "state": state, "open": waiting.count(), "late": waiting.filter(due_at__lt=now).count(), "now": now}
    return render(request, "staff/data_requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def data_request(request: HttpRequest, row: int) -> HttpResponse:
    """One request: answer it, and where it asks for that, erase everything personal about the report."""
    found = get_object_or_404(requests_for(request.user).select_related("report__case", "report__area", "closed_by"), pk=row)
    fault = ""
    if request.method == "POST":
        if not may_work(request.user):
            raise PermissionDenied
        erasing = request.POST.get("erase") == "1"
        try:
            answer(found, request.user, request.POST.get("answer", ""), erasing=erasing)
        except NotTaken as refusal:
            fault = _("Write the answer: the reporter reads it.") if refusal.code == "nothing_said" else why_not_taken(refusal)
        else:
            messages.success(request, _("Answered, and everything personal was erased.") if erasing else _("Answered. The reporter can read it now."))
            return redirect("data-requests")
        found.refresh_from_db()
    context = {
        "asked": found, "report": found.report, "fault": fault, "typed": request.POST if fault else {}, "now": timezone.now(),
        "others": found.report.data_requests.exclude(pk=found.pk).order_by("-created_at"),
    }  # fmt: skip
    return render(request, "staff/data_request.html", context, status=422 if fault else 200)


@require_POST
def case_contact(request: HttpRequest, code: str) -> HttpResponse:
    """The contact of one report. A button opens it, and each opening leaves a row."""
    found = _report(request, code)
    contact = Contact.objects.filter(report=found).first()
    if contact is None:
        raise Http404
    note_look(request.user, PrivateLook.What.CONTACT, found, contact.pk)
    try:
        details = contacts.unseal(contact)
    except InvalidToken:
        details = None
    context = {"report": found, "contact": contact, "details": details, "purposes": [contacts.purpose_words(name) for name in contact.purposes]}
    return _kept_nowhere(render(request, "staff/contact.html", context))


@require_safe
def case_voice(request: HttpRequest, code: str) -> HttpResponse:
    """The recording of one report, as a file to save: a stranger's bytes are never a page. Each opening leaves a row."""
    found = _report(request, code)
    note = VoiceNote.objects.filter(report=found).exclude(name="").first()
    if note is None:
        raise Http404
    try:
        file = storages[voice.STORE].open(note.name, "rb")
    except OSError:
        raise Http404 from None
    note_look(request.user, PrivateLook.What.VOICE, found, note.pk)
    response = FileResponse(file, as_attachment=True, filename=f"{found.code}.{note.format}", content_type=voice.TYPES.get(note.format, "application/octet-stream"))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return _kept_nowhere(response)


def _report(request: HttpRequest, code: str) -> Report:
    return get_object_or_404(reports_in_confidence(request.user), code=codes.parse_code(code) or code)


def _kept_nowhere(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response


def _narrowed(rows: QuerySet[DataRequest], state: str, now: Any) -> QuerySet[DataRequest]:
    match state:
        case "late":
            return rows.filter(closed_at=None, due_at__lt=now)
        case "answered":
            return rows.exclude(closed_at=None).order_by("-closed_at", "-pk")
        case "all":
            return rows.order_by("-created_at", "-pk")
    return rows.filter(closed_at=None)


def _rows(rows: QuerySet[DataRequest]) -> Iterator[tuple[Any, ...]]:
    fields = ("pk", "kind", "report__code", "report__area__code", "created_at", "due_at", "closed_at", "closed_by__username")
    yield from rows.values_list(*fields)[:MOST_ROWS].iterator(chunk_size=2000)
