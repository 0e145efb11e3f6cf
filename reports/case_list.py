"""Which cases a list shows: every filter is a part of the address, so that a list can be sent to somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import h3.api.basic_int as h3
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from citylab import permissions
from citylab.models import Member
from reports import codes
from reports.models import Area, Case, Report
from reports.models.case import OPEN, Status
from reports.models.report import Problem
from reports.rules import CELL_RESOLUTION

PAGE = 50

# What the address calls a group of cases, beside the states themselves.
GROUPS: dict[str, Q] = {
    "open": Q(status__in=OPEN),
    "counted": ~Q(status__in=[Status.REFUSED, Status.MERGED]),
    "all": Q(),
}


@dataclass
class CaseFilter:
    """The filters of one list, read from an address. What cannot be read is told in `faults` and left out."""

    status: str = "open"
    overdue: bool = False
    area: str = ""
    problem: str = ""
    code: str = ""
    near: str = ""  # an H3 cell in hexadecimal: cases in it and in its six neighbours
    since: date | None = None
    until: date | None = None
    before: tuple[datetime, int] | None = None
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, query) -> CaseFilter:
        """From `request.GET`."""
        found = cls(
            status=query.get("status", "open"), overdue=query.get("overdue") == "1", area=query.get("area", ""),
            problem=query.get("problem", ""), code=query.get("code", "").strip(), near=query.get("near", ""),
        )  # fmt: skip
        if found.status not in GROUPS and found.status not in Status.values:
            found.status = "open"
        if found.problem not in Problem.values:
            found.problem = ""
        found.since = found._week(query.get("since", ""))
        found.until = found._week(query.get("until", ""))
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
        if self.overdue:
            cases = cases.overdue(timezone.now())
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

    def page(self, member: Member) -> tuple[list[Case], str]:
        """One page of the list, and what `before` has to be for the next one (empty on the last)."""
        cases = self.rows(member)
        if self.before:
            moment, row = self.before
            cases = cases.filter(Q(observed_at__lt=moment) | Q(observed_at=moment, id__lt=row))
        found = list(cases.select_related("area", "body").annotate(report_count=Count("reports"))[: PAGE + 1])
        rest = found[PAGE:]
        found = found[:PAGE]
        return found, f"{found[-1].observed_at.isoformat()}_{found[-1].pk}" if rest else ""


def cells_around(cell: str) -> list[int]:
    """The cells of the stored resolution inside a cell and its six neighbours: the ground that one test looks at."""
    ring = h3.grid_disk(int(cell, 16), 1)
    if h3.get_resolution(int(cell, 16)) >= CELL_RESOLUTION:
        return list(ring)
    return [child for parent in ring for child in h3.cell_to_children(parent, CELL_RESOLUTION)]


def area_choices(member: Member) -> list[tuple[str, str]]:
    """The areas that a list can be narrowed to."""
    areas = Area.objects.units().current(timezone.localdate())
    own = list(member.areas.values_list("pk", flat=True))
    if own:
        areas = areas.filter(pk__in=own)
    return [(code, full or name) for code, full, name in areas.order_by("name").values_list("code", "full_name", "name")]


def _is_cell(text: str) -> bool:
    try:
        number = int(text, 16)
    except ValueError:
        return False
    return h3.is_valid_cell(number) and 5 <= h3.get_resolution(number) <= 15
