"""What a row of the queue shows beside the case's own columns: place in words, photo, reporters, likely duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from django.db import connection
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from citylab.models import Member, Role
from citylab.permissions import Audience, admits
from reports.case_list.places import name_places, with_coordinates
from reports.duplicates import suggestions_of_many
from reports.models import Area, Case
from reports.models.case import RUNNING, Priority, Status
from reports.models.report import Amount, Problem
from reports.photos.private_photos import may_see_photos

DAY = timedelta(days=1)
_ANY = 987_654_321  # stands for a photo's number in an address that is made once and filled in for every row

# One statement for a whole page: an anonymous report is a reporter of its own.
_FACTS = """
    SELECT c.id,
        (SELECT count(DISTINCT r.reporter) + count(*) FILTER (WHERE r.reporter IS NULL) FROM reports_report r
         WHERE r.case_id = c.id AND r.withdrawn_at IS NULL),
        (SELECT p.id FROM reports_photo p JOIN reports_report r ON r.id = p.report_id
         WHERE r.case_id = c.id AND r.withdrawn_at IS NULL AND p.kind = 'report' AND {shown}
         ORDER BY r.observed_at, p.position, p.id LIMIT 1)
    FROM reports_case c WHERE c.id = ANY(%(ids)s)
"""


def know_areas(member: Member) -> None:
    """Fetches the areas of an officer once for the whole page, without their polygons."""
    if member.role != Role.OFFICER:
        return
    prefetch_related_objects([member], Prefetch("areas", Area.objects.defer("polygon", "seat", "search")))


def with_names(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with what a row names beside their own columns. Their areas are left to those few that have no point."""
    return cases.select_related("team", "assigned_to").defer("assigned_to__password", "public_location")


_SHOWN = (
    "code", "version", "status", "problem", "waste_group", "amount", "priority", "observed_at", "due_at", "area", "team__name",
    "assigned_to__username", "assigned_to__first_name", "assigned_to__last_name",
)  # fmt: skip


def for_rows(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with what a row shows and no more: a page that reads all columns of fifty cases spends a tenth of its time on them."""
    return with_coordinates(with_names(cases).only(*_SHOWN))


def dress(cases: Sequence[Case], member: Member, now: datetime) -> None:
    """Sets on each case: place, east and north (as the map reads them), reporters, photo_url, days_open, deadline (words) and how late it is
    (ok, soon, late, paused)."""
    name_places(cases)
    private = may_see_photos(member)
    shown = "p.state IN ('clean', 'published')" if private else "p.state = 'published' AND p.flagged_at IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(_FACTS.format(shown=shown), {"ids": [case.pk for case in cases]})
        facts = {row[0]: row[1:] for row in cursor.fetchall()}
    # Words are put together here, once for each code and number: fifty rows of template tags would take most of the page's time.
    age_words = cache(_age_words)
    kinds, amounts, states, levels = (
        {str(value): str(label) for value, label in choices} for choices in (Problem.choices, Amount.choices, Status.choices, Priority.choices)
    )
    photo_url = reverse("case-photo" if private else "public-photo", args=[_ANY, "small"])
    for case in cases:
        case.reporters, photo = facts.get(case.pk, (0, None))
        case.photo_url = photo and photo_url.replace(str(_ANY), str(photo))
        case.east, case.north = (f"{case.lon:.6f}", f"{case.lat:.6f}") if case.lon is not None else ("", "")
        case.days_open = max(0, (now - case.observed_at).days)
        case.pressure, case.deadline = pressure(case, now)
        kind = kinds.get(case.problem, case.problem)
        case.kind = f"{kind[:1].upper()}{kind[1:]} · {amounts.get(case.amount, case.amount)}"
        case.state = states.get(case.status, case.status)
        case.level = "" if case.priority == Priority.NORMAL else _("%(level)s priority") % {"level": levels[str(case.priority)]}
        case.old = (" · " if case.deadline else "") + age_words(case.days_open, case.reporters)
        case.hands = " · ".join(str(name) for name in (case.team, case.assigned_to and case.assigned_to.display_name) if name)


def _age_words(days: int, reporters: int) -> str:
    old = ngettext("%(n)s day old", "%(n)s days old", days) % {"n": days} if days else _("open since today")
    return f"{old} · {ngettext('%(n)s person', '%(n)s people', reporters) % {'n': reporters}}"


def suggest(cases: Sequence[Case], member: Member) -> None:
    """Sets on each case: likely, the open cases that may be the same pile, the likeliest first; how many in words; and the address
    where it stands beside the likeliest, for those who may open that."""
    found = suggestions_of_many(cases, member)
    pair_url = reverse("case-pair", args=["LEFT", "RIGHT"]) if admits(Audience.CASEWORKERS, member) else ""
    for case in cases:
        case.likely = found[case.pk]
        n = len(case.likely)
        case.likely_words = n and ngettext("%(n)s likely duplicate", "%(n)s likely duplicates", n) % {"n": n}
        case.compare_url = n and pair_url.replace("LEFT", case.code).replace("RIGHT", case.likely[0].case.code)


def pressure(case: Case, now: datetime) -> tuple[str, str]:
    """How a case stands against its deadline: a word for the colour, and words for people."""
    if not case.is_open or case.due_at is None:
        return "ok", ""
    if case.status not in RUNNING:
        return "paused", _("deadline paused")
    left = case.due_at - now
    if left < timedelta(0):
        days = -left // DAY
        return "late", ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days} if days else _("late since today")
    if left < DAY:
        hours = left // timedelta(hours=1)
        return "soon", ngettext("%(n)d hour left", "%(n)d hours left", hours) % {"n": hours}
    return "ok", ngettext("%(n)d day left", "%(n)d days left", left // DAY) % {"n": left // DAY}
