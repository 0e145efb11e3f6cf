"""Privacy, sorting, help, accessibility, about: words with the figures of the code in them, and the city's own from its pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from citylab.cities.page_texts import Section
from reports import drafts, periods
from reports.follow_up.requests import WORKING_DAYS
from reports.follow_up.verdicts import DAYS as VERDICT_DAYS
from reports.photos import limits
from reports.public_cases import FEW
from reports.rules import COUNTING

FRESH_S = 300
TESTED_ON = date(2026, 11, 22)  # when what the accessibility page tells of was last tried by hand


@dataclass(frozen=True)
class Told:
    """A section of the city pack in the language of the page."""

    title: str
    text: tuple[str, ...]
    points: tuple[str, ...]
    source: str
    unsure: bool


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of a reporter, for how long, and what can be asked for. The figures are those that the night obeys."""
    return _page(
        request, "privacy",
        device_days=periods.DEVICE_DAYS, contact_days=periods.CONTACT_DAYS, voice_days=periods.VOICE_DAYS, original_days=periods.ORIGINAL_DAYS,
        request_days=periods.REQUEST_DAYS, draft_hours=drafts.HOURS, working_days=WORKING_DAYS, few=FEW,
    )  # fmt: skip


@require_safe
def sorting(request: HttpRequest) -> HttpResponse:
    """How waste is sorted here, what is dangerous, what it costs to litter."""
    return _page(request, "sorting")


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """What to do when something does not work."""
    city = settings.CITY
    apps = [(app.name, city.named(app, get_language() or city.language, "leave")) for app in city.pages.apps]
    return _page(
        request, "help", apps=apps, names=", ".join(name for name, _leave in apps), photos=limits.MAX_POSITIONS, megabytes=limits.MAX_BYTES // 2**20,
        verdict_days=VERDICT_DAYS,
    )  # fmt: skip


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What was tested, how, and what is known not to work."""
    return _page(request, "accessibility", tested_on=TESTED_ON)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this is, and how the city decides where to clean first."""
    return _page(request, "about", deadline_days=settings.CITY.deadline_working_days, counting=COUNTING)


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    sections = [_told(section) for section in settings.CITY.pages.of(name)]
    response = render(request, f"resident/help/{name}.html", {"sections": sections, **context})
    patch_cache_control(response, public=True, max_age=FRESH_S)
    return response


def _told(section: Section) -> Told:
    own = (get_language() or settings.LANGUAGE_CODE) == settings.LANGUAGE_CODE
    words = {name: getattr(section, name if own else f"{name}_en") for name in ("title", "text", "points", "source")}
    return Told(**words, unsure=section.unsure)
