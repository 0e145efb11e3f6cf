"""How far a waste site is, in a few words for residents, and the tone in which they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from citylab.templatetags.words import day, last_day, short_day
from reports.casework.transitions import TOLD_AS
from reports.geography.place_names import area_label, first_capital
from reports.geography.places import places_in_words
from reports.models import Case
from reports.models.case import RUNNING, Status


@dataclass(frozen=True)
class State:
    """A state in words. `tone` is a class of the style sheet: good, warn or bad."""

    words: str
    tone: str


def state_of(case: Any, now: datetime | None = None) -> State:
    """What is known of a case that anybody may see; `nothing_found` is read where `told` has put it."""
    now = now or timezone.now()
    if case.status == Status.VERIFIED:
        return State(_("Cleaned and checked, %(day)s") % {"day": near_day(case.cleaned_at, now)}, "good")
    if case.status == Status.CLEANED:
        empty = getattr(case, "nothing_found", False)
        words = _("Looked at, nothing found (with photo), %(day)s") if empty else _("Cleaned (with photo), %(day)s")
        return State(words % {"day": near_day(case.cleaned_at, now)}, "good")
    if case.due_at and case.due_at < now and case.status in RUNNING:
        return State(_("Late: was due by %(day)s") % {"day": last_day(case.due_at)}, "bad")
    words = _("Being handled") if TOLD_AS[case.status] == "handled" else _("Received")
    if case.due_at:
        words = _("%(state)s, due by %(day)s") % {"state": words, "day": near_day(case.due_at - timedelta(microseconds=1), now)}
    return State(words, "warn")


def near_day(moment: datetime, now: datetime) -> str:
    """A day as people say it: today, yesterday, 21/11, or with its year when that is another one."""
    then, today = _local(moment), _local(now)
    if then == today:
        return _("today")
    if then == today - timedelta(days=1):
        return _("yesterday")
    return short_day(then) if then.year == today.year else day(then)


def places_of(cases: Sequence[Case]) -> list[str]:
    """The place of each case in words, no finer than what is public: the centre of a coarse cell, or its area."""
    placed = [(at, case.public_location) for at, case in enumerate(cases) if case.public_location]
    words = [""] * len(cases)
    if placed:
        named = places_in_words([point.x for _at, point in placed], [point.y for _at, point in placed])
        for (at, _point), name in zip(placed, named, strict=True):
            words[at] = name
    for at, case in enumerate(cases):
        if not words[at] and case.area:
            words[at] = first_capital(area_label(case.area, get_language() or settings.LANGUAGE_CODE, city_pack()))
    return words


def _local(moment: datetime) -> date:
    return settings.CITY.calendar.local_day(moment)
