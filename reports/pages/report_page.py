"""What a step's page shows: its form with the answers so far, the sentences about what is wrong, and the other steps as panels."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from citylab.templatetags.words import named
from reports import contacts, drafts, notices
from reports.chosen_place import ChosenPlace, chosen_place, sign_with, units_to_choose_from
from reports.forms import Answers
from reports.geography.places import search_places
from reports.intake import ANOTHER_PLACE
from reports.models import Draft, Place, WasteType
from reports.models.report import Amount, Problem
from reports.nearby import open_cases_near
from reports.photos import disk

Errors = dict[str, list[str]]

LONGEST_SEARCH = 80  # letters of what is searched for; no name of a place is longer

# Where the link of an error leads on each step: to the field that it is about, or to the step that has it.
FIELD = {"place": "#q", "where": "#where", "description": "#description", "voice": "#voice", "contact": "#email", "kind": "#step-kind"}
STEP_OF = {"photos": "photo", "place": "place", "where": "place", "kind": "kind"}


def step_page(
    request: HttpRequest, name: str, uuid: UUID, answers: Answers, *, draft: Draft | None = None, errors: Errors | None = None, panels: bool = False
) -> HttpResponse:
    """The page of one step. With `panels` the others come along, for a browser that shows them one by one."""
    errors = errors or {}
    place = chosen_place(answers)
    context: dict[str, Any] = {
        "uuid": uuid, "title": titles()[name], "template": f"resident/report/_{name}.html", "panels": panels, "show_summary": True,
        "answers": answers, "errors": errors, "summary": _summary(name, uuid, errors), "place": place,
    }  # fmt: skip
    for part in (_BUILDERS if panels else {name: _BUILDERS[name]}).values():
        context |= part(answers, draft, place)
    response = render(request, "resident/step.html", context, status=422 if errors else 200)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    if draft:
        response["X-Robots-Tag"] = f"noarchive, nosnippet, noimageindex, unavailable_after: {drafts.forgotten_at(draft):%Y-%m-%dT%H:%M:%SZ}"
    return response


def titles() -> dict[str, str]:
    """The names of the steps, in their order."""
    return {
        "photo": _("Photo"), "place": _("Where is the waste?"), "kind": _("What is there?"), "nearby": _("Is it this place?"),
        "send": _("Look over and send"),
    }  # fmt: skip


def _summary(name: str, uuid: UUID, errors: Errors) -> list[tuple[str, str]]:
    lines = []
    for part, sentences in errors.items():
        other = STEP_OF.get(part, name)
        link = FIELD.get(part, f"#{part}") if other == name else reverse(f"report-{other}", args=[uuid])
        lines += [(link, sentence) for sentence in sentences]
    return lines


def _photo(answers: Answers, draft: Draft | None, place: ChosenPlace | None) -> dict[str, Any]:
    return {
        "takes_photos": disk.takes_photos(), "photos": drafts.photos_of(draft),
        "sign": sign_with(answers.text("sign")),
    }  # fmt: skip


def _place(answers: Answers, draft: Draft | None, place: ChosenPlace | None) -> dict[str, Any]:
    asked = answers.text("q")[:LONGEST_SEARCH]
    return {
        "areas": units_to_choose_from(), "results": search_places(asked) if asked else None, "knows_places": Place.objects.exists(),
        "notices": notices_at(place.location) if place else [],
    }  # fmt: skip


def _kind(answers: Answers, draft: Draft | None, place: ChosenPlace | None) -> dict[str, Any]:
    return {
        "kinds": WasteType.objects.filter(resident=True, active=True), "chosen": answers.waste_types, "amounts": Amount.choices,
        "problems": Problem.choices, "amount": answers.amount, "problem": answers.problem,
    }  # fmt: skip


def _nearby(answers: Answers, draft: Draft | None, place: ChosenPlace | None) -> dict[str, Any]:
    return {"cases": open_cases_near(place.location) if place and not place.is_coarse else []}


def _send(answers: Answers, draft: Draft | None, place: ChosenPlace | None) -> dict[str, Any]:
    kinds = list(WasteType.objects.filter(code__in=answers.waste_types))
    words = [named(kind) for kind in sorted(kinds, key=lambda kind: answers.waste_types.index(kind.code))]
    amount = str(Amount(answers.amount).label) if answers.amount in Amount.values and answers.amount != Amount.UNKNOWN else ""
    problem = str(Problem(answers.problem).label) if answers.problem in Problem.values else ""
    same = answers.text("same_case")
    ticked = answers.purposes
    return {
        "photos": drafts.photos_of(draft), "voice": drafts.voice_of(draft), "dangerous": any(kind.hazard for kind in kinds),
        "burning": answers.problem == Problem.BURNING,
        "kind_words": "; ".join(filter(None, (" · ".join([capfirst(problem), *words]), amount))),
        "same_case_words": _("No, another place") if same == ANOTHER_PLACE else _("Yes, it is added to that one") if same else "",
        "purposes": [(purpose, contacts.purpose_words(purpose), purpose in ticked) for purpose in contacts.PURPOSES],
        "kept_words": contacts.keeping_words(),
    }  # fmt: skip


def notices_at(location: tuple[float, float] | None) -> list[dict[str, str]]:
    """What the city says about a place at the moment: title and text, in the page's language."""
    return [notices.in_words(notice) for notice in notices.notices_at(*location)] if location else []


_BUILDERS = {"photo": _photo, "place": _place, "kind": _kind, "nearby": _nearby, "send": _send}
