"""Which cases a list shows: every filter is a part of the address, so that a list can be sent to somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import h3.api.basic_int as h3
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Collate
from django.utils import timezone
from django.utils.translation import gettext as _

from citylab import permissions
from citylab.cities.pack import city_pack
from citylab.models import Member
from reports import codes
from reports.crews.second_look import to_verify
from reports.models import Area, Case, CaseEvent, Report
from reports.models.case import OPEN, Status
from reports.models.report import Problem
from reports.returns import cases_of_place
from reports.rules import CELL_RESOLUTION
from reports.state_at import EVENTS, due_in, open_at_end_of, with_event

PAGE = 50
RETURN_DAYS = 180  # as far back as a black spot looks

# What the address calls a group of cases, beside the states themselves.
GROUPS: dict[str, Q] = {
    "open": Q(status__in=OPEN),
    "counted": Q(counts=True) & ~Q(status__in=[Status.REFUSED, Status.MERGED]),
    "all": Q(),
}


@dataclass
class CaseFilter:
    """The filters of one list, read from an address. What cannot be read is told in `faults` and left out."""

    status: str = "open"
    overdue: bool = False
    check: bool = False  # cleaned, and chosen for the look of a second person
    held: bool = False  # with a report that waits for a look, since it may be part of a flood
    area: str = ""
    problem: str = ""
    code: str = ""
    near: str = ""  # an H3 cell in hexadecimal: cases in it and in its six neighbours
    since: date | None = None  # Mondays of the weeks in which the case was first seen
    until: date | None = None
    place_of: str = ""  # a case's code: it and those along its returns, seen in the last 180 days
    came_back: bool = False
    open_at: date | None = None  # open when this week ended
    due: date | None = None  # the deadline fell into this week
    on_time: bool = False
    event: str = ""  # something happened to it in the week `happened_in`
    happened_in: date | None = None
    before: tuple[datetime, int] | None = None
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, query) -> CaseFilter:
        """From `request.GET`."""
        found = cls(
            status=query.get("status", "open"), overdue=query.get("overdue") == "1", held=query.get("held") == "1", check=query.get("check") == "1", area=query.get("area", ""),
            problem=query.get("problem", ""), code=query.get("code", "").strip(), near=query.get("near", ""),
        )  # fmt: skip
        if found.status not in GROUPS and found.status not in Status.values:
            found.status = "open"
        if found.problem not in Problem.values:
            found.problem = ""
        found.since = found._week(query.get("since", ""))
        found.until = found._week(query.get("until", ""))
        found.place_of = codes.parse_code(query.get("place_of", "")) or ""
        found.came_back, found.on_time = query.get("came_back") == "1", query.get("on_time") == "1"
        found.open_at, found.due = found._week(query.get("open_at", "")), found._week(query.get("due", ""))
        found.happened_in = found._week(query.get("in", ""))
        found.event = query.get("event", "") if query.get("event") in EVENTS and found.happened_in else ""
        if found.near and not _is_cell(found.near):
            found.faults.append(_("“%(cell)s” is not a cell.") % {"cell": found.near[:40]})
            found.near = ""
        if before := query.get("before", ""):
            moment, _sign, row = before.rpartition("_")
            try:
                found.before = (datetime.fromisoformat(moment), int(row))
            except ValueError:
                found.faults.append(_("This page of the list does not exist; the first one is shown."))
        return found

    def _week(self, text: str) -> date | None:
        """The Monday of a week written 2026-W47, or of the week of a date."""
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.faults.append(_("“%(text)s” is not a week such as 2026-W47.") % {"text": text[:40]})
            return None
        return day - timedelta(days=day.weekday())

    def rows(self, member: Member) -> QuerySet[Case]:
        """The cases, newest first; only those that the member may see."""
        cases = permissions.visible(member, Case.objects.all()).filter(GROUPS.get(self.status, Q(status=self.status)))
        if self.open_at:
            cases = open_at_end_of(cases, self.open_at, overdue=self.overdue)
        elif self.overdue:
            cases = cases.overdue(timezone.now())
        if self.check:
            cases = to_verify(cases)
        if self.held:
            cases = cases.with_held_reports()
        if self.due:
            cases = due_in(cases, self.due, on_time=self.on_time)
        if self.event and self.happened_in:
            cases = with_event(cases, self.event, self.happened_in)
        if self.place_of:
            case = Case.objects.filter(code=self.place_of).first()
            since = timezone.now() - timedelta(days=RETURN_DAYS)
            cases = cases.filter(pk__in=cases_of_place(case) if case else [], observed_at__gt=since)
        if self.came_back:
            cases = cases.filter(recurs_of__isnull=False)
        if self.area:
            cases = cases.filter(area__code=self.area)
        if self.problem:
            cases = cases.filter(problem=self.problem)
        if self.code:
            code = codes.parse_code(self.code) or self.code.upper()
            cases = cases.filter(Q(code=code) | Q(pk__in=Report.objects.filter(code=code).values("case")))
        if self.near:
            cases = cases.filter(cell__in=cells_around(self.near))
        if self.since:
            cases = cases.filter(week__gte=self.since)
        if self.until:
            cases = cases.filter(week__lte=self.until)
        return cases.order_by("-observed_at", "-id")

    @property
    def sentences(self) -> list[str]:
        """What narrows the list beside the fields of its form."""
        said = []
        if self.check:
            said.append(_("Only what a second person has to look at: one clean-up in five, and all with an exception."))
        if self.held:
            said.append(_("Only with reports that are held: they do not count until somebody looks and releases them."))
        if self.near:
            said.append(_("Only the cell %(cell)s and its six neighbours.") % {"cell": self.near})
        if self.place_of:
            said.append(_("Only the place of %(code)s: the cases along its returns, in 180 days.") % {"code": self.place_of})
        if self.came_back:
            said.append(_("Only places where waste came back after cleaning."))
        if self.open_at:
            text = _("Overdue at the end of %(week)s.") if self.overdue else _("Open at the end of %(week)s.")
            said.append(text % {"week": _label(self.open_at)})
        if self.due:
            text = _("Due in %(week)s and cleaned in time.") if self.on_time else _("Due in %(week)s.")
            said.append(text % {"week": _label(self.due)})
        if self.event and self.happened_in:
            words = _("nothing found") if self.event == "nothing_found" else CaseEvent.Kind(self.event).label
            said.append(_("In %(week)s: %(what)s.") % {"week": _label(self.happened_in), "what": words})
        return said

    def page(self, member: Member) -> tuple[list[Case], str]:
        """One page of the list, and what `before` has to be for the next one (empty on the last)."""
        cases = self.rows(member)
        if self.before:
            moment, row = self.before
            cases = cases.filter(Q(observed_at__lt=moment) | Q(observed_at=moment, id__lt=row))
        found = list(cases.select_related("area", "body")[: PAGE + 1])
        rest = found[PAGE:]
        found = found[:PAGE]
        # Counted for this page alone: a count in the query itself would join and group every case of the city.
        of_page = Report.objects.filter(case__in=found).values_list("case").annotate(Count("pk"))
        counts = dict(of_page)
        for case in found:
            case.report_count = counts.get(case.pk, 0)
        return found, f"{found[-1].observed_at.isoformat()}_{found[-1].pk}" if rest else ""


def cells_around(cell: str) -> list[int]:
    """The cells of the stored resolution inside a cell and its six neighbours: the ground that one test looks at."""
    ring = h3.grid_disk(int(cell, 16), 1)
    if h3.get_resolution(int(cell, 16)) >= CELL_RESOLUTION:
        return list(ring)
    return [child for parent in ring for child in h3.cell_to_children(parent, CELL_RESOLUTION)]


def area_choices(member: Member) -> list[tuple[str, str]]:
    """The areas that a list can be narrowed to, in the order of the city's own alphabet."""
    areas = Area.objects.units().current(timezone.localdate())
    own = list(member.areas.values_list("pk", flat=True))
    if own:
        areas = areas.filter(pk__in=own)
    areas = areas.order_by(Collate("name", f"{city_pack().language}-x-icu"))
    return [(code, full or name) for code, full, name in areas.values_list("code", "full_name", "name")]


def _is_cell(text: str) -> bool:
    try:
        number = int(text, 16)
        return h3.is_valid_cell(number) and 5 <= h3.get_resolution(number) <= 15
    except (ValueError, OverflowError):  # more than 64 bits, or less than nothing
        return False


def _label(monday: date) -> str:
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"
