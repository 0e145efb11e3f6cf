"""Taking a merge back exactly: what it had moved moves back, wherever it is by now, and both sides count as they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from citylab import permissions
from citylab.models import Member
from reports.casework.changing import Act, Details, Kind, act_on
from reports.casework.counting import count_again, end_counting
from reports.casework.errors import Missing, NotAllowed
from reports.casework.joint_deadline import part_deadlines
from reports.casework.verbs import restore, seen_as
from reports.models import Case, CaseEvent

AGAIN_AT_MOST = 5  # times that cases may be merged onward between reading and locking

_LINES = """
WITH RECURSIVE line (start, id, step) AS (
    SELECT id, merged_into_id, 1 FROM reports_case WHERE id = ANY(%s) AND merged_into_id IS NOT NULL
    UNION ALL SELECT line.start, c.merged_into_id, line.step + 1 FROM line JOIN reports_case c ON c.id = line.id WHERE c.merged_into_id IS NOT NULL
)
SELECT start, array_agg(id ORDER BY step) FROM line GROUP BY start
"""


def unmerge(case: Case, actor: Member | None, *, seen: int | None = None) -> Case:
    """They are two piles after all: what the merge moved moves back, and both count as they did."""
    with transaction.atomic():
        lines = lock_lines([case.pk])
        merged = case.events.filter(kind=Kind.MERGED).order_by("-number").first()
        returning = Returning(actor, {case.pk: merged} if merged else {}, lines)
        back = act_on(case, Act(actor, "unmerge", Kind.UNMERGED, change=returning.change, seen=seen_as(case, seen)))
        returning.settle(actor)
        return back


def lock_lines(ids: Iterable[int]) -> dict[int, list[int]]:
    """Lock these cases and all that they are part of, in the order of their ids, as merges do. Returns what each merged one was
    merged into, and that in turn, and so on, by its id."""
    wanted = sorted(set(ids))
    for _attempt in range(AGAIN_AT_MOST):
        with transaction.atomic():  # a savepoint: taking it back gives the locks back
            lines = _lines(wanted)
            every = {*wanted, *(place for line in lines.values() for place in line)}
            list(Case.objects.select_for_update(no_key=True).filter(pk__in=every).order_by("pk").values_list("pk"))
            if _lines(wanted) == lines:
                return lines
            transaction.set_rollback(True)
    raise RuntimeError("The cases keep being merged onward; nothing was changed.")


class Returning:
    """Takes back the merges of one case or of many in a handful of statements. The cases and their lines are locked.

    merges: by case, the line of its history by which it was merged. lines: as `lock_lines` returns them.
    """

    def __init__(self, actor: Member | None, merges: Mapping[int, CaseEvent], lines: Mapping[int, list[int]]) -> None:
        self.merges, self.lines = merges, lines
        self.places = Case.objects.in_bulk({place for case in merges for place in lines.get(case, [])})
        self.may = permissions.allowed_ones(actor, "unmerge", list(self.places.values()))  # one may have been moved to other people
        self.back: dict[str, list[tuple[int, int]]] = {"reports_report": [], "reports_photo": []}  # id, and the case it goes back to
        self.set_aside: dict[int, list[int]] = {}
        self.told: list[tuple[Case, str, int, datetime]] = []

    def change(self, case: Case, now: datetime) -> Details:
        """One case of them: what its merge moved is noted, and its own values are put back."""
        line = self.lines.get(case.pk, [])
        moved: dict[str, Any] = self.merges[case.pk].details if case.pk in self.merges else {}
        if not line or "reports" not in moved:
            raise Missing("what the merge moved")
        if not self.may.issuperset(line):
            raise NotAllowed("unmerge")
        self.back["reports_report"] += [(report, case.pk) for report in moved["reports"]]
        self.back["reports_photo"] += [(photo, case.pk) for photo in moved["photos"]]
        self.set_aside[case.pk] = moved["uncounted"]
        self.told += [(self.places[place], case.code, len(moved["reports"]), now) for place in line]
        restore(case, moved["was"])
        return {"from": self.places[line[0]].code}

    def settle(self, actor: Member | None) -> None:
        """Write what goes back, and what the cases that it leaves tell of it."""
        if not self.told:
            return
        with connection.cursor() as cursor:
            for table, pairs in self.back.items():
                cursor.execute(
                    f"UPDATE {table} SET case_id = back.home FROM unnest(%s::bigint[], %s::bigint[]) AS back (row, home) "
                    f"WHERE {table}.id = back.row AND {table}.case_id = ANY(%s)",
                    [[row for row, _home in pairs], [home for _row, home in pairs], list(self.places)],
                )
        lines = [self.lines[case] for case in self.set_aside]
        count_again(self.set_aside, {line[-1] for line in lines})  # where the reports were: at the end of each line
        within = {place: (len(line) - at, line[-1]) for line in lines for at, place in enumerate(line)}
        inner_first = sorted(within, key=lambda place: within[place], reverse=True)
        end_counting({case: case for case in self.set_aside} | {place: within[place][1] for place in inner_first})
        events, grown = [], Counter[int]()
        for place, code, reports, now in self.told:
            grown[place.pk] += 1
            events.append(
                CaseEvent(
                    case=place, actor=actor, kind=Kind.GAVE_BACK, at=now, from_status=place.status, to_status=place.status, details={"to": code, "reports": reports}
                )
            )
        for pk, more in grown.items():
            self.places[pk].version += more
        part_deadlines([self.places[pk] for pk in inner_first])
        Case.objects.bulk_update([self.places[pk] for pk in grown], ["version", "due_at"])
        CaseEvent.objects.bulk_create(events)


def _lines(ids: list[int]) -> dict[int, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [ids])
        return {start: line for start, line in cursor.fetchall()}
