"""What became of a report, in words for the person who sent it.

“Answered” is never worded as “cleaned”: the last step is reached by an after-photo only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from citylab.templatetags.words import last_day
from reports.geography.place_names import area_label, first_capital
from reports.geography.places import place_in_words
from reports.models import Case, CaseEvent, Report
from reports.models.case import OPEN, Status


@dataclass(frozen=True)
class Step:
    """One step of the way. `tone` is "", "good" or "bad"; `now` marks the one that was reached last."""

    name: str
    done: bool
    at: datetime | None = None
    more: str = ""
    tone: str = ""
    now: bool = False


@dataclass(frozen=True)
class Progress:
    """Title, one sentence on what happens next, the deadline while there is one, and the steps."""

    title: str
    next: str
    steps: list[Step] = field(default_factory=list)
    who: str = ""
    due: datetime | None = None


def progress_of(report: Report, now: datetime | None = None) -> Progress:
    """How far this report is. `report.case` and its `body` are read; a report that waits for grouping has none yet."""
    now = now or timezone.now()
    case = _standing_for(report.case)
    who = _who(case)
    steps = [Step(_("Received"), True, report.received_at)]
    steps.append(Step(_("Passed on to %(who)s") % {"who": who} if case else _("Passed on to those responsible"), case is not None))
    if case and case.status == Status.REFUSED:
        refusal = _last(case, CaseEvent.Kind.REFUSED)
        steps.append(
            Step(_("Cannot be handled"), True, case.closed_at, _("Reason: %(why)s") % {"why": refusal.reason} if refusal else "", "bad")
        )
        return Progress(_("This report cannot be handled"), _("Thank you all the same. The reason is below."), _mark(steps))
    confirmed = case is not None and case.status in (Status.CONFIRMED, Status.CLEANED, Status.VERIFIED)
    again = case is not None and case.status == Status.CONFIRMED and case.cleaned_at is not None
    since = _last(case, CaseEvent.Kind.REOPENED if again else CaseEvent.Kind.CONFIRMED) if case and confirmed else None
    handled = _("Being handled again") if again else _("Being handled")
    limit = ""
    if case and case.status == Status.CONFIRMED and case.due_at:
        limit = _("Deadline: %(day)s") % {"day": last_day(case.due_at)}
    steps.append(Step(handled, confirmed, since.at if since else None, limit))
    steps.append(_cleaned(case))
    return _told(case, who, _mark(steps), now)


def public_place(report: Report) -> str:
    """The place in words, no finer than what is public: the centre of a resolution-11 cell, or the area."""
    case = _standing_for(report.case)
    if case and case.public_location:
        return place_in_words(case.public_location)
    area = (case and case.area) or report.area
    return first_capital(area_label(area, get_language() or settings.LANGUAGE_CODE, city_pack())) if area else ""


def _standing_for(case: Case | None) -> Case | None:
    """The case that this one was merged into, and so on: where the work goes on."""
    while case is not None and case.merged_into is not None:
        case = case.merged_into
    return case


def _who(case: Case | None) -> str:
    city, language = city_pack(), get_language() or settings.LANGUAGE_CODE
    if case and case.body:
        return city.named(case.body, language)
    return city.named(city.authority, language, "department")


def _last(case: Case, kind: str) -> CaseEvent | None:
    return case.events.filter(kind=kind).order_by("-at", "-id").first()


def _cleaned(case: Case | None) -> Step:
    if case is None or case.status not in (Status.CLEANED, Status.VERIFIED):
        return Step(_("Cleaned (with photo)"), False)
    more = _("Checked: the place is clean.") if case.status == Status.VERIFIED else ""
    visit = case.cleanups.order_by("-at", "-id").first()
    if visit and visit.nothing_found:
        return Step(_("Looked at, nothing found (with photo)"), True, case.cleaned_at, more, "good")
    return Step(_("Cleaned (with photo)"), True, case.cleaned_at, more, "good")


def _mark(steps: list[Step]) -> list[Step]:
    """The same steps with `now` on the last one that is done."""
    last = max((number for number, step in enumerate(steps) if step.done), default=-1)
    return [Step(s.name, s.done, s.at, s.more, s.tone, number == last) for number, s in enumerate(steps)]


def _told(case: Case | None, who: str, steps: list[Step], now: datetime) -> Progress:
    if case is None:
        return Progress(_("The report has been received"), _("Thank you. It is being passed on to those responsible."), steps)
    if case.status not in OPEN:
        return Progress(_("The place has been cleaned"), _("Thank you. This report helped."), steps)
    if case.due_at and case.due_at < now:
        late = _("This should have been done by now. Calling the hotline helps.")
        return Progress(_("The report is late"), late, steps)
    if case.status == Status.NEW:
        return Progress(_("The report has been received"), _("Thank you."), steps, who, case.due_at)
    return Progress(_("The place is being handled"), _("Somebody has looked: it is waste, and it is to be removed."), steps, who, None)
