"""What grouping decided, written: cases opened with their first event, cases reopened, reports joined to their cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import h3.api.basic_int as h3
import numpy as np
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from citylab.templatetags.words import day
from reports import casework, notifications
from reports.codes import random_codes
from reports.deadlines import deadlines
from reports.geography.area_index import NOWHERE, areas_index
from reports.geography.routing import body_for
from reports.grouping.rule import Grouping
from reports.grouping.waiting import KnownCases, Waiting, cursor, next_ids
from reports.models import Area, Case
from reports.models.case import Status
from reports.notifications.staff_letters import tell_hazards

CLEAN = (Status.CLEANED, Status.VERIFIED)
PUBLIC_RESOLUTION = 11  # edge 29 m: the only point of a case that is public is the centre of such a cell


def write(waiting: Sequence[Waiting], cases: KnownCases, grouping: Grouping) -> None:
    """Writes one grouping of these reports. The caller holds the locks and the transaction."""
    now = timezone.now()
    # In the order of opening, so that in a tie of age the case that was opened first stays the first.
    new = np.array(next_ids("reports_case", grouping.opened.size), np.int64)
    joined = np.concatenate([cases.ids, new])[grouping.case]
    counts, counted = _counting(waiting, joined, len(cases.ids), grouping)
    _open_cases(waiting, cases, grouping, new, counted, now)
    _begin_to_count(counted & cases.silent)
    for case, report in zip(grouping.reopened.tolist(), grouping.reopened_by.tolist(), strict=True):
        if not waiting[report].held:  # what nobody has looked at yet opens nothing again
            _reopen(int(cases.ids[case]), waiting[report])
    with cursor() as tell:
        tell.execute(
            """
            UPDATE reports_report r SET case_id = joined.case_id, counts = joined.counts, processed_at = %s, last_error = ''
            FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS joined (id, case_id, counts)
            WHERE r.id = joined.id AND r.processed_at IS NULL
            """,
            [now, [row.id for row in waiting], joined.tolist(), counts],
        )
        if tell.rowcount != len(waiting):
            raise RuntimeError("Some of these reports were grouped or deleted by somebody else meanwhile; nothing was written.")
    there = [(row.id, int(cases.ids[case])) for row, case in zip(waiting, grouping.case.tolist(), strict=True) if case < len(cases.ids)]
    if late := [report for report, case in there if cases.facts[case][0] in CLEAN]:
        notifications.tell_joined(late)
    tell_hazards([row.id for row in waiting])


def _open_cases(
    waiting: Sequence[Waiting], cases: KnownCases, grouping: Grouping, new: np.ndarray, counted: set[int], now: datetime
) -> None:
    """Inserts the cases that were opened, with their first event. new: their ids, in the order of `opened`."""
    openers = [waiting[at] for at in grouping.opened.tolist()]
    if not openers:
        return
    lon, lat = _public_points(openers)
    recurs_of = [int(cases.ids[case]) if case >= 0 else None for case in grouping.recurs_of.tolist()]
    ids = new.tolist()
    with cursor() as tell:
        tell.execute(
            """
            INSERT INTO reports_case (id, code, status, problem, waste_group, amount, location, public_location, cell, week,
                                      observed_at, area_id, body_id, recurs_of_id, opened_at, due_at, counts)
            SELECT o.id, o.code, 'new', r.problem, r.waste_group, r.amount, r.location,
                   ST_SetSRID(ST_MakePoint(o.lon, o.lat), 4326), r.cell, r.week,
                   r.observed_at, r.area_id, o.body_id, o.recurs_of_id, %s, o.due_at, o.counts
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::float8[], %s::float8[], %s::bigint[], %s::bigint[],
                        %s::timestamptz[], %s::boolean[]) AS o (id, report_id, code, lon, lat, body_id, recurs_of_id, due_at, counts)
            JOIN reports_report r ON r.id = o.report_id
            ORDER BY o.id
            """,
            [
                now, ids, [row.id for row in openers], random_codes(len(openers)), lon, lat, _bodies(openers), recurs_of, _due(openers),
                [id in counted for id in ids],
            ],
        )
        tell.execute(
            """
            INSERT INTO reports_caseevent (case_id, kind, at, from_status, to_status, reason, details)
            SELECT id, 'opened', %s, '', 'new', '', '{}' FROM unnest(%s::bigint[]) AS opened (id) ORDER BY id
            """,
            [now, ids],
        )


def _begin_to_count(ids: set[int]) -> None:
    """Cases that did not count are now told by somebody whose report counts."""
    if ids:
        Case.objects.filter(pk__in=ids, counts=False).update(counts=True)


def _reopen(case_id: int, report: Waiting) -> None:
    """The system reopens a cleaned case: somebody saw waste there after the cleaning."""
    seen = datetime.fromtimestamp(report.observed_at / 1_000_000, settings.CITY.tz)
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("Waste was reported here again, seen on %(day)s.") % {"day": day(seen)}
    casework.reopen(Case(pk=case_id), None, reason)


def _public_points(openers: Sequence[Waiting]) -> tuple[list[float | None], list[float | None]]:
    centres = [
        (None, None) if row.lat is None else h3.cell_to_latlng(h3.latlng_to_cell(row.lat, row.lon, PUBLIC_RESOLUTION))
        for row in openers
    ]
    return [lon for _lat, lon in centres], [lat for lat, _lon in centres]


def _due(openers: Sequence[Waiting]) -> list[datetime]:
    """The city's deadline for each, in working days from the receipt of its report."""
    due_at = deadlines()
    return [due_at(row.received_at, row.problem, row.amount) for row in openers]


def _bodies(openers: Sequence[Waiting]) -> list[int | None]:
    """Who is responsible for each. Asked once for each set of areas and kind, since nothing else decides it."""
    index = areas_index()
    placed = [at for at, row in enumerate(openers) if row.lon is not None]
    lon, lat = np.array([openers[at].lon for at in placed]), np.array([openers[at].lat for at in placed])
    areas: dict[int, set[int]] = {at: {int(unit)} for at, unit in zip(placed, index.locate(lon, lat).certain_id, strict=True)}
    for point, overlay in zip(*(pair.tolist() for pair in index.overlays(lon, lat)), strict=True):
        areas[placed[point]].add(overlay)
    known: dict[tuple, int | None] = {}
    bodies = []
    for at, row in enumerate(openers):
        here = frozenset(areas[at] - {NOWHERE}) if at in areas else row.area_id
        key = (here, row.problem, row.waste_group)
        if key not in known:
            place: dict[str, Any] = {"point": (row.lon, row.lat)} if at in areas else {"area": Area.objects.filter(pk=row.area_id or 0).first()}
            body = body_for(**place, problem=row.problem, waste_group=row.waste_group)
            known[key] = body.pk if body else None
        bodies.append(known[key])
    return bodies


def _counting(
    waiting: Sequence[Waiting], joined: np.ndarray, there: int, grouping: Grouping
) -> tuple[list[bool], set[int]]:
    """Whether each report counts: as frozen at intake, but a reporter only once in a case. And the cases that count by that.

    What is held says nothing until it is released. A reporter who had no more to say in a cell and week opened a case that does not count; the same reporter's later
    reports do not make it count either, though they may count themselves.
    """
    counts = [row.counts for row in waiting]
    cases = joined.tolist()
    known = [at for at, row in enumerate(waiting) if row.reporter is not None and not row.held]
    counted = {case for case, row in zip(cases, waiting, strict=True) if row.counts and row.reporter is None}
    if not known:
        return counts, counted
    old = [at for at in known if grouping.case[at] < there]
    with cursor() as ask:
        rows = ask.execute(
            """
            SELECT r.case_id, r.reporter, bool_or(r.counts) FROM reports_report r
            WHERE r.reporter = ANY(%s) AND r.case_id = ANY(%s) AND r.held = '' GROUP BY 1, 2
            """,
            [list({waiting[at].reporter for at in old}), list({cases[at] for at in old})],
            binary=True,
        )
        seen = {(case, bytes(reporter)): counting for case, reporter, counting in rows}
    for at in sorted(known, key=lambda at: (waiting[at].observed_at, waiting[at].id)):
        pair = (cases[at], bytes(waiting[at].reporter or b""))
        counts[at] = counts[at] and not seen.get(pair, False)
        if counts[at] and pair not in seen:
            counted.add(cases[at])
        seen[pair] = seen.get(pair, False) or counts[at]
    return counts, counted
