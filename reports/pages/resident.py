"""The first page: one big button, what was reported lately, what the city says, and where a code leads."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from reports import codes
from reports.geography.places import places_in_words
from reports.models import Case, Report
from reports.models.case import OPEN, Status
from reports.nearby import public_photo_of, spot_address, status_words
from reports.notices import notices_in_force
from reports.public_cases import public_cases

EXAMPLE_CODE = "7K4QX29MWB"  # drawn in the sketch; the code of no report anybody sent
LATEST = 3
MOST_NOTICES = 3  # the newest: nobody has said yet where they are


@dataclass(frozen=True)
class ShownCase:
    """A case as the list shows it: rough place, status, published photo or none."""

    words: str
    status_words: str
    tone: str
    photo: str
    url: str


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One big button. With `?code=` it looks up a report."""
    context: dict[str, object] = {"example_code": codes.grouped(EXAMPLE_CODE)}
    if typed := request.GET.get("code", "").strip():
        code = codes.parse_code(typed)
        if code and Report.objects.filter(code=code).exists():
            return redirect("receipt", code=code)
        context["unknown_code"] = typed[:40]
    context |= {"latest": latest_cases(), "notices": list(notices_in_force()[:MOST_NOTICES])}
    response = render(request, "resident/home.html", context)
    patch_cache_control(response, max_age=30, public=True)
    return response


def latest_cases() -> list[ShownCase]:
    """The three public cases that were seen last and have a place."""
    seen = public_cases().exclude(public_location=None)
    cases = list(seen.order_by("-observed_at", "-id")[:LATEST])
    words = places_in_words([case.public_location.x for case in cases], [case.public_location.y for case in cases]) if cases else []
    return [
        ShownCase(said, status_words(case), _tone(case), public_photo_of(case, "report" if case.status in OPEN else "after"), spot_address(case))
        for case, said in zip(cases, words, strict=True)
    ]


def _tone(case: Case) -> str:
    if case.status in (Status.CLEANED, Status.VERIFIED):
        return "good"
    return "warn" if case.status == Status.CONFIRMED else ""

