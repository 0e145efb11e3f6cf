"""What became of a report, in words for the person who sent it.

“Answered” is never worded as “cleaned”: the last step is reached by an after-photo only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from citylab.templatetags.words import last_day
from reports.casework.transitions import TOLD_AS
from reports.geography.place_names import area_label, first_capital
from reports.geography.places import place_in_words
from reports.models import Case, CaseEvent, Cleanup, Report
from reports.models.case import NOT_WASTE, OPEN, Status


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
    """Status as a stable word, title, one sentence on what happens next, the deadline while there is one, and the steps.

    changed_at: when it last came to be so. told: a sentence about other reports of the same place.
    """

    status: str
    title: str
    next: str
    steps: list[Step] = field(default_factory=list)
    who: str = ""
    due: datetime | None = None
    changed_at: datetime | None = None
    told: str = ""


# What a receipt can say, from first to last; stable words for programs.
STATUSES = ("received", "checking", "handled", "cleaned", "verified", "refused", "withdrawn")

# Events that are news to whoever sent the report. That it was received is none: the phone said so itself.
_NEWS = (
    CaseEvent.Kind.CONFIRMED, CaseEvent.Kind.REFUSED, CaseEvent.Kind.CLEANED, CaseEvent.Kind.VERIFIED,
    CaseEvent.Kind.REOPENED, CaseEvent.Kind.ASSIGNED, CaseEvent.Kind.ON_HOLD, CaseEvent.Kind.RESUMED, CaseEvent.Kind.UNDONE,
)  # fmt: skip
_READ = (*_NEWS, CaseEvent.Kind.REROUTED)  # and one whose reason is told


def with_progress(reports: QuerySet[Report]) -> QuerySet[Report]:
    """The same reports with all that `progress_of` and `public_place` read of each, in a handful of queries."""
    events = Prefetch("case__events", CaseEvent.objects.filter(kind__in=_READ))  # what strangers said may be hundreds of rows
    return reports.select_related("case__body", "case__area", "case__merged_into", "area").prefetch_related(events, "case__cleanups")


def progress_of(report: Report, now: datetime | None = None) -> Progress:
    """How far this report is. `report.case` and its `body` are read; a report that waits for grouping has none yet."""
    now = now or timezone.now()
    case = standing_for(report.case)
    if report.withdrawn_at is not None:
        return _withdrawn(report)
    return replace(_told(case, _steps(report, case), now), changed_at=_changed_at(report, case), told=_shared(report, case))


def _withdrawn(report: Report) -> Progress:
    steps = _mark([Step(_("Received"), True, report.received_at), Step(_("Withdrawn"), True, report.withdrawn_at)])
    words = _("What was sent has been deleted. The code stays, so that nobody wonders.")
    return Progress("withdrawn", _("This report was withdrawn"), words, steps, changed_at=report.withdrawn_at)


def _steps(report: Report, case: Case | None) -> list[Step]:
    """The way from the phone to the clean place, as far as it is known."""
    received = Step(_("Received"), True, report.received_at)
    if case is not None and case.status == Status.REFUSED:
        refusal = _last(case, CaseEvent.Kind.REFUSED)
        why = _("Reason: %(why)s") % {"why": refusal.reason} if refusal else ""
        return [received, Step(_("Looked at"), True), Step(_("Cannot be handled"), True, case.closed_at, why, "bad")]
    looked = case is not None and TOLD_AS.get(case.status) in ("handled", "cleaned", "verified")
    handled = case is not None and TOLD_AS.get(case.status) == "handled"
    again = handled and case is not None and case.cleaned_at is not None
    since = _last(case, CaseEvent.Kind.REOPENED if again else CaseEvent.Kind.CONFIRMED) if case and looked else None
    passed_on = _("Passed on to %(who)s") % {"who": _who(case)} if case else _("Passed on to those responsible")
    limit = ""
    if case and case.status == Status.ON_HOLD:
        limit = _with_reason(_("Somebody else must act first."), _last(case, CaseEvent.Kind.ON_HOLD))
    elif case and handled and case.due_at:
        limit = _("Deadline: %(day)s") % {"day": last_day(case.due_at)}
    if again:
        limit = _with_reason(limit, since)
    return [
        received,
        Step(_("Looked at: it is waste") if looked else _("Being looked at"), case is not None),
        Step(passed_on, looked, since.at if since and not again else None, _with_reason("", _rerouting(case))),
        Step(_("Being handled again") if again else _("Being handled"), looked, since.at if since and again else None, limit),
        _cleaned(case),
    ]


def _rerouting(case: Case | None) -> CaseEvent | None:
    """Why the case is with the body that has it, where a person passed it on."""
    last = _last(case, CaseEvent.Kind.REROUTED) if case else None
    return last if last and case and case.body and last.details.get("to") == case.body.code else None


def _with_reason(words: str, event: CaseEvent | None) -> str:
    """The words, and after them the reason that a person gave; what the system writes is for the staff."""
    return " ".join(part for part in (words, event.reason if event and event.actor_id else "") if part)


def _shared(report: Report, case: Case | None) -> str:
    """Said to whoever reported a place that others had reported before."""
    if case is None or case.opened_at >= report.received_at or case.status in NOT_WASTE:
        return ""
    return _("Same place as an earlier report: both are handled together, and none is lost.")


def _changed_at(report: Report, case: Case | None) -> datetime:
    """When the receipt last began to say something else."""
    news = [event.at for event in case.events.all() if _is_news(event)] if case else []
    return max([report.received_at, *news])


def _is_news(event: CaseEvent) -> bool:
    """Whether the receipt said something else after it: handing work from one team to another is none of it."""
    if event.kind not in _NEWS:
        return False
    return event.kind in (CaseEvent.Kind.ON_HOLD, CaseEvent.Kind.RESUMED) or TOLD_AS.get(event.from_status) != TOLD_AS.get(event.to_status)


def public_place(report: Report) -> str:
    """The place in words, no finer than what is public: the centre of a resolution-11 cell, or the area."""
    case = standing_for(report.case)
    if case and case.public_location:
        return place_in_words(case.public_location)
    area = (case and case.area) or report.area
    return first_capital(area_label(area, get_language() or settings.LANGUAGE_CODE, city_pack())) if area else ""


def standing_for(case: Case | None) -> Case | None:
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
    """The last such event. Events are few, and read at once where `with_progress` has asked for them."""
    return max((event for event in case.events.all() if event.kind == kind), key=lambda event: (event.at, event.pk), default=None)


def _last_visit(case: Case) -> Cleanup | None:
    return max(case.cleanups.all(), key=lambda visit: (visit.at, visit.pk), default=None)


def _cleaned(case: Case | None) -> Step:
    if case is None or case.status not in (Status.CLEANED, Status.VERIFIED):
        return Step(_("Cleaned (with photo)"), False)
    more = _("Checked: the place is clean.") if case.status == Status.VERIFIED else ""
    visit = _last_visit(case)
    if visit and visit.nothing_found:
        return Step(_("Looked at, nothing found (with photo)"), True, case.cleaned_at, more, "good")
    return Step(_("Cleaned (with photo)"), True, case.cleaned_at, more, "good")


def _mark(steps: list[Step]) -> list[Step]:
    """The same steps with `now` on the last one that is done."""
    last = max((number for number, step in enumerate(steps) if step.done), default=-1)
    return [Step(s.name, s.done, s.at, s.more, s.tone, number == last) for number, s in enumerate(steps)]


def _told(case: Case | None, steps: list[Step], now: datetime) -> Progress:
    steps = _mark(steps)
    if case is None:
        return Progress("received", _("The report has been received"), _("Thank you. It is being passed on to those responsible."), steps)
    if case.status == Status.REFUSED:
        return Progress("refused", _("This report cannot be handled"), _("Thank you all the same. The reason is below."), steps)
    if case.status == Status.WITHDRAWN:  # by the other reporters of a place that nobody speaks for any more
        return Progress("withdrawn", _("This report was withdrawn"), _("Thank you."), steps)
    if case.status not in OPEN:
        visit = _last_visit(case)
        title = _("Somebody was there and found no waste") if visit and visit.nothing_found else _("The place has been cleaned")
        status = "verified" if case.status == Status.VERIFIED else "cleaned"
        return Progress(status, title, _("Thank you. This report helped."), steps)
    status = TOLD_AS[case.status]
    if case.status == Status.ON_HOLD:
        return Progress(status, _("The place is being handled"), _("Somebody else must act first; it goes on after that."), steps, _who(case))
    if case.due_at and case.due_at < now:
        late = _("This should have been done by now. Calling the hotline helps.")
        return Progress(status, _("The report is late"), late, steps)
    if case.status == Status.NEW:
        return Progress(status, _("The report has been received"), _("Thank you."), steps, _who(case), case.due_at)
    return Progress(status, _("The place is being handled"), _("Somebody has looked: it is waste, and it is to be removed."), steps, _who(case))
