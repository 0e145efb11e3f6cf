"""The city's units for residents: the list with former names, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from citylab.exports import asked_for
from reports.models import Area, Case
from reports.models.case import OPEN
from reports.notices import notices_in
from reports.public_cases import CLEAN, in_order, public_cases
from reports.public_list.period import behind
from reports.public_list.rows import page_rows
from reports.public_list.unit_figures import ON_TIME_WEEKS, figures_of, last_weeks
from reports.public_list.units import body_of, matching, name_of, units_today, with_slugs

RECENT, DONE = 6, 6  # rows of each list; the rest is one tap away
FRESH_S = 60
COLUMNS = ("code", "name", "kind", "former_names", "border_approximate", "open", "cleaned_last_13_weeks", "body", "phone", "url")


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """All units, or those that a typed name fits, former names too."""
    typed = " ".join(request.GET.get("q", "").split())[:80]
    known = with_slugs(list(units_today()))
    found = matching(known, typed) if typed else known
    data = asked_for(request, "units", COLUMNS, _rows(found))
    if data is None and len(found) == 1 and typed:
        return redirect("unit", slug=next(iter(found)))
    context = {
        "typed": typed, "units": [(slug, unit, name_of(unit)) for slug, unit in found.items()],
        "approximate": any(unit.approximate for unit in found.values()),
    }  # fmt: skip
    response = data or render(request, "resident/units.html", context)
    patch_cache_control(response, public=True, max_age=FRESH_S)
    return response


@require_safe
def unit(request: HttpRequest, slug: str) -> HttpResponse:
    """One unit: what is open, what was cleaned, how much in time, who is responsible."""
    known = with_slugs(list(units_today()))
    found = known.get(slug.lower())
    if found is None:
        by_code = next((words for words, each in known.items() if each.code.lower() == slug.lower()), None)
        if by_code is None:
            raise Http404
        return redirect("unit", slug=by_code, permanent=True)
    if known.get(slug) is None:
        return redirect("unit", slug=slug.lower(), permanent=True)
    now = timezone.now()
    here = public_cases().filter(area=found)
    context = {
        "unit": found, "name": name_of(found), "body": body_of(found), "weeks": last_weeks(now), "on_time_weeks": ON_TIME_WEEKS,
        "recent": page_rows(in_order(here.filter(status__in=OPEN), RECENT), now),
        "done": page_rows(in_order(here.filter(status__in=CLEAN), DONE, moment="cleaned_at"), now),
        "figures": None if found.approximate else figures_of(here, now),
        "notices": notices_in(found)[:3], "list": f"{reverse('city-map')}?unit={found.code}", "report": f"{reverse('report')}?area={found.code}",
    }  # fmt: skip
    response = render(request, "resident/unit.html", context)
    patch_cache_control(response, public=True, max_age=FRESH_S)
    return response


def _rows(found: dict[str, Area]) -> Iterator[tuple[Any, ...]]:
    """The units as values, in the order of COLUMNS. Nothing is counted by a border that is a guess."""
    weeks = last_weeks(timezone.now())
    here = public_cases().filter(area__in=[unit.pk for unit in found.values() if not unit.approximate])
    still_open = _by_unit(here.filter(status__in=OPEN))
    cleaned = _by_unit(behind("cleaned", here, weeks))
    for slug, unit in found.items():
        body = body_of(unit)
        counts = (None, None) if unit.approximate else (still_open.get(unit.pk, 0), cleaned.get(unit.pk, 0))
        yield (
            unit.code, name_of(unit), unit.kind, "; ".join(unit.aliases), unit.approximate, *counts,
            body and body.name, body and body.phone, f"{settings.SITE_URL}{reverse('unit', args=[slug])}",
        )  # fmt: skip


def _by_unit(cases: QuerySet[Case]) -> dict[int, int]:
    return dict(cases.order_by().values_list("area").annotate(n=Count("pk")))
