"""The round as the crew's page shows it: what is left, in walking order, with the forms; and the page of a link that is over."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from citylab.templatetags.words import moment
from reports import casework
from reports.crews.day_plan import is_left, round_of
from reports.crews.exceptions import EXCEPTIONS, FROM_A_PHONE
from reports.models import Case, Cleanup, CrewLink, Photo
from reports.models.report import Amount, Problem
from reports.pages.receipts import private

SHOWN = (Photo.State.CLEAN, Photo.State.PUBLISHED)


def drawn(request: HttpRequest, link: CrewLink, token: str, *, wrong: str = "", sentence: str = "", status: int = 200) -> HttpResponse:
    """The page. wrong: the code of the form that comes back with what was typed, and the sentence that says why."""
    of_day = round_of(link.team, link.day)
    shown = _photos_of(of_day.cases)
    for each in of_day.cases:
        each.shown = shown.get(each.pk, [])
        each.left = is_left(each)
        each.form_key, each.is_wrong = uuid4(), each.code == wrong
        each.verbs = casework.possible(each)
    context = {
        "link": link, "token": token, "round": of_day, "left": sum(each.left for each in of_day.cases), "grades": Cleanup.Grade.choices,
        "outcomes": _outcomes(), "exceptions": [(key, EXCEPTIONS[key]) for key in FROM_A_PHONE], "amounts": Amount.choices, "problems": Problem.choices,
        "near_m": casework.NEAR_M, "now": timezone.now(), "wrong": wrong, "sentence": sentence, "typed": request.POST if wrong else {},
        "new_key": uuid4(), "done": _done(request.GET.get("done", "")),
    }  # fmt: skip
    return private(render(request, "crew/round.html", context, status=status))


def over(link: CrewLink) -> str:
    """Why a link opens nothing any more: said only to whoever has it."""
    return _("This link was taken back.") if link.revoked_at else _("This link ended with the shift, %(at)s.") % {"at": moment(link.expires_at)}


def closed(request: HttpRequest, link: CrewLink) -> HttpResponse:
    """The page in its place."""
    return private(render(request, "crew/closed.html", {"sentence": over(link)}, status=410))


def _photos_of(cases: list[Case]) -> dict[int, list[Photo]]:
    """The photos of the waste, at most two for each case, by its id; those of earlier clean-ups show nothing of use here."""
    rows = Photo.objects.filter(report__case__in=cases, report__withdrawn_at=None, state__in=SHOWN, kind=Photo.Kind.REPORT).exclude(small_name="")
    found: dict[int, list[Photo]] = {}
    for row in rows.select_related("report").order_by("-report__observed_at", "position"):
        of_case = found.setdefault(row.report.case_id, [])
        if len(of_case) < 2:
            of_case.append(row)
    return found


def _outcomes() -> list[tuple[str, str, str]]:
    """Value, name, and what it takes."""
    return [
        (Cleanup.Outcome.CLEANED, _("Cleaned"), _("with a photo taken there")),
        (Cleanup.Outcome.PARTLY, _("Partly, a larger vehicle is needed"), _("the dispatcher sends one")),
        (Cleanup.Outcome.NOTHING_FOUND, _("Nothing found"), _("with a photo of the place")),
        (Cleanup.Outcome.NOT_REACHED, _("Could not be reached"), _("and why")),
    ]


def _done(what: str) -> str:
    match what:
        case "started":
            return _("Begun.")
        case "reported":
            return _("The new waste site has been reported.")
        case "":
            return ""
    return _("Saved. It is in the history of the waste site.") if what in Cleanup.Outcome.values else ""
