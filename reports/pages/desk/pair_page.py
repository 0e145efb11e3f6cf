"""Two open cases side by side: are they one pile? Merging, taking the merge back, or saying that they are two, all from here."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from citylab.permissions import allowed
from reports import casework
from reports.casework.undoing import UNDO_S
from reports.duplicates import compare, distance_m, photos_of_cases, suggestions
from reports.geography.places import place_in_words
from reports.models import Case
from reports.models.case import OPEN
from reports.pages.desk.case_page import case_of
from reports.pages.desk.refusals import why_not_done

MOST_MORE = 8  # other suggestions for the first case that are offered


@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: HttpRequest, code: str, other: str) -> HttpResponse:
    """Both cases with photos, reports and what they have in common. Neither is shown where the member may not see both."""
    left, right = case_of(request.user, code), case_of(request.user, other)
    if left.pk == right.pk:
        raise Http404
    fault = ""
    if request.method == "POST":
        try:
            _act(request, left, right)
        except casework.NotDone as refusal:
            fault = why_not_done(refusal)
            left, right = case_of(request.user, code), case_of(request.user, other)
        else:
            return redirect("case-pair", code=left.code, other=right.code)
    photos = photos_of_cases([left.pk, right.pk])
    sides = [_side(request, case, photos.get(case.pk, [])) for case in (left, right)]
    merged = next((case for case, into in ((left, right), (right, left)) if case.merged_into_id == into.pk), None)
    undoable = casework.undoable(merged, request.user) if merged else None
    context = {
        "left": left, "right": right, "sides": sides, "pair": compare(left, right, photos.get(left.pk, []), photos.get(right.pk, []), distance_m(left, right)), "fault": fault,
        "merged": merged, "undoable": undoable, "may": all(allowed(request.user, "merge", case) for case in (left, right)),
        "both_open": left.status in OPEN and right.status in OPEN, "more": [pair for pair in suggestions(left, request.user) if pair.case.pk != right.pk][:MOST_MORE],
        "undo_until": undoable and undoable.at.timestamp() + UNDO_S,
    }  # fmt: skip
    return render(request, "staff/pair.html", context, status=422 if fault else 200)


def _act(request: HttpRequest, left: Case, right: Case) -> None:
    """`keep` names the case that stays; every form carries both versions, since a merge changes both."""
    verb, member = request.POST.get("verb", ""), request.user
    seen = {case.pk: _version(request, f"seen_{case.code}") for case in (left, right)}
    if verb == "merge":
        kept = right if request.POST.get("keep") == right.code else left
        gone = left if kept is right else right
        _check_version(kept, seen[kept.pk])
        casework.merge(gone, member, kept, seen=seen[gone.pk])
        messages.success(request, _("Merged: reports, photos and those who are told are with %(code)s now.") % {"code": kept.code})
    elif verb == "apart":
        _check_version(right, seen[right.pk])
        casework.link(left, member, right, seen=seen[left.pk])
        messages.success(request, _("Noted: they are two. This pair is suggested no more."))
    elif verb in ("undo", "unmerge"):
        merged = left if left.merged_into_id == right.pk else right
        casework.undo(merged, member) if verb == "undo" else casework.unmerge(merged, member, seen=seen[merged.pk])
        messages.success(request, _("The merge was taken back: both are as they were."))
    else:
        raise casework.NotPossible(verb, left.status)


def _check_version(case: Case, seen: int | None) -> None:
    """The verb checks the version of the case that it changes; the other one of the pair is checked here."""
    if seen is not None and seen != case.version:
        last = case.events.select_related("actor").order_by("-number").first()
        raise casework.Stale(last.actor.display_name if last and last.actor else "", last.kind if last else "", last.at if last else None)


def _version(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text[:9]) if text.isascii() and text.isdigit() else None


def _side(request: HttpRequest, case: Case, photos: list) -> dict:
    reports = list(case.reports.order_by("observed_at", "id")[:5])
    return {
        "case": case, "place": place_in_words(case.location) if case.location else str(case.area or ""), "photos": photos, "reports": reports,
        "report_count": case.reports.count(),
    }  # fmt: skip
