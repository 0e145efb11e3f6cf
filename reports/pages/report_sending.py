"""From a draft to a report: what is sent, what becomes of its files, and what is answered when it was sent before."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reports import drafts
from reports.chosen_place import ChosenPlace, chosen_place
from reports.clean_text import clean_text
from reports.codes import secret_token
from reports.forms import Answers
from reports.intake import ANOTHER_PLACE, KeyTaken, Refused, Submission, submit_report
from reports.models import Draft, Report
from reports.models.report import Channel
from reports.nearby import open_cases_near
from reports.pages.report_page import step_page
from reports.pages.see_other import SeeOther
from reports.photos.receiving import PhotoRefused, receive_photo
from reports.voice import VoiceRefused, receive_voice

LONGEST_DEVICE = 200
PRESSED_AGAIN = timedelta(minutes=2)  # an impatient thumb, or an answer that was lost on the way

# Which part of the form shows an error about a member of the report.
PART = {
    "location": "place", "area": "place", "place": "place", "accuracy_m": "place", "location_source": "place",
    "photos_expected": "photos", "amount": "kind", "problem": "kind", "waste_types": "kind", "same_case": "kind",
}  # fmt: skip


def send_draft(request: HttpRequest, uuid: UUID, draft: Draft) -> HttpResponse:
    """Take the report of a draft and lead to its secret page; or show the last step again with what is missing.

    The report, its files and the end of the draft are one transaction: whoever tries again after a crash loses nothing.
    """
    answers = drafts.answers_of(draft)
    try:
        with transaction.atomic():
            receipt = submit_report(submission_of(uuid, draft))
            troubles = attach(receipt.report, draft)
            drafts.discard(uuid)
    except Refused as refusal:
        errors: dict[str, list[str]] = {}
        for field, sentences in refusal.errors.items():
            errors.setdefault(PART.get(field, field), []).extend(sentences)
        return step_page(request, "send", uuid, answers, draft=draft, errors=errors)
    except KeyTaken as taken:
        return already_sent(request, taken.receipt.report)
    query = "?" + urlencode([("photo", code) for code in troubles]) if troubles else ""
    return SeeOther(reverse("receipt-secret", args=[receipt.code, receipt.token]) + query)


def submission_of(uuid: UUID, draft: Draft) -> Submission:
    """What the draft says, as intake reads it."""
    answers = drafts.answers_of(draft)
    place = chosen_place(answers)
    return Submission(
        uuid=uuid, channel=Channel.WEB,
        location=place.location if place else None, accuracy_m=place.accuracy_m if place else None,
        location_source=place.source if place else "", area=place.area if place else "", place=place.place if place else "",
        problem=answers.problem, amount=answers.amount, waste_types=answers.waste_types, description=answers.note,
        photos_expected=len(draft.photos), same_case=_same_case(answers, place), device=answers.text("device")[:LONGEST_DEVICE],
        language=get_language() or "", contact=answers.contact, voice_expected=bool(draft.voice), sign=answers.text("sign"),
    )  # fmt: skip


def already_sent(request: HttpRequest, sent: Report) -> HttpResponse:
    """A form whose report is here already leads to the receipt; what was typed after sending is shown, since it was not added."""
    # The id of an imported row follows from the row, and that of a draft may come out of a link that a stranger passed on:
    # so only who presses “send” once more in the same moment gets the private receipt, everybody else the public one.
    imported = sent.channel == Channel.IMPORT
    again = not imported and request.method == "POST" and timezone.now() - sent.received_at < PRESSED_AGAIN
    url = reverse("receipt-secret", args=[sent.code, secret_token(sent.uuid)]) if again else reverse("receipt", args=[sent.code])
    changed = _not_sent(request, sent)
    if not imported and not changed:
        return SeeOther(url)
    response = render(request, "resident/already_sent.html", {"code": sent.code, "receipt_url": url, "changed": changed}, status=409)
    response["Cache-Control"] = "no-store"
    return response


def nothing_said() -> str:
    return _("Add a photo, a recording, or a few words about the waste.")


def expired_words() -> str:
    return _("This report was begun too long ago: its earlier steps are no longer kept. What this page carried is still here. Please add the photo again.")


def _same_case(answers: Answers, place: ChosenPlace | None) -> str | None:
    """The answer to the question about a case close by, None where it was not asked about this place."""
    answer = answers.text("same_case")
    asked = {near.code for near in open_cases_near(place.location if place and not place.is_coarse else None)} if answer else set()
    return answer if answer in asked or (asked and answer == ANOTHER_PLACE) else None


def attach(report: Report, draft: Draft) -> list[str]:
    """Attach the files to a report that is safe already; returns the codes of those that could not be."""
    troubles = []
    for position, kept in enumerate(drafts.photos_of(draft), start=1):
        body = drafts.bytes_of(kept)
        if body is None:
            troubles.append("broken")
            continue
        try:
            receive_photo(report, position, body)
        except PhotoRefused as refusal:
            troubles.append(refusal.code)
    if (voice := drafts.voice_of(draft)) is not None:
        body = drafts.bytes_of(voice)
        try:
            receive_voice(report, body or b"")
        except VoiceRefused as refusal:
            troubles.append(f"voice_{refusal.code}")
    return troubles


def _not_sent(request: HttpRequest, sent: Report) -> str:
    """What was typed after the report was sent, and is not in it."""
    for name in ("description", "where"):
        text = clean_text(request.POST.get(name, ""))
        if text and text not in sent.description:
            return text
    return ""
