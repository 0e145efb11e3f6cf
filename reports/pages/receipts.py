"""What became of a report: the public receipt, and the reporter's own page behind a secret address.

Exempt from the CSRF check because there is nothing to forge: no cookie says who anybody is, the address does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from reports import codes
from reports.api.receipts import as_written
from reports.follow_up.verdicts import answers_until, is_asked, said_by
from reports.models import Photo, Report, WasteType
from reports.pages.case_photos import photos_before_and_after
from reports.pages.photo_words import KNOWN, state_of, why_not
from reports.pages.receipt_file import qr_drawing, receipt_file
from reports.pages.reporter_acts import ACTS, ANSWERS
from reports.pages.see_other import SeeOther
from reports.photos import disk, limits
from reports.progress import progress_of, public_place, standing_for, with_progress

EXAMPLE_CODE = "7K4QX29MWB"  # drawn in the sketch; the code of no report anybody sent
FRESH_S = 30  # less than the page's own questions are apart


@require_safe
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """What became of a report, by its code: nothing on it that is not public."""
    known = codes.parse_code(code)
    found = report_with_code(known)
    if found is None:
        context = {"typed": code[:40], "example_code": codes.grouped(EXAMPLE_CODE)}
        return render(request, "resident/unknown.html", context, status=404)
    if known != code:
        return redirect("receipt", code=known, permanent=True)
    context = _public_context(found)
    if "save" in request.GET:
        return receipt_file(request, found, context["progress"], context["url"])
    response = render(request, "resident/receipt.html", context)
    patch_cache_control(response, max_age=FRESH_S, public=True)
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def receipt_secret(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """The reporter's own page: what was sent, and forms to add to it, to answer, to withdraw. GET changes nothing."""
    found = report_with_token(code, token)
    address = reverse("receipt-secret", args=[found.code, token])
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        what = request.POST.get("do", "photo")
        sentences = ACTS[what](request, found) if what in ACTS else [_("This page cannot do that. Nothing was changed.")]
        if not sentences:
            return private(SeeOther(f"{address}?done={what}"))
        errors[what] = sentences
        found.refresh_from_db()
    context = {**_public_context(found), **_own_context(request, found, errors), "secret_url": settings.SITE_URL + address, "save": ""}
    context["my_data_url"] = reverse("my-data-report", args=[found.code, token])
    if "save" in request.GET:
        return private(receipt_file(request, found, context["progress"], context["url"], context["secret_url"]))
    asks = "withdraw" in request.GET and found.withdrawn_at is None
    page = "resident/withdraw.html" if asks else "resident/receipt_secret.html"
    return private(render(request, page, context, status=422 if errors else 200))


def private(response: HttpResponse) -> HttpResponse:
    """Nobody keeps the page, and nobody is told its address."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def report_with_code(code: str | None) -> Report | None:
    """The report with this code, with what its receipt reads."""
    return with_progress(Report.objects.filter(code=code)).first() if code else None


def report_with_token(code: str, token: str) -> Report:
    """The report that this secret opens. Raises Http404, whether the code or the token is wrong."""
    found = report_with_code(codes.parse_code(code))
    if found is None or not codes.token_opens(token, found.uuid):
        raise Http404
    return found


def _public_context(found: Report) -> dict[str, Any]:
    case, progress = standing_for(found.case), progress_of(found)
    url = settings.SITE_URL + reverse("receipt", args=[found.code])
    return {
        "code": found.code, "progress": progress, "changed_at": as_written(progress.changed_at), "place": public_place(found), "url": url,
        "qr": qr_drawing(url), "case": None if found.withdrawn_at else case, "photos": [] if found.withdrawn_at else photos_before_and_after(case),
        "save": "?save", "asked_until": answers_until(case) if is_asked(case) and not found.withdrawn_at else None,
    }  # fmt: skip


def _own_context(request: HttpRequest, found: Report, errors: dict[str, list[str]]) -> dict[str, Any]:
    case = standing_for(found.case)
    sent = list(found.photos.filter(kind=Photo.Kind.REPORT).order_by("position"))
    for photo in sent:
        photo.words = state_of(photo)
    said = said_by(case, report=found) if case and case.cleaned_at else None
    return {
        "report": found,
        "kinds": WasteType.objects.filter(report_links__report=found).order_by("report_links__id"),
        "sent_photos": sent,
        "photo_notes": [] if found.redacted_at else _photo_notes(request, sent),
        "notes": found.notes.all(),
        "voice": getattr(found, "voice_note", None),
        "may_add": found.redacted_at is None and found.withdrawn_at is None,
        "room_for_photos": len(sent) < limits.MAX_POSITIONS and disk.takes_photos(),
        "said": said,
        "chosen": _chosen(request, said),
        "errors": errors,
        "summary": [(_ANCHORS.get(part, part), sentence) for part, sentences in errors.items() for sentence in sentences],
        "typed": request.POST if errors else {},
        "done": _done(request.GET.get("done", "")),
        "now": timezone.now(),
    }


_ANCHORS = {"photo": "photo", "note": "note", "answer": "answer-clean", "withdraw": "withdraw"}


def _chosen(request: HttpRequest, said: object) -> bool | None:
    """The answer that is marked: what was tried, what the address proposes, what was said before."""
    return ANSWERS.get(request.POST.get("answer") or request.GET.get("answer") or "", getattr(said, "clean", None))


def _done(what: str) -> str:
    match what:
        case "photo":
            return _("The photo has been received.")
        case "note":
            return _("The note has been added.")
        case "answer":
            return _("Thank you. The answer has been recorded.")
        case "withdraw":
            return _("The report has been withdrawn.")
    return ""


def _photo_notes(request: HttpRequest, photos: Iterable[Photo]) -> list[str]:
    """Why photos could not be used: those refused at the door (named in the address), those that the check rejected."""
    notes = [why_not(code) for code in request.GET.getlist("photo")[:3] if code in KNOWN]
    if any(photo.state == Photo.State.REJECTED and photo.looked_at is None for photo in photos):
        notes.append(why_not("broken"))
    return list(dict.fromkeys(notes))
