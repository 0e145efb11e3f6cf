"""The first page: one big button, what was reported lately, what the city says, and where a code leads."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from reports import codes
from reports.models import Report
from reports.notices import notices_in_force
from reports.public_cases import in_order, public_cases
from reports.public_list.rows import Row, page_rows

EXAMPLE_CODE = "7K4QX29MWB"  # drawn in the sketch; the code of no report anybody sent
LATEST = 3
MOST_NOTICES = 3  # the newest: nobody has said yet where they are


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


def latest_cases() -> list[Row]:
    """The three public cases that were seen last, as the public list tells of them."""
    return page_rows(in_order(public_cases(), LATEST))
