"""From a form of the case page to a verb of casework: each reads its own fields and passes on the version that was seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from citylab.models import Member, Team
from citylab.permissions import visible
from reports import casework, codes, drafts
from reports.casework import Missing, Visit
from reports.crews.exceptions import exception_in_words
from reports.crews.quantities import kilograms, whole_number
from reports.held_reports import release
from reports.models import Body, Case, Cleanup, Photo, ReplyTemplate, WasteType
from reports.pages.coordinates import read_point
from reports.pages.desk.choices import members_for
from reports.pages.desk.kept_photos import keep_photos, kept_photos, read_id
from reports.photos import publishing
from reports.photos.after import receive_after_photo

LONGEST = 4000  # letters of a reason or a note


def seen_version(request: HttpRequest) -> int | None:
    """The version of the case that the form was drawn with; None for a form that does not say."""
    text = request.POST.get("seen", "")
    return int(text[:9]) if text.isascii() and text.isdigit() else None


def reason_of(request: HttpRequest) -> str:
    """The reason as it was typed; where nothing was, that of the ready answer that was chosen."""
    typed = request.POST.get("reason", "").strip()[:LONGEST]
    chosen = request.POST.get("template", "")
    if typed or not chosen.isdecimal():
        return typed
    template = ReplyTemplate.objects.filter(pk=int(chosen[:9]), active=True).first()
    return template.text if template else ""


def _assign(request: HttpRequest, case: Case) -> None:
    team, person, day = (request.POST.get(name, "").strip() for name in ("team", "member", "day"))
    casework.assign(
        case, request.user, team=Team.objects.filter(active=True, pk=int(team[:9])).first() if team.isdecimal() else None,
        member=members_for(case).filter(username=person).first() if person else None, day=_day(day), seen=seen_version(request),
    )  # fmt: skip


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Missing("a day") from None
    if day < timezone.localdate():
        raise Missing("a day")
    return day


def _visited(request: HttpRequest, case: Case) -> None:
    """One form for every outcome of a visit; what the outcome needs is for the verb to say."""
    outcome = request.POST.get("outcome", Cleanup.Outcome.CLEANED)
    if request.POST.get("nothing_found") == "1":
        outcome = Cleanup.Outcome.NOTHING_FOUND
    form = read_id(request.POST.get("form", ""))
    keep_photos(request, form)
    with transaction.atomic():
        photos = tuple(receive_after_photo(case, drafts.bytes_of(kept) or b"", number) for number, kept in enumerate(kept_photos(form), 1))
        visit = _visit_of(request, case, photos, nothing_found=outcome == Cleanup.Outcome.NOTHING_FOUND)
        if outcome in (Cleanup.Outcome.CLEANED, Cleanup.Outcome.NOTHING_FOUND):
            casework.clean(case, request.user, visit, seen=seen_version(request))
        else:
            casework.visit(case, request.user, visit, outcome, seen=seen_version(request))
        drafts.discard(form)


def _visit_of(request: HttpRequest, case: Case, photos: tuple[Photo, ...], *, nothing_found: bool) -> Visit:
    grade = request.POST.get("grade", "")
    return Visit(
        photos=photos, grade=grade if grade in Cleanup.Grade.values else "",
        bags=None if nothing_found else whole_number(request.POST.get("bags", "")), kg=None if nothing_found else kilograms(request.POST.get("kg", "")),
        nothing_found=nothing_found, note=request.POST.get("note", "").strip()[:LONGEST], team=case.team,
        exception=exception_in_words(request.POST.get("exception", ""), request.POST.get("note", "")),
    )  # fmt: skip


def _release(request: HttpRequest, case: Case) -> None:
    """One held report, by its code, or all of the case."""
    chosen = request.POST.get("report", "")
    released = release(case, request.user, case.reports.filter(code=chosen) if chosen else case.reports.all())
    if not released:
        raise casework.NotPossible("release", case.status)


def _confirm_and_publish(request: HttpRequest, case: Case) -> None:
    """One click: it is waste, and the photos on which every search ended well may be seen by all."""
    casework.confirm(case, request.user, seen=seen_version(request))
    publishing.publish_checked(case, request.user)


def other_case(member: Member, typed: str) -> Case:
    """The case with the code that was typed, that of one of its reports too. Raises `Missing` where this member sees none."""
    code = codes.parse_code(typed) or ""
    seen = visible(member, Case.objects.all())
    found = seen.filter(code=code).first() or seen.filter(reports__code=code).first()
    if found is None:
        raise Missing("another case")
    return found


def _split(request: HttpRequest, case: Case) -> None:
    chosen = case.reports.filter(code__in=request.POST.getlist("report"))
    casework.split(case, request.user, list(chosen), seen=seen_version(request))


def _move(request: HttpRequest, case: Case) -> None:
    point = read_point(request.POST.get("point", "") or request.POST.get("pick", "").removeprefix("at:"))
    if point is None:
        raise Missing("a place in the city")
    casework.move(case, request.user, *point, seen=seen_version(request))


def _change_kind(request: HttpRequest, case: Case) -> None:
    problem, amount, group = (request.POST.get(name, "") for name in ("problem", "amount", "waste_group"))
    if group and not WasteType.objects.filter(code=group, group=group).exists():
        raise Missing("a kind")
    casework.change_kind(
        case, request.user, problem=problem, amount=amount, waste_group=group if "waste_group" in request.POST else None, seen=seen_version(request)
    )


def _reroute(request: HttpRequest, case: Case) -> None:
    body = Body.objects.filter(code=request.POST.get("body", "")).first()
    if body is None:
        raise Missing("a body")
    casework.reroute(case, request.user, body, reason_of(request), seen=seen_version(request))


def _priority(request: HttpRequest, case: Case) -> None:
    typed = request.POST.get("priority", "")
    casework.set_priority(case, request.user, int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else -1, seen=seen_version(request))


VERBS: dict[str, Callable[[HttpRequest, Case], object]] = {
    "confirm": lambda request, case: casework.confirm(case, request.user, seen=seen_version(request)),
    "confirm-photos": _confirm_and_publish,
    "assign": _assign,
    "start": lambda request, case: casework.start(case, request.user, seen=seen_version(request)),
    "hold": lambda request, case: casework.hold(case, request.user, request.POST.get("waits_for", ""), reason_of(request), seen=seen_version(request)),
    "resume": lambda request, case: casework.resume(case, request.user, seen=seen_version(request)),
    "refuse": lambda request, case: casework.refuse(case, request.user, reason_of(request), seen=seen_version(request)),
    "clean": _visited,
    "verify": lambda request, case: casework.verify(case, request.user, seen=seen_version(request)),
    "reopen": lambda request, case: casework.reopen(case, request.user, reason_of(request), seen=seen_version(request)),
    "merge": lambda request, case: casework.merge(case, request.user, other_case(request.user, request.POST.get("into", "")), seen=seen_version(request)),
    "unmerge": lambda request, case: casework.unmerge(case, request.user, seen=seen_version(request)),
    "split": _split,
    "move": _move,
    "change_kind": _change_kind,
    "set_priority": _priority,
    "reroute": _reroute,
    "note": lambda request, case: casework.note(case, request.user, request.POST.get("text", "")[:LONGEST], seen=seen_version(request)),
    "link": lambda request, case: casework.link(case, request.user, other_case(request.user, request.POST.get("with", "")), seen=seen_version(request)),
    "release": _release,
    "undo": lambda request, case: casework.undo(case, request.user),
}
WITH_PREVIEW = ("refuse", "hold", "reopen", "reroute")  # verbs whose words the people who reported read
