"""The staff's pages on photos: which wait for a person, what would be blurred, and the two decisions about each."""

from __future__ import annotations

import io
import logging

from django.contrib import messages
from django.core.files.storage import storages
from django.db.models import F, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from reports.models import Photo, PrivateLook
from reports.pages.box_fields import BadBox, read_boxes
from reports.photos import publishing, redaction, store
from reports.photos.private_photos import visible_photos
from reports.photos.redaction import Box

logger = logging.getLogger(__name__)

STRIP = 24  # thumbnails of what waits
REASONS = {
    "person": gettext_lazy("a person can be recognised"),
    "private": gettext_lazy("something private can be seen"),
    "indecent": gettext_lazy("indecent"),
    "no-waste": gettext_lazy("no waste can be seen"),
}
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heif"}


@require_safe
def photos(request: HttpRequest) -> HttpResponse:
    """What waits for a person; the first of it large, ready to be decided about."""
    first = _waiting(request).first()
    return _page(request, first)


@require_http_methods(["GET", "HEAD", "POST"])
def photo(request: HttpRequest, photo: int) -> HttpResponse:
    """One photo with what would be blurred on it. A decision leads on to the next one that waits."""
    found = get_object_or_404(_rows(request), pk=photo)
    if request.method != "POST":
        return _page(request, found)
    fault = _decide(request, found)
    if fault:
        return _page(request, found, fault)
    return redirect("staff-photos")


@require_safe
def preview(request: HttpRequest, photo: int) -> HttpResponse:
    """The photo as it would become public: with the boxes of its check, or those that the address names. Nothing may be blurred
    on it yet, so each opening leaves a line in the log."""
    found = get_object_or_404(_rows(request), pk=photo)
    if found.state == Photo.State.QUARANTINED or not found.large_name:
        raise Http404
    try:
        boxes = read_boxes(request.GET)
        large, _small = redaction.renditions(store.get(store.RENDITIONS, found.large_name), _boxes(found) if boxes is None else boxes)
    except (BadBox, OSError):
        raise Http404 from None
    logger.info("photo %s (preview) opened by %s", found.pk, request.user.username)
    response = FileResponse(io.BytesIO(large), content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def original(request: HttpRequest, photo: int) -> HttpResponse:
    """The photo as it was sent. Each opening leaves a row and a line in the log.

    The bytes are a stranger's: they are handed out as what the gate took them for, in a sandbox, and never as a page.
    """
    found = get_object_or_404(visible_photos(request.user).exclude(original_name=""), pk=photo)
    try:
        file = storages[store.ORIGINALS].open(found.original_name, "rb")
    except OSError:
        raise Http404 from None
    code = found.report.code if found.report else ""
    PrivateLook.objects.create(member=request.user, what=PrivateLook.What.ORIGINAL, report_code=code, object_id=found.pk, at=timezone.now())
    logger.info("original photo %s opened by %s", found.pk, request.user.username)
    suffix = store.SUFFIXES.get(found.original_format, "")
    response = FileResponse(
        file, content_type=MEDIA_TYPES.get(found.original_format, "application/octet-stream"),
        as_attachment=found.original_format == "HEIF", filename=f"{found.pk}{suffix}",
    )  # fmt: skip
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# --- how ----------------------------------------------------------------------------------------------


def _rows(request: HttpRequest) -> QuerySet[Photo]:
    """The photos of this member, with what the page says about them."""
    return visible_photos(request.user).select_related("report__case__area", "report__area", "case__area", "check_for_people", "looked_by")


def _waiting(request: HttpRequest) -> QuerySet[Photo]:
    """What waits: flagged photos first, since somebody may be seen on them, then the oldest."""
    return _rows(request).waiting_for_a_person().order_by(F("flagged_at").asc(nulls_last=True), "received_at", "pk")


def _page(request: HttpRequest, found: Photo | None, fault: str = "") -> HttpResponse:
    waiting = _waiting(request)
    fields = request.POST if request.method == "POST" else request.GET
    try:
        chosen = read_boxes(fields)
    except BadBox:
        chosen, fault = None, fault or _bad_box()
    context = {
        "photo": found, "waiting": waiting[:STRIP], "count": waiting.count(), "fault": fault, "reasons": REASONS.items(),
        "boxes": [] if found is None else _boxes(found) if chosen is None else chosen,
        "query": request.GET.urlencode() if chosen is not None and request.method != "POST" else "",
        "case": found and (found.case or (found.report and found.report.case)),
        "decisions": found.decisions.select_related("actor").order_by("-at", "-id") if found else [],
        "typed": fields if fault else {},
    }  # fmt: skip
    return render(request, "staff/photos.html", context, status=422 if fault else 200)


def _boxes(photo: Photo) -> list[Box]:
    check = getattr(photo, "check_for_people", None)
    return [Box.of_row(row) for row in check.boxes] if check else []


def _bad_box() -> str:
    return _("Give the part to be blurred as four numbers in percent: from the left, from the top, width, height.")


def _decide(request: HttpRequest, found: Photo) -> str:
    """Do what the form asks; returns the sentence that says why not, or nothing."""
    try:
        if request.POST.get("verb") == "publish":
            publishing.publish(found, request.user, boxes=read_boxes(request.POST))
            messages.success(request, _("The photo is public."))
        elif request.POST.get("verb") == "reject":
            publishing.reject(found, request.user, _reason(request))
            messages.success(request, _("The photo is not shown. Whoever works on the case still sees it."))
        else:
            return _("This page cannot do that. Nothing was changed.")
    except BadBox:
        return _bad_box()
    except publishing.ReasonMissing:
        return _("Say why the photo is not to be shown.")
    except publishing.NotAllowed:
        return _("This account may not do that. Nothing was changed.")
    except publishing.NotPossible as impossible:
        if impossible.why == "withdrawn":
            return _("The report was withdrawn, so its photos are not shown.")
        return _("Somebody else was quicker, or the photo could not be used. Nothing was changed.")
    except (publishing.RenditionDamaged, OSError):
        return _("The photo’s file is missing or damaged. Nothing was changed.")
    return ""


def _reason(request: HttpRequest) -> str:
    """The words that were typed, else those that were chosen."""
    return request.POST.get("words", "").strip() or str(REASONS.get(request.POST.get("reason", ""), ""))
