"""What a crew's page sends, read from its fields: a visit, a new pile, and when, where and with which photos it was."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reports.clean_text import clean_text
from reports.crews.exceptions import exception_in_words
from reports.crews.quantities import kilograms, whole_number
from reports.crews.visits import MOST_PHOTOS, Found, NewPile
from reports.models import Cleanup
from reports.models.report import Amount, Problem
from reports.photos import limits

MOST_NOTE = 1000  # letters


class NotTaken(Exception):
    """What was sent could not be taken: status for the phone, sentence for people."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def visit_of(request: HttpRequest) -> Found:
    """The visit that was filled in. Raises NotTaken when the outcome, the grade or its number is missing."""
    outcome, grade = request.POST.get("outcome", ""), request.POST.get("grade", "")
    note = clean_text(request.POST.get("note", ""))[:MOST_NOTE]
    if outcome not in Cleanup.Outcome.values:
        raise NotTaken(422, _("Choose how it ended: cleaned, partly, nothing found, or not reached."))
    if outcome == Cleanup.Outcome.CLEANED and grade not in Cleanup.Grade.values:
        raise NotTaken(422, _("Choose how clean it is now, A to D."))
    bags, kg = whole_number(request.POST.get("bags", "")), kilograms(request.POST.get("kg", ""))
    if (bags is None and request.POST.get("bags", "").strip()) or (kg is None and request.POST.get("kg", "").strip()):
        raise NotTaken(422, _("Write bags as a whole number and kilograms as a number such as 12.5, or leave them empty."))
    return Found(
        key=_key(request), outcome=outcome, photos=_photos(request), grade=grade if grade in Cleanup.Grade.values else "",
        bags=bags, kg=kg, note=note,
        exception=exception_in_words(request.POST.get("exception", ""), note), here=_here(request),
        accuracy_m=_number(request.POST.get("accuracy_m", "")), done_at=done_at(request),
    )  # fmt: skip


def pile_of(request: HttpRequest) -> NewPile:
    """The waste that nobody had reported. Raises NotTaken without a position: the place is where the phone is."""
    here = _here(request)
    if here is None:
        raise NotTaken(422, _("The phone gave no position. Report it on the ordinary page, where a place can be chosen."))
    return NewPile(
        key=_key(request), here=here, accuracy_m=_number(request.POST.get("accuracy_m", "")),
        problem=request.POST.get("problem", "") or Problem.LITTER, amount=request.POST.get("amount", "") or Amount.UNKNOWN,
        note=request.POST.get("note", "")[:MOST_NOTE], seen_at=done_at(request), language=get_language() or "", photos=_photos(request),
    )  # fmt: skip


def done_at(request: HttpRequest) -> datetime | None:
    """When it was done, by the phone's clock; None where it does not say so."""
    try:
        said = datetime.fromisoformat(request.POST.get("done_at", ""))
    except ValueError:
        return None
    return said if said.tzinfo else said.replace(tzinfo=settings.CITY.tz)


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        raise NotTaken(422, _("The number of this form is missing. Open the page again, then send it once more.")) from None


def _here(request: HttpRequest) -> tuple[float, float] | None:
    lon, lat = _number(request.POST.get("lon", "")), _number(request.POST.get("lat", ""))
    return (lon, lat) if lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90 else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e7 else None  # neither infinite nor no number at all


def _photos(request: HttpRequest) -> list[bytes]:
    files = [file for name in ("photos", "photos_camera") for file in request.FILES.getlist(name) if file.size]
    return [file.read(limits.MAX_BYTES + 1) for file in files[:MOST_PHOTOS]]
