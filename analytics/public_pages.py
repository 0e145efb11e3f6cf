"""The public page of figures: the last whole week in words, one picture, and the data behind it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from analytics import public_figures
from analytics.runs import latest_run
from analytics.weekly.editions import published
from analytics.weeks import week_label
from citylab.exports import asked_for
from reports.public_list.period import Weeks

EDITIONS = 8
FRESH_S = 300  # figures of whole weeks hardly change
COLUMNS = ("week", "monday", "opened", "cleaned", "opened_url", "cleaned_url")


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The figures. `?format=` csv and json are the weeks of the picture."""
    found = public_figures.figures(timezone.now())
    response = asked_for(request, "figures", COLUMNS, [_row(request, bar) for bar in found.bars]) or _page(request, found)
    patch_cache_control(response, public=True, max_age=FRESH_S)
    return response


def _page(request: HttpRequest, found: public_figures.Figures) -> HttpResponse:
    run = latest_run()
    context = {
        "figures": found, "links": {name: rows_url(name, found.weeks) for name in public_figures.NAMES},
        "bars": [(bar, rows_url("opened", Weeks(bar.week)), rows_url("cleaned", Weeks(bar.week))) for bar in found.bars],
        "width": public_figures.WIDTH, "height": public_figures.HEIGHT, "foot": public_figures.HEIGHT - public_figures.FOOT,
        "editions": [(edition, week_label(edition.week)) for edition in published().defer("figures")[:EDITIONS]],
        "hot": run.hot if run else None, "hot_until": run.until if run else None,
    }  # fmt: skip
    return render(request, "resident/figures.html", context)


def rows_url(figure: str, weeks: Weeks) -> str:
    """The address of the list that a figure counts."""
    several = f"&weeks={weeks.count}" if weeks.count > 1 else ""
    return f"{reverse('city-map')}?figure={figure}&week={week_label(weeks.last)}{several}"


def _row(request: HttpRequest, bar: public_figures.Bar) -> tuple[Any, ...]:
    links = (request.build_absolute_uri(rows_url(name, Weeks(bar.week))) for name in ("opened", "cleaned"))
    return week_label(bar.week), bar.week, bar.opened, bar.cleaned, *links
