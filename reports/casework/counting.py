"""What counts after reports have moved between cases: one reporter once in a case, and a case that somebody counts for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from reports.models import Case, CaseEvent, Report
from reports.periods import DEVICE_DAYS
from reports.rules import COUNTING

# What the merges that still hold inside these cases had set aside. Down from each case to all that were merged into it.
_SET_ASIDE = """
WITH RECURSIVE inside (id) AS (
    SELECT id FROM reports_case WHERE merged_into_id = ANY(%(cases)s)
    UNION SELECT c.id FROM inside JOIN reports_case c ON c.merged_into_id = inside.id
), merges AS (
    SELECT DISTINCT ON (e.case_id) e.details FROM inside JOIN reports_caseevent e ON e.case_id = inside.id AND e.kind = 'merged'
    ORDER BY e.case_id, e.number DESC
)
SELECT report::bigint FROM merges, jsonb_array_elements_text(coalesce(details->'uncounted', '[]')) AS report
"""


def would_count(report: Report, now: datetime) -> bool:
    """Whether a report counts by the rule of intake and by that of grouping, as if it came into its case now.

    The caller holds the lock of its reporter (`reports.intake.lock_reporters`). One whose device was forgotten after 30 days
    does not, since nobody can tell any more whether it would have.
    """
    others = Report.objects.filter(counts=True).exclude(pk=report.pk)
    if report.withdrawn_at is not None:
        return False
    if report.reporter is None:
        return now - report.received_at < timedelta(days=DEVICE_DAYS)
    same = others.filter(reporter=report.reporter)
    if report.case_id is not None and same.filter(case=report.case_id).exists():
        return False
    where = {"cell": report.cell} if report.cell is not None else {"cell": None, "area": report.area_id}
    return same.filter(week=report.week, **where).count() < COUNTING


def is_told(case: Case, reports: QuerySet[Report] | None = None) -> bool:
    """Whether a case counts by the reports it has: one counts of nobody in particular, or is the first of its reporter there.

    What a phone says beyond its share opens cases that do not count, and its later reports do not make them count. What a merge
    has set aside says neither. reports: those of a case that is part of another, where they are by now.
    """
    aside = _set_aside([case.pk])
    told: set[bytes | None] = set()
    rows = (case.reports if reports is None else reports).order_by("observed_at", "id").values_list("pk", "reporter", "counts", "held")
    for pk, reporter, counts, held in rows:
        known = None if reporter is None else bytes(reporter)
        if counts and (known is None or known not in told):
            return True
        if known is not None and not held and pk not in aside:
            told.add(known)
    return False


def count_again(came_back: Mapping[int, Collection[int]], left: Iterable[int]) -> None:
    """After a merge was taken back: reports that it had set aside count again, where their reporter has none that counts there.

    came_back: cases that have their reports again, each with those that its own merge had set aside. left: the cases in which
    the reports were. Both are locked.
    """
    there = list(left)
    sure = _set_aside(there).union(*came_back.values())  # of what came back: counted before, though nobody may know any more whose it is
    cases = [*came_back, *there]
    wanted = Report.objects.filter(pk__in=sure | _set_aside([*came_back]), case__in=cases, counts=False, held="").order_by("observed_at", "pk")
    rows = [(pk, case, None if reporter is None else bytes(reporter)) for pk, case, reporter in wanted.values_list("pk", "case", "reporter")]
    counted = _counted({case for _pk, case, _reporter in rows})
    again = []
    for pk, case, reporter in rows:
        if reporter in counted[case] or (reporter is None and not (case in came_back and pk in sure)):
            continue
        again.append(pk)
        if reporter is not None:
            counted[case].add(reporter)
    Report.objects.filter(pk__in=again).update(counts=True)


def count_apart(case: Case, reporters: Iterable[bytes], now: datetime) -> None:
    """After a split: what these reporters say in this case counts by itself, once for each."""
    for report in case.reports.filter(reporter__in=list(reporters), counts=False, held="").order_by("observed_at", "pk"):
        if would_count(report, now):
            Report.objects.filter(pk=report.pk).update(counts=True)


def end_counting(cases: Mapping[int, int]) -> None:
    """Cases that only count because of what was merged into them count no more, where that is gone.

    cases: each with the case in which its reports are: itself, or the one that it is part of. Inner ones come first; all are locked.
    """
    lines = CaseEvent.objects.filter(case__in=list(cases), kind=CaseEvent.Kind.ABSORBED, details__began_to_count=True)
    began = set(lines.values_list("case", flat=True))
    for pk, there in cases.items():
        if pk not in began:
            continue
        case = Case.objects.get(pk=pk)
        if case.counts and not case.merged.filter(counts=True).exists() and not is_told(case, _reports_of(case, there)):
            Case.objects.filter(pk=pk).update(counts=False)


def _reports_of(case: Case, there: int) -> QuerySet[Report]:
    """The reports of a case; of one that is part of another, those that went there with it."""
    reports = Report.objects.filter(case=there)
    if case.pk == there:
        return reports
    merged = case.events.filter(kind=CaseEvent.Kind.MERGED).order_by("-number").first()
    return reports.filter(pk__in=merged.details.get("reports", []) if merged else [])


def _set_aside(cases: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_SET_ASIDE, {"cases": cases})
        return {row[0] for row in cursor.fetchall()}


def _counted(cases: set[int]) -> dict[int, set[bytes | None]]:
    """The reporters that count already in each of these cases."""
    counted: dict[int, set[bytes | None]] = defaultdict(set)
    for case, reporter in Report.objects.filter(case__in=cases, counts=True).exclude(reporter=None).values_list("case", "reporter"):
        counted[case].add(bytes(reporter))
    return counted
