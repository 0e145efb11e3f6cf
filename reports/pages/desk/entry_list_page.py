"""The list that another channel sends, and the answers that go back to it: nobody types twice."""

from __future__ import annotations

from datetime import date

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from citylab.exports import MOST_ROWS, asked_for
from citylab.permissions import visible
from reports.case_list.filter import YEARS
from reports.csv_list import ListUnreadable
from reports.entry.answers_out import COLUMNS, answer_of, answers, reports_with_refs
from reports.entry.from_list import COLUMNS as LIST_COLUMNS
from reports.entry.from_list import Entered, enter_list
from reports.models import Case
from reports.pages.list_words import sent_list, why_unreadable
from reports.progress import with_progress

PAGE = 50
MOST_TOLD = 100  # lines known before that are told one by one; each bad one is


@require_http_methods(["GET", "HEAD", "POST"])
def entry_list(request: HttpRequest) -> HttpResponse:
    """Answers for the reports with a number of another channel, also as CSV and JSON; and the form that takes such a list."""
    if request.method == "POST":
        return _load(request)
    since, fault = _since(request)
    found = reports_with_refs(request.user, ref=request.GET.get("q", ""), since=since)
    data = asked_for(request, "answers", COLUMNS, (answer.row for answer in answers(found[:MOST_ROWS])))
    return data or _page(request, fault=fault)


def _load(request: HttpRequest) -> HttpResponse:
    try:
        return _page(request, loaded=enter_list(sent_list(request), get_language() or ""))
    except ListUnreadable as trouble:
        return _page(request, unreadable=why_unreadable(trouble))


def _page(request: HttpRequest, *, fault: str = "", unreadable: str = "", loaded: Entered | None = None) -> HttpResponse:
    since, _fault = _since(request)
    found = reports_with_refs(request.user, ref=request.GET.get("q", ""), since=since)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [answer_of(report) for report in with_progress(found)[page.start_index() - 1 if page.paginator.count else 0 : page.end_index()]]
    may_open = set(visible(request.user, Case.objects.filter(pk__in=[row.report.case_id for row in rows])).values_list("pk", flat=True))
    context = {
        "page": page, "rows": [(row, row.report.case_id in may_open) for row in rows], "q": request.GET.get("q", ""), "since": since, "fault": fault,
        "unreadable": unreadable, "loaded": loaded, "columns": LIST_COLUMNS,
        "known": loaded.known[:MOST_TOLD] if loaded else [], "known_more": max(0, len(loaded.known) - MOST_TOLD) if loaded else 0,
    }  # fmt: skip
    wrong = bool(fault or unreadable or (loaded and loaded.bad))
    return render(request, "staff/entry_list.html", context, status=422 if wrong else 200)


def _since(request: HttpRequest) -> tuple[date | None, str]:
    text = request.GET.get("since", "").strip()
    if not text:
        return None, ""
    try:
        day = date.fromisoformat(text)
        if day.year not in YEARS:
            raise ValueError
        return day, ""
    except ValueError:
        return None, _("“%(text)s” is not a day; all are shown.") % {"text": text[:40]}

