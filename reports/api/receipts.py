"""GET /api/v1/receipts/?code=A&code=B: how far some reports are, for whoever knows their codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from citylab.problems import problem
from reports import codes
from reports.api import follow_up_schemas
from reports.api.follow_up_schemas import MOST_CODES
from reports.api.views import ApiView
from reports.models import Report
from reports.pages.case_photos import addresses_of_photos
from reports.progress import progress_of, standing_for, with_progress

FRESH_S = 20  # phones ask every 45 seconds; many phones ask about one place


class ReceiptsView(ApiView):
    """The public state of reports by code."""

    @extend_schema(**follow_up_schemas.LIST_RECEIPTS)
    def get(self, request: Request) -> Response:
        asked = [codes.parse_code(text) for text in request.GET.getlist("code")]
        if not asked or len(asked) > MOST_CODES or None in asked:
            return problem(
                status.HTTP_400_BAD_REQUEST, _("This cannot be looked up"),
                _("Give between 1 and %(most)s codes of reports, such as code=7K4QX29MWB.") % {"most": MOST_CODES},
            )  # fmt: skip
        if (language := request.GET.get("lang", "")) in settings.CITY.languages:
            translation.activate(language)
        found = {report.code: report for report in with_progress(Report.objects.filter(code__in=asked))}
        response = Response({"receipts": receipts([found[code] for code in dict.fromkeys(asked) if code in found])})
        patch_cache_control(response, public=True, max_age=FRESH_S)
        response["Vary"] = "Accept-Language"
        return response


def receipts(reports: Sequence[Report], now: datetime | None = None) -> list[dict[str, Any]]:
    """Each report as the phone's list shows it."""
    now = now or timezone.now()
    cases = {report.pk: standing_for(report.case) for report in reports if report.withdrawn_at is None}
    photos = addresses_of_photos(case for case in cases.values() if case)
    told = []
    for report in reports:
        progress, case = progress_of(report, now), cases.get(report.pk)
        photo = photos.get(case.pk) if case else None
        told.append(
            {
                "code": report.code, "status": progress.status, "title": progress.title, "changed_at": as_written(progress.changed_at),
                "url": settings.SITE_URL + reverse("receipt", args=[report.code]), "photo": photo and settings.SITE_URL + photo,
            }
        )  # fmt: skip
    return told


def as_written(moment: datetime | None) -> str:
    """A moment as programs are told it, to the second: 2026-11-24T03:10:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
