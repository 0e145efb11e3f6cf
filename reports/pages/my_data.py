"""“My data”: by code and secret, everything that is stored about a report, and what its reporter may do about it.

No account and no cookie: the secret part of the reporter's link is the key. Without it there is the hotline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from reports import codes, contacts, follow_up
from reports.contacts import ContactDetails
from reports.follow_up.requests import ask
from reports.follow_up.stored import contact_of, stored_about
from reports.intake import Refused
from reports.models import DataRequest, Report, WasteType
from reports.pages.follow_up_words import why_not_taken
from reports.pages.photo_words import state_of
from reports.pages.receipts import private, report_with_token
from reports.pages.see_other import SeeOther
from reports.progress import progress_of, public_place

LINK = re.compile(r"/p/([0-9A-Za-z]{10})/([\w-]{16,})")
KINDS = (DataRequest.Kind.DELETE, DataRequest.Kind.CORRECT, DataRequest.Kind.SEE, DataRequest.Kind.OTHER)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    """Asks for code and secret, or for the whole private link, and leads on."""
    typed = {name: request.POST.get(name, "").strip()[:400] for name in ("code", "secret")}
    error = ""
    if request.method == "POST":
        if (found := _opened(**typed)) is not None:
            return private(SeeOther(reverse("my-data-report", args=found)))
        error = _("Code and private link do not belong together. Copy the whole private link and paste it again.")
    context = {"typed": typed, "error": error}
    return private(render(request, "resident/my_data_ask.html", context, status=422 if error else 200))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def my_data_report(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """Everything stored about one report; `?format=json` is the same as a file."""
    found = report_with_token(code, token)
    address = reverse("my-data-report", args=[found.code, token])
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        what = request.POST.get("do", "")
        sentences = ACTS[what](request, found) if what in ACTS else [_("This page cannot do that. Nothing was changed.")]
        if not sentences:
            return private(SeeOther(f"{address}?done={what}"))
        errors[what] = sentences
        found.refresh_from_db()
    if request.GET.get("format") == "json":
        return private(_as_file(found))
    return private(render(request, "resident/my_data.html", _context(request, found, token, errors), status=422 if errors else 200))


def _opened(code: str, secret: str) -> tuple[str, str] | None:
    """Code and token, if they belong together; the private link alone is enough."""
    if link := LINK.search(secret) or LINK.search(code):
        code, secret = link[1], link[2]
    known = codes.parse_code(code)
    uuid = Report.objects.filter(code=known).values_list("uuid", flat=True).first() if known else None
    return (known, secret) if known and uuid and codes.token_opens(secret, uuid) else None


def _as_file(report: Report) -> HttpResponse:
    body = json.dumps(stored_about(report), ensure_ascii=False, indent=2)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{report.code}.json"'
    return response


# --- what the forms do ------------------------------------------------------------------------------


def _contact(request: HttpRequest, report: Report) -> list[str]:
    purposes = tuple(purpose for purpose in contacts.PURPOSES if request.POST.get(f"consent_{purpose}"))
    email, phone, name = (request.POST.get(field, "")[:400] for field in ("email", "phone", "name"))
    details = ContactDetails(email=email, phone=phone, name=name, consent=bool(purposes), purposes=purposes)
    try:
        follow_up.correct_contact(report, details)
    except Refused as refused:
        return [sentence for sentences in refused.errors.values() for sentence in sentences]
    except follow_up.NotTaken as refusal:
        return [why_not_taken(refusal)]
    return []


def _forget_contact(request: HttpRequest, report: Report) -> list[str]:
    follow_up.delete_contact(report)
    return []


def _stop(request: HttpRequest, report: Report) -> list[str]:
    follow_up.stop_messages(report)
    return []


def _note(request: HttpRequest, report: Report) -> list[str]:
    try:
        follow_up.add_note(report, request.POST.get("note", ""))
    except follow_up.NotTaken as refusal:
        return [why_not_taken(refusal)]
    return []


def _ask(request: HttpRequest, report: Report) -> list[str]:
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        return [_("Choose what is asked for.")]
    try:
        ask(report, kind, request.POST.get("text", ""))
    except follow_up.NotTaken as refusal:
        return [why_not_taken(refusal)]
    return []


ACTS: dict[str, Callable[[HttpRequest, Report], list[str]]] = {
    "contact": _contact, "forget-contact": _forget_contact, "stop": _stop, "note": _note, "ask": _ask,
}  # fmt: skip


# --- what the page says -----------------------------------------------------------------------------


def _context(request: HttpRequest, found: Report, token: str, errors: dict[str, list[str]]) -> dict[str, Any]:
    photos = list(found.photos.filter(kind="report").order_by("position"))
    for photo in photos:
        photo.words = state_of(photo)
    contact = contact_of(found)
    typed = request.POST if errors else {}
    given = typed if errors.get("contact") else (contact or {})
    ticked = [name for name in contacts.PURPOSES if typed.get(f"consent_{name}")] if errors.get("contact") else (contact or {}).get("purposes", [])
    return {
        "report": found, "code": found.code, "token": token, "progress": progress_of(found), "place": public_place(found), "stored": stored_about(found),
        "kinds": WasteType.objects.filter(report_links__report=found).order_by("report_links__id"), "photos": photos, "notes": found.notes.all(),
        "contact": contact, "given": given, "purposes": [(name, contacts.purpose_words(name), name in ticked) for name in contacts.PURPOSES],
        "keeping": contacts.keeping_words(), "voice": getattr(found, "voice_note", None), "requests": found.data_requests.order_by("-created_at"),
        "request_kinds": [(kind.value, _asked_words(kind)) for kind in KINDS], "may_add": found.redacted_at is None and found.withdrawn_at is None,
        "errors": errors, "typed": typed, "done": _done(request.GET.get("done", "")),
        "summary": [(_ANCHORS.get(part, part), sentence) for part, sentences in errors.items() for sentence in sentences],
        "secret": reverse("receipt-secret", args=[found.code, token]),
    }  # fmt: skip


_ANCHORS = {"contact": "email", "note": "note", "ask": "ask"}


def _asked_words(kind: str) -> str:
    match kind:
        case DataRequest.Kind.DELETE:
            return _("Delete everything personal")
        case DataRequest.Kind.CORRECT:
            return _("Correct something")
        case DataRequest.Kind.SEE:
            return _("Explain what is stored")
    return _("Something else")


def _done(what: str) -> str:
    match what:
        case "contact":
            return _("The contact has been saved.")
        case "forget-contact":
            return _("The contact has been deleted.")
        case "stop":
            return _("No more messages will be sent about this report.")
        case "note":
            return _("The note has been added.")
        case "ask":
            return _("The request has been received. It is answered here within two working days.")
    return ""
