"""The steps of a report as plain pages: each shows one form, keeps its answers in the draft, and leads to the next.

Nothing is bound to a session or a cookie: the address carries the UUID that the first page made. They are exempt from the
CSRF check because there is nothing to forge.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from reports import drafts
from reports.chosen_place import answers_at, chosen_place, complaints_about, sign_with, units_to_choose_from
from reports.forms import Answers, typed
from reports.models import Draft, Report
from reports.nearby import open_cases_near
from reports.pages.report_files import remove_file, take_photos, take_voice
from reports.pages.report_page import Errors, step_page
from reports.pages.report_sending import already_sent, expired_words, nothing_said, send_draft
from reports.pages.see_other import SeeOther
from reports.photos import disk

Taken = Callable[[HttpRequest, UUID, Draft, Errors], HttpResponse]


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """The first step, for a report of its own; with JavaScript the other steps are panels of this page.

    `?sign=CODE` and `?area=CODE` fill in the place.
    """
    area = request.GET.get("area", "")
    answers = Answers({"area": area} if area in dict(units_to_choose_from()) else None)
    if sign := sign_with(request.GET.get("sign", "")):
        answers = Answers(answers_at(sign))
    response = step_page(request, "photo", uuid4(), answers, panels=True)
    # Fetched anew each time, since each has an id of its own; but the back button finds the old one, so nothing is sent twice.
    response["Cache-Control"] = "private, no-cache"
    return response


def step(name: str) -> Callable[[Taken], Callable[[HttpRequest, UUID], HttpResponse]]:
    """What the steps have in common. The function gets a form that was sent, with its answers kept in the draft already."""

    def around(take: Taken) -> Callable[[HttpRequest, UUID], HttpResponse]:
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(take)
        def view(request: HttpRequest, uuid: UUID) -> HttpResponse:
            if request.headers.get("Sec-Fetch-Site") == "cross-site":  # another site's form or link: whose report this is, they chose
                return SeeOther(reverse("report"))
            if (sent := Report.objects.filter(uuid=uuid).first()) is not None:
                return already_sent(request, sent)
            return _posted(request, name, uuid, take) if request.method == "POST" else _shown(request, name, uuid)

        return view

    return around


def _posted(request: HttpRequest, name: str, uuid: UUID, take: Taken) -> HttpResponse:
    errors: Errors = {}
    with drafts.writing(uuid) as (draft, begun):
        drafts.write(draft, typed(name, request.POST))
        if begun and (sign := sign_with(drafts.answers_of(draft).text("sign"))):
            draft.answers = {**answers_at(sign), **{field: value for field, value in draft.answers.items() if value}}
        if name == "photo":
            errors = take_photos(request, draft)
        elif name == "send":
            errors = take_voice(request, draft)
        remove_file(draft, request.POST.get("remove", ""))
    if begun and name != "photo":
        errors = {"photos": [expired_words()], **errors}
    return take(request, uuid, draft, errors)


def _shown(request: HttpRequest, name: str, uuid: UUID) -> HttpResponse:
    draft = drafts.find(uuid)
    if draft is None and name == "photo":
        return SeeOther(reverse("report"))  # nobody begins a report under an id that somebody else made up
    if draft is None:
        response = render(request, "resident/expired.html", status=410)
        response["Cache-Control"] = "no-store"
        return response
    answers = drafts.answers_of(draft)
    if name == "nearby" and not open_cases_near(_point(answers)):
        return _to("report-send", uuid)
    return step_page(request, name, uuid, answers, draft=draft)


@step("photo")
def photo(request: HttpRequest, uuid: UUID, draft: Draft, errors: Errors) -> HttpResponse:
    """Photos come first; without one, a few words at the end are enough."""
    if not errors and "remove" in request.POST:
        return _to("report-photo", uuid)
    if not errors and "skip" not in request.POST and not draft.photos and disk.takes_photos():
        errors = {"photos": [_("Choose a photo, or go on without one.")]}
    return _again(request, "photo", uuid, draft, errors) or _to("report-place", uuid)


@step("place")
def place(request: HttpRequest, uuid: UUID, draft: Draft, errors: Errors) -> HttpResponse:
    """A place by name, ward or position; `search` looks for what was typed and comes back."""
    answers = drafts.answers_of(draft)
    if not errors and "search" in request.POST:
        return _to("report-place", uuid)
    errors = {**errors, **complaints_about(chosen_place(answers), answers)}
    return _again(request, "place", uuid, draft, errors) or _to("report-kind", uuid)


@step("kind")
def kind(request: HttpRequest, uuid: UUID, draft: Draft, errors: Errors) -> HttpResponse:
    """Kind, amount and problem; nothing of it is required."""
    if answer := _again(request, "kind", uuid, draft, errors):
        return answer
    return _to("report-nearby" if open_cases_near(_point(drafts.answers_of(draft))) else "report-send", uuid)


@step("nearby")
def nearby(request: HttpRequest, uuid: UUID, draft: Draft, errors: Errors) -> HttpResponse:
    """Whether it is one of the open cases close by."""
    return _again(request, "nearby", uuid, draft, errors) or _to("report-send", uuid)


@step("send")
def send(request: HttpRequest, uuid: UUID, draft: Draft, errors: Errors) -> HttpResponse:
    """Everything once more, a note, and how to reach the sender; then the report is taken."""
    answers = drafts.answers_of(draft)
    if not errors and "remove" in request.POST:
        return _to("report-send", uuid)
    errors = {**complaints_about(chosen_place(answers), answers), **errors}
    if not (answers.text("description") or draft.photos or draft.voice or errors.get("photos") or errors.get("voice")):
        errors["description"] = [nothing_said()]
    if errors:
        return step_page(request, "send", uuid, answers, draft=draft, errors=errors)
    return send_draft(request, uuid, draft)


def _again(request: HttpRequest, name: str, uuid: UUID, draft: Draft, errors: Errors) -> HttpResponse | None:
    return step_page(request, name, uuid, drafts.answers_of(draft), draft=draft, errors=errors) if errors else None


def _to(name: str, uuid: UUID) -> HttpResponse:
    return SeeOther(reverse(name, args=[uuid]))


def _point(answers: Answers) -> tuple[float, float] | None:
    found = chosen_place(answers)
    return found.location if found and not found.is_coarse else None
