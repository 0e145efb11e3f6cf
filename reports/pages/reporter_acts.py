"""What the forms on the reporter's own page do. Each returns the sentences that say why not, or nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from reports import follow_up
from reports.models import Photo, Report, Verdict
from reports.pages.follow_up_words import why_not_taken
from reports.pages.photo_words import why_not
from reports.photos import limits
from reports.photos.receiving import PhotoRefused, TooLarge, receive_photo

ANSWERS = {"clean": True, "not-clean": False, "dirty": False}  # as addresses and fields write them


def add_photo(request: HttpRequest, report: Report) -> list[str]:
    """Take one more photo at the first free position."""
    file = request.FILES.get("photo")
    if file is None:
        return [_("Choose a photo first.")]
    taken = set(report.photos.filter(kind=Photo.Kind.REPORT).values_list("position", flat=True))
    free = [position for position in range(1, limits.MAX_POSITIONS + 1) if position not in taken]
    try:
        receive_photo(report, free[0] if free else limits.MAX_POSITIONS + 1, _bytes(file))
    except PhotoRefused as refusal:
        return [why_not(refusal.code)]
    return []


def add_note(request: HttpRequest, report: Report) -> list[str]:
    """Add the words of the field `note`."""
    return _try(lambda: follow_up.add_note(report, request.POST.get("note", "")))


def answer(request: HttpRequest, report: Report) -> list[str]:
    """Say whether the place is clean."""
    clean = ANSWERS.get(request.POST.get("answer", ""))
    if clean is None:
        return [_("Choose one of the two answers.")]
    case = report.case
    if case is None:
        return [why_not_taken(follow_up.NotTaken("not_cleaned"))]
    return _try(lambda: follow_up.give_verdict(case, clean, Verdict.Source.REPORTER, report=report))


def withdraw(request: HttpRequest, report: Report) -> list[str]:
    """Take the report back; the page before asked whether that is meant."""
    return _try(lambda: follow_up.withdraw_report(report))


ACTS: dict[str, Callable[[HttpRequest, Report], list[str]]] = {"photo": add_photo, "note": add_note, "answer": answer, "withdraw": withdraw}


def _try(act: Callable[[], object]) -> list[str]:
    try:
        act()
    except follow_up.NotTaken as refusal:
        return [why_not_taken(refusal)]
    return []


def _bytes(file: UploadedFile) -> bytes:
    if (file.size or 0) > limits.MAX_BYTES:
        raise TooLarge(most=limits.MAX_BYTES, size=file.size or 0)
    return file.read()
