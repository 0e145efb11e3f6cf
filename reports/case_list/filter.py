"""Which cases a list shows: every filter is a part of the address, so that a list can be sent to somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property

import h3.api.basic_int as h3
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Collate
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citylab import permissions
from citylab.cities.pack import city_pack
from citylab.models import Member
from reports import codes
from reports.case_list.order import ORDERS, Order, after, key_of, order_by, read_key
from reports.case_list.search import cases_named
from reports.crews.second_look import to_verify
from reports.geography.area_index import areas_index
from reports.models import Area, Case, CaseEvent, Report
from reports.models.case import OPEN, RUNNING, Priority, Status
from reports.models.report import Problem
from reports.returns import cases_of_place
from reports.rules import CELL_RESOLUTION
from reports.state_at import EVENTS, due_in, open_at_end_of, with_event

PAGE = 50
RETURN_DAYS = 180  # as far back as a black spot looks
SOON_HOURS = 24  # “due soon”
VAGUE_M = 100  # a position that may be farther off than this finds no pile; the index `report_vague` knows it too
YEARS = range(1970, 3000)  # of a week: what is counted from it stays in the calendar
ME = "me"  # whoever looks: a view that is shared shows everybody their own

# What the address calls a group of cases, beside the states themselves.
GROUPS: dict[str, Q] = {
    "open": Q(status__in=OPEN),
    "counted": Q(counts=True) & ~Q(status__in=[Status.REFUSED, Status.MERGED]),
    "all": Q(),
}


# Which cases have a rough or a held report. The page of the queue asks both each time, and as text they need not be built anew.
_ROUGH = "SELECT case_id FROM reports_report WHERE accuracy_m > %s AND case_id IS NOT NULL"
_HELD = "SELECT case_id FROM reports_report WHERE held <> '' AND case_id IS NOT NULL"


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
    text: str = ""  # part of a place's name, today's or a former one, or a code
    priority: str = ""
    unassigned: bool = False  # with nobody
    team: str = ""  # its id
    assignee: str = ""  # a username, or `me`
    due_soon: bool = False  # not late, and will be within a day
    reopened: bool = False
    unsure: bool = False  # where it is, or whether it is at all, is not certain
    overlay: str = ""  # a kind of overlay, such as `beach`, in which it lies
    order: str = "newest"
    before: tuple | None = None
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, query, order: str = "newest") -> CaseFilter:
        """From `request.GET`, or the query of a saved view. order: the one of this list where the address names none."""
        query = {name: value.replace("\0", "") for name, value in query.items()}  # no database takes one
        found = cls(
            status=query.get("status", "open"), overdue=query.get("overdue") == "1", held=query.get("held") == "1", check=query.get("check") == "1", area=query.get("area", ""),
            problem=query.get("problem", ""), code=query.get("code", "").strip(), near=query.get("near", ""),
        )  # fmt: skip
        found.due_soon = query.get("due_soon") == "1"
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
        found.text, found.overlay = query.get("q", "").strip()[:100], query.get("overlay", "")[:30]
        found.unassigned = query.get("unassigned") == "1"
        found.reopened, found.unsure = query.get("reopened") == "1", query.get("unsure") == "1"
        found.priority = query.get("priority", "") if query.get("priority") in map(str, Priority.values) else ""
        found.team = query.get("team", "") if query.get("team", "").isdecimal() and len(query["team"]) < 10 else ""
        found.assignee = query.get("assignee", "")[:150]
        found.order = query.get("order", order) if query.get("order", order) in ORDERS else order
        if ORDERS[found.order].open_only and not found.is_of_open:
            found.order = "newest"
        if before := query.get("before", ""):
            try:
                found.before = read_key(before, found.ordered)
            except ValueError:
                found.faults.append(_("This page of the list does not exist; the first one is shown."))
        return found

    def _week(self, text: str) -> date | None:
        """The Monday of a week written 2026-W47, or of the week of a date."""
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
            if day.year not in YEARS:
                raise ValueError
        except ValueError:
            self.faults.append(_("“%(text)s” is not a week such as 2026-W47.") % {"text": text[:40]})
            return None
        return day - timedelta(days=day.weekday())

    @property
    def ordered(self) -> Order:
        return ORDERS[self.order]

    @property
    def is_of_open(self) -> bool:
        """Whether only cases that are open now can be in the list."""
        return self.status == "open" or self.status in OPEN

    @property
    def looks_back(self) -> bool:
        """Whether it asks for what was so in some week, which one look at today's rows does not tell."""
        return bool(self.open_at or self.due or self.event or self.place_of)

    def condition(self, member: Member, now: datetime | None = None, *, of_open: bool = False) -> Q:
        """What is asked of each row as it is now: all of the filter but what `looks_back`. of_open: it is asked of open cases only."""
        now = now or timezone.now()
        asked = Q() if of_open and self.status == "open" else GROUPS.get(self.status, Q(status=self.status))
        if self.overdue and not self.open_at:
            asked &= Q(status__in=RUNNING, due_at__lt=now)
        if self.due_soon:
            asked &= Q(status__in=RUNNING, due_at__gte=now, due_at__lt=now + timedelta(hours=SOON_HOURS))
        if self.reopened:
            asked &= Q(status__in=OPEN, reopened_at__isnull=False)
        if self.unassigned:
            asked &= Q(team=None, assigned_to=None)
        if self.team:
            asked &= Q(team=int(self.team))
        if self.assignee:
            asked &= Q(assigned_to=member) if self.assignee == ME else Q(assigned_to__username=self.assignee)
        if self.priority:
            asked &= Q(priority=int(self.priority))
        if self.area:
            asked &= Q(area__code=self.area)
        if self.problem:
            asked &= Q(problem=self.problem)
        if self.code:
            code = codes.parse_code(self.code) or self.code.upper()
            asked &= Q(code=code) | Q(pk__in=Report.objects.filter(code=code).exclude(case=None).values("case"))
        if self.near:
            asked &= around_cell(self.near)
        if self.came_back:
            asked &= Q(recurs_of__isnull=False)
        if self.since:
            asked &= Q(week__gte=self.since)
        if self.until:
            asked &= Q(week__lte=self.until)
        if self.held:
            asked &= _with_held_reports()
        if self.unsure:
            asked &= _is_unsure()
        if self.overlay:
            asked &= _within_overlays(self.overlay)
        return asked & self.named if self.text else asked

    @cached_property
    def named(self) -> Q:
        """What the typed words find: looked up once, however often the filter is asked."""
        return cases_named(self.text)

    def rows(self, member: Member, among: QuerySet[Case] | None = None) -> QuerySet[Case]:
        """The cases in their order; only those that the member may see. among: these already, so that it is not asked twice."""
        cases = permissions.visible(member, Case.objects.all()) if among is None else among
        cases = cases.filter(self.condition(member))
        if self.open_at:
            cases = open_at_end_of(cases, self.open_at, overdue=self.overdue)
        if self.check:
            cases = to_verify(cases)
        if self.due:
            cases = due_in(cases, self.due, on_time=self.on_time)
        if self.event and self.happened_in:
            cases = with_event(cases, self.event, self.happened_in)
        if self.place_of:
            case = Case.objects.filter(code=self.place_of).first()
            since = timezone.now() - timedelta(days=RETURN_DAYS)
            cases = cases.filter(pk__in=cases_of_place(case) if case else [], observed_at__gt=since)
        return cases.order_by(*order_by(self.ordered))

    @property
    def sentences(self) -> list[str]:
        """What narrows the list beside the fields of its form."""
        said = []
        if self.due_soon:
            said.append(_("Only those whose deadline passes within 24 hours."))
        if self.reopened:
            said.append(_("Only open ones that had been closed before."))
        if self.text:
            said.append(_("Only places whose name, today's or a former one, has “%(text)s”, or that code.") % {"text": self.text})
        if self.unsure:
            said.append(_("Only those of which the place or the report is not certain: held, without a point, or more than %(m)s m off.") % {"m": VAGUE_M})
        if self.overlay:
            said.append(_("Only inside areas of the kind “%(kind)s”.") % {"kind": _overlay_words(self.overlay)})
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
        found, before = self.cut(self.rows(member).select_related("area", "body"))
        # Counted for this page alone: a count in the query itself would join and group every case of the city.
        of_page = Report.objects.filter(case__in=found).values_list("case").annotate(Count("pk"))
        counts = dict(of_page)
        for case in found:
            case.report_count = counts.get(case.pk, 0)
        return found, before

    def cut(self, rows: QuerySet[Case]) -> tuple[list[Case], str]:
        """One page of these rows, and the key of the next."""
        if self.before:
            rows = rows.filter(after(self.before, self.ordered))
        found = list(rows[: PAGE + 1])
        rest, found = found[PAGE:], found[:PAGE]
        return found, key_of(found[-1], self.ordered) if rest else ""


def _with_held_reports() -> Q:
    return Q(pk__in=RawSQL(_HELD, ()))


@cache
def _is_unsure() -> Q:
    """Held reports, no point at all, or every position so rough that nobody finds the pile by it. The rough ones are few and read once;
    only for their cases the finest position is looked up (as a number: asked with EXISTS, the database may read every report there is)."""
    sure = Value(0.0)  # a position without an error was pointed at by somebody
    finest = Report.objects.filter(case=OuterRef("pk")).values("case").annotate(finest=Min(Coalesce("accuracy_m", sure))).values("finest")
    only_rough = Q(pk__in=RawSQL(_ROUGH, (VAGUE_M,))) & Q(GreaterThan(Subquery(finest), VAGUE_M))
    return Q(location=None) | only_rough | _with_held_reports()


def _within_overlays(kind: str) -> Q:
    """The open cases inside today's overlays of a kind, as the index of points finds them; approximate ones hold nothing for certain."""
    found = Q(pk__in=[])
    for row in areas_index().rows.values():
        if not row.unit and row.kind == kind and not row.approximate:
            found |= Q(location__intersects=GEOSGeometry(memoryview(row.polygon.wkb), srid=4326))
    return found & Q(status__in=OPEN)


def around_cell(cell: str) -> Q:
    """Rows whose `cell` lies in this cell or its six neighbours: the ground that one test looks at.

    The cells inside a coarse one have numbers without a gap, so that seven ranges say it; to name them one by one takes seconds.
    """
    ring, resolution = h3.grid_disk(int(cell, 16), 1), h3.get_resolution(int(cell, 16))
    if resolution >= CELL_RESOLUTION:
        return Q(cell__in=ring)
    last = sum(6 << 3 * (15 - finer) for finer in range(resolution + 1, CELL_RESOLUTION + 1))  # a digit of three bits for each resolution, 0 to 6
    found = Q()
    for parent in ring:
        first = h3.cell_to_center_child(parent, CELL_RESOLUTION)
        found |= Q(cell__range=(first, first + last))
    return found


def area_choices(member: Member) -> list[tuple[str, str]]:
    """The areas that a list can be narrowed to, in the order of the city's own alphabet."""
    areas = Area.objects.units().current(timezone.localdate())
    if (own := permissions.own_areas(member)) is not None:
        areas = areas.filter(pk__in=own)
    areas = areas.order_by(Collate("name", f"{city_pack().language}-x-icu"))
    return [(code, full or name) for code, full, name in areas.values_list("code", "full_name", "name")]


def _is_cell(text: str) -> bool:
    try:
        number = int(text, 16)
        return h3.is_valid_cell(number) and 5 <= h3.get_resolution(number) <= 15
    except (ValueError, OverflowError):  # more than 64 bits, or less than nothing
        return False


def _overlay_words(code: str) -> str:
    kind = next((kind for kind in city_pack().area_kinds if kind.code == code), None)
    return (kind.name_en if kind and get_language() != city_pack().language else kind.prefix if kind else code).lower()


def _label(monday: date) -> str:
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"
