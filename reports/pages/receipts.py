"""What became of a report: the public receipt, and the reporter's own page behind a secret address.

Exempt from the CSRF check because there is nothing to forge: no cookie says who anybody is, the address does.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from reports import codes
from reports.models import Photo, Report, WasteType
from reports.pages.photo_words import KNOWN, state_of, why_not
from reports.pages.see_other import SeeOther
from reports.photos import disk, limits
from reports.photos.receiving import PhotoRefused, TooLarge, receive_photo
from reports.progress import progress_of, public_place

EXAMPLE_CODE = "7K4QX29MWB"  # drawn in the sketch; the code of no report anybody sent


@require_safe
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """What became of a report, by its code: nothing on it that is not public."""
    known = codes.parse_code(code)
    found = _report(known)
    if found is None:
        context = {"typed": code[:40], "example_code": codes.grouped(EXAMPLE_CODE)}
        return render(request, "resident/unknown.html", context, status=404)
    if known != code:
        return redirect("receipt", code=known, permanent=True)
    response = render(request, "resident/receipt.html", _receipt_context(found))
    patch_cache_control(response, max_age=60, public=True)
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def receipt_secret(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """The reporter's own page: the same, with what was sent, and a photo can be added."""
    found = _report(codes.parse_code(code))
    if found is None or not codes.token_opens(token, found.uuid):
        raise Http404
    errors: list[str] = []
    if request.method == "POST":
        troubles = _add_photo(request, found)
        if not troubles:
            return SeeOther(reverse("receipt-secret", args=[found.code, token]))
        errors = [why_not(code) for code in troubles]
    photos = list(found.photos.filter(kind=Photo.Kind.REPORT).order_by("position"))
    for photo in photos:
        photo.words = state_of(photo)
    context = {
        **_receipt_context(found),
        "report": found,
        "kinds": WasteType.objects.filter(report_links__report=found).order_by("report_links__id"),
        "photos": photos,
        "photo_notes": _photo_notes(request, photos),
        "room_for_photos": len(photos) < limits.MAX_POSITIONS and disk.takes_photos(),
        "errors": errors,
    }
    response = render(request, "resident/receipt_secret.html", context, status=422 if errors else 200)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _report(code: str | None) -> Report | None:
    if code is None:
        return None
    return Report.objects.select_related("case__body", "case__area", "case__merged_into", "area").filter(code=code).first()


def _receipt_context(found: Report) -> dict:
    return {"code": found.code, "progress": progress_of(found), "place": public_place(found)}


def _photo_notes(request: HttpRequest, photos: Iterable[Photo]) -> list[str]:
    """Why photos could not be used: those refused at the door (named in the address), those that the check rejected."""
    notes = [why_not(code) for code in request.GET.getlist("photo")[:3] if code in KNOWN]
    if any(photo.state == Photo.State.REJECTED for photo in photos):
        notes.append(why_not("broken"))
    return list(dict.fromkeys(notes))


def _add_photo(request: HttpRequest, found: Report) -> list[str]:
    file = request.FILES.get("photo")
    if file is None:
        return ["not_a_photo"]
    taken = set(found.photos.filter(kind=Photo.Kind.REPORT).values_list("position", flat=True))
    free = [position for position in range(1, limits.MAX_POSITIONS + 1) if position not in taken]
    try:
        receive_photo(found, free[0] if free else limits.MAX_POSITIONS + 1, _bytes(file))
    except PhotoRefused as refusal:
        return [refusal.code]
    return []


def _bytes(file: UploadedFile) -> bytes:
    if (file.size or 0) > limits.MAX_BYTES:
        raise TooLarge(most=limits.MAX_BYTES, size=file.size or 0)
    return file.read()
