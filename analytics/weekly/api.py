"""GET /api/v1/weekly-reports/: the final editions of the weekly report, newest week first."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.models import WeeklyReport
from analytics.weekly.api_schema import LIST_WEEKLY_REPORTS
from analytics.weekly.counts import COUNTS
from analytics.weekly.editions import published
from analytics.weekly.public import public_edition
from analytics.weeks import parse_week, week_label
from reports.api.filters import Filters
from reports.api.formats import CSVRenderer, Table
from reports.api.paging import bounded, link_next, next_address, page_of
from reports.api.views import ApiView

FILTERS = ("from", "to", "limit", "after")
WEEK = r"[0-9]{4}-W[0-9]{2}"
COLUMNS = ("week", "first_day", "last_day", "edition", "frozen_at", "figures_sha256")
FIGURES = (*COUNTS, "on_time_share", "hotspots", "new_hotspots", "black_spots")


class WeeklyReportsView(ApiView):
    """The public list of weekly reports: of each week the newest final edition. Drafts are the staff's."""

    renderer_classes = (JSONRenderer, CSVRenderer)

    @extend_schema(**LIST_WEEKLY_REPORTS)
    def get(self, request: Request) -> Response:
        filters = Filters(request.GET, FILTERS)
        editions, limit = _asked(filters), filters.limit(self.most_rows)
        filters.raise_any()
        with bounded():
            page, more = page_of(list(editions[: limit + 1]), limit)
        following = next_address(request, week_label(page[-1].week)) if more else None
        found = [public_edition(edition) for edition in page]
        if request.accepted_renderer.format == CSVRenderer.format:
            return link_next(Response(Table((*COLUMNS, *FIGURES), [_row(edition) for edition in found])), following)
        return link_next(Response({"results": found, "next": following}), following)


def _asked(filters: Filters) -> QuerySet[WeeklyReport]:
    editions = published()
    for name, lookup in (("from", "week__gte"), ("to", "week__lte"), ("after", "week__lt")):
        week = _week(filters, name)
        if week is not None:
            editions = editions.filter(**{lookup: week})
    return editions


def _week(filters: Filters, name: str) -> date | None:
    sentence = _("Give a week such as 2026-W47.")
    text = filters.text(name, WEEK, sentence)
    try:
        return parse_week(text) if text else None
    except ValueError:
        filters.errors.setdefault(name, []).append(sentence)
        return None


def _row(edition: dict[str, Any]) -> list[Any]:
    return [*(edition[name] for name in COLUMNS), *(edition["figures"].get(name, {}).get("value") for name in FIGURES)]
