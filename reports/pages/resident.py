"""The residents' pages: plain forms without session or cookie, so nothing here is bound to a browser.

They are exempt from the CSRF check because there is nothing to forge: no cookie says who anybody is.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models.functions import Collate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from citylab.cities.pack import city_pack
from reports import codes, drafts
from reports.forms import ReportForm
from reports.intake import KeyTaken, Refused, Submission, submit_report
from reports.models import Area, Report, WasteType
from reports.models.report import Amount, Channel, Problem
from reports.pages.photo_words import why_not
from reports.pages.see_other import SeeOther
from reports.photos import disk, limits
from reports.photos.receiving import PhotoRefused, TooLarge, receive_photo

EXAMPLE_CODE = "7K4QX29MWB"  # drawn in the sketch; the code of no report anybody sent

COARSE_M = 1000  # a position by the mobile mast alone; it could lie in any of a dozen wards

# Which part of the form shows an error about a field of the intake, and where a link to it leads.
PART = {
    "location": "place", "area": "place", "place": "place", "accuracy_m": "place", "location_source": "place",
    "photos_expected": "photos", "amount": "problem",
}  # fmt: skip
ANCHOR = {"place": "area"}


@dataclass
class SentPhotos:
    """The photos of one sending: those that came, and why others did not."""

    bodies: list[tuple[str, bytes]]
    refused: list[tuple[str, PhotoRefused]]

    @property
    def expected(self) -> int:
        return min(len(self.bodies) + len(self.refused), limits.MAX_POSITIONS)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One big button. With `?code=` it looks up a report."""
    context = {"example_code": codes.grouped(EXAMPLE_CODE)}
    if typed := request.GET.get("code", "").strip():
        code = codes.parse_code(typed)
        if code and Report.objects.filter(code=code).exists():
            return redirect("receipt", code=code)
        context["unknown_code"] = typed[:40]
    return render(request, "resident/home.html", context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The report form. What cannot be taken comes back with sentences, and with everything that was filled in."""
    if request.method != "POST":
        return _form(request, ReportForm.empty())
    form = ReportForm(request.POST)
    photos = _photos(request, form.uuid)
    errors = _missing(form, photos)
    if not errors:
        try:
            receipt = submit_report(_submission(form, photos.expected))
        except Refused as refusal:
            errors = dict(refusal.errors)
        except KeyTaken as taken:
            return _already_sent(request, taken.receipt)
        else:
            troubles = _take(receipt.report, photos)
            query = "?" + urlencode([("photo", code) for code in troubles]) if troubles else ""
            return SeeOther(reverse("receipt-secret", args=[receipt.code, receipt.token]) + query)
    return _form(request, form, errors, photos)


def _form(
    request: HttpRequest, form: ReportForm, errors: dict[str, list[str]] | None = None, photos: SentPhotos | None = None
) -> HttpResponse:
    by_part: dict[str, list[str]] = {}
    for field, sentences in (errors or {}).items():
        by_part.setdefault(PART.get(field, field), []).extend(sentences)
    kept, lost = _keep(form.uuid, photos) if photos else ([], [])
    context = {
        "form": form,
        "errors": by_part,
        "summary": [(ANCHOR.get(part, part), sentence) for part, sentences in by_part.items() for sentence in sentences],
        "kept": kept,
        "lost_photos": lost,
        "areas": _area_choices(),
        "kinds": WasteType.objects.filter(resident=True, active=True),
        "chosen": form.waste_types,
        "amounts": Amount.choices,
        "problems": Problem.choices,
        "takes_photos": disk.takes_photos(),
        "max_bytes": limits.MAX_BYTES,
        "sentences": {"place": _place_missing(), "content": _nothing_said(), "too_large": why_not("too_large")},
    }
    response = render(request, "resident/report.html", context, status=422 if by_part else 200)
    # Each form has an id of its own, so it is fetched anew; but the back button finds the old one, and a report is not
    # sent twice. For that the form is sent to an address of its own: a POST makes a browser forget the page it goes to.
    response["Cache-Control"] = "no-store" if by_part else "private, no-cache"
    return response


def _area_choices() -> list[tuple[str, str]]:
    """Codes and names of today's units, in the order of the city's own alphabet."""
    city = city_pack()
    own = get_language() == city.language
    rows = Area.objects.units().current(city.calendar.today())
    rows = rows.order_by(Collate("name", f"{city.language}-x-icu")).values_list("code", "name", "full_name", "name_en")
    return [(code, full or name if own else english or name) for code, name, full, english in rows]


def _submission(form: ReportForm, photos_expected: int) -> Submission:
    point, area = form.point, form.text("area")
    accuracy = form.number("accuracy_m")
    if area and accuracy is not None and accuracy > COARSE_M:
        point = accuracy = None  # the ward that a person chose says more than such a position
    return Submission(
        uuid=form.uuid, channel=Channel.WEB, location=point, area=area, accuracy_m=accuracy,
        problem=form.text("problem"), amount=form.text("amount"), waste_types=form.waste_types,
        description=form.note, photos_expected=photos_expected, language=get_language() or "", device=form.text("device")[:200],
    )  # fmt: skip


def _missing(form: ReportForm, photos: SentPhotos) -> dict[str, list[str]]:
    """What the form asks for beyond the rules of every channel: the description of the place alone says nothing yet."""
    errors: dict[str, list[str]] = {}
    if form.point is None and not form.text("area"):
        errors["place"] = [_place_missing()]
    elif not form.text("area") and (accuracy := form.number("accuracy_m")) is not None and accuracy > COARSE_M:
        sentence = _("The position may be off by about {metres} m. Please choose the ward and describe the place as well.")
        errors["place"] = [sentence.format(metres=round(accuracy))]
    if not form.text("description").strip() and not photos.expected:
        errors["description"] = [_nothing_said()]
    return errors


def _place_missing() -> str:
    return _("Choose the ward or commune, or use the current position.")


def _nothing_said() -> str:
    return _("Add a photo, or write a few words about the waste.")


def _photos(request: HttpRequest, uuid: UUID) -> SentPhotos:
    """The photos that came with the form: first those kept from an earlier try, then the new ones, three at most."""
    found = SentPhotos([], [])
    for reference in list(dict.fromkeys(request.POST.getlist("kept")))[: limits.MAX_POSITIONS]:
        if (opened := drafts.open_kept(uuid, reference)) is not None:
            found.bodies.append((opened[0].name, opened[1]))
    files = [file for name in ("photo_camera", "photo_gallery") for file in request.FILES.getlist(name)]
    for file in files[: limits.MAX_POSITIONS]:
        try:
            found.bodies.append((file.name or "", _bytes(file)))
        except PhotoRefused as refusal:
            found.refused.append((file.name or "", refusal))
    del found.bodies[limits.MAX_POSITIONS :]
    return found


def _bytes(file: UploadedFile) -> bytes:
    if (file.size or 0) > limits.MAX_BYTES:
        raise TooLarge(most=limits.MAX_BYTES, size=file.size or 0)
    return file.read()


def _take(report: Report, photos: SentPhotos) -> list[str]:
    """Attach the photos to a report that is safe already; returns the codes of those that could not be."""
    troubles = [refusal.code for _name, refusal in photos.refused]
    for position, (_name, body) in enumerate(photos.bodies, start=1):
        try:
            receive_photo(report, position, body)
        except PhotoRefused as refusal:
            troubles.append(refusal.code)
    return troubles


def _keep(uuid: UUID, photos: SentPhotos) -> tuple[list[drafts.KeptPhoto], list[str]]:
    """Keep the photos of a form that came back; the second list says which could not be kept, and why."""
    kept, lost = [], [f"{name} – {why_not(refusal.code)}" for name, refusal in photos.refused]
    for name, body in photos.bodies:
        try:
            kept.append(drafts.keep(uuid, body, name))
        except PhotoRefused as refusal:
            lost.append(f"{name} – {why_not(refusal.code)}")
    return kept, lost


def _already_sent(request: HttpRequest, receipt) -> HttpResponse:
    # The id of an imported row follows from the row, so knowing it proves nothing; a phone's id is known to that phone alone.
    imported = receipt.report.channel == Channel.IMPORT
    url = reverse("receipt", args=[receipt.code]) if imported else reverse("receipt-secret", args=[receipt.code, receipt.token])
    return render(request, "resident/already_sent.html", {"receipt": receipt, "receipt_url": url}, status=409)
