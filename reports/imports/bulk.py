"""The bulk path of intake: a file of reports, many thousand rows a second, by the same rules as one report.

Each batch of a file is decided by `reports.rules.decide` and appended by COPY in one transaction, while the next batch is being
read. Rows that are there already stay as they are, so a file can be imported again: the unique index on the UUID stops a batch that
holds such rows, and it is written again without them. Grouping follows as a step of its own; should the import die before it, the relay groups what was taken once
`HOLD` has passed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from django.db import transaction
from django.utils import timezone
from psycopg import Cursor
from psycopg.errors import UniqueViolation

from reports.codes import codes_of
from reports.geography.area_index import areas_index
from reports.imports.files import AT_ONCE, Batch, LineProblem, read_batches
from reports.imports.lines import Decided, Mapping, Preparation, World
from reports.imports.rows import COPY, copied
from reports.refusals import sentence
from reports.rules import Refusal, counting
from reports.waiting_reports import cursor
from reports.waste_groups import waste_groups

HOLD = timedelta(hours=1)  # how long the relay leaves imported rows to the import's own grouping
AGAIN_AT_MOST = 5  # times that a batch is tried when others write the same rows
PROBLEMS_KEPT = 20  # that are kept in memory to be shown; all go to the file of errors

Progress = Callable[[int, float], None]  # rows read just now, share of the file read so far


@dataclass
class Outcome:
    """What became of the rows of a file. first_problems: up to 20 of the bad ones, in the order of the file."""

    rows: int = 0
    new: int = 0
    there: int = 0
    changed: int = 0  # of `there`: rows whose content differs from what was imported before, which was kept
    bad: int = 0
    without_zone: int = 0
    first_problems: list[LineProblem] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """What to import. source: names the rows' origin, so that the same row of the same source is never taken twice."""

    path: Path
    mapping: Mapping
    source: str
    days_since: date | None = None
    anywhere: bool = False
    layer: str | None = None
    encoding: str = ""
    crs: str = ""
    errors: Path | None = None


class Ready(NamedTuple):
    """A batch ready to be written. rows: all of it as COPY takes it, None where that is known only later."""

    decided: Decided
    rows: memoryview | None


def check_file(wish: Wish, progress: Progress | None = None, *, now: datetime | None = None) -> Outcome:
    """Decides every row and writes none: what an import would take, and what is wrong. Raises FileProblem."""
    return _through(wish, progress, _check, now or timezone.now())


def import_file(wish: Wish, progress: Progress | None = None, *, now: datetime | None = None) -> Outcome:
    """Takes the good rows of a file. What was taken before stays; nothing is grouped yet. Raises FileProblem."""
    return _through(wish, progress, _take, now or timezone.now())


def _through(
    wish: Wish, progress: Progress | None, do: Callable[[Ready, Outcome, datetime], list[LineProblem]], now: datetime
) -> Outcome:
    world = World(areas=areas_index(), waste_types=waste_groups(), now=now, anywhere=wish.anywhere, days_since=wish.days_since)
    preparation = Preparation(wish.mapping, wish.source, world)
    batches = read_batches(
        wish.path, wish.mapping.columns, at_once=AT_ONCE, layer=wish.layer, encoding=wish.encoding, crs=wish.crs
    )
    outcome = Outcome()

    def ready(batch: Batch) -> Ready:
        decided = preparation.decided(batch)
        # What is written may depend on what is there already; where it cannot, it is made here, beside the writing.
        open_question = do is not _take or outcome.there or any(reporter is not None for reporter in decided.reporters)
        every = range(len(decided.uuids))
        return Ready(decided, None if open_question else copied(decided, every, np.ones(len(every), bool), received_at=now, next_try=now + HOLD))

    with _ErrorFile(wish.errors) as errors:
        for prepared in _one_ahead(map(ready, batches)):
            decided = prepared.decided
            problems = decided.problems
            if decided.taken.size:
                problems = sorted(problems + do(prepared, outcome, now))
            outcome.rows += decided.rows
            outcome.bad += len(problems)
            outcome.without_zone += decided.without_zone
            outcome.first_problems += problems[: PROBLEMS_KEPT - len(outcome.first_problems)]
            errors.write(problems)
            if progress:
                progress(decided.rows, decided.share)
    return outcome


def _one_ahead(items: Iterator[Ready]) -> Iterator[Ready]:
    """The same items, each made in a thread while the one before it is in use."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


class _ErrorFile:
    """All bad lines with their reasons as CSV, where a file is wanted."""

    def __init__(self, path: Path | None) -> None:
        self.file = path.open("w", encoding="utf-8-sig", newline="") if path else None
        if self.file:
            csv.writer(self.file).writerow(["line", "reason"])

    def write(self, problems: list[LineProblem]) -> None:
        if self.file:
            csv.writer(self.file).writerows(problems)

    def __enter__(self) -> _ErrorFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()


# ------------------------------------------------------------------------------------------------- writing

def _take(ready: Ready, outcome: Outcome, now: datetime) -> list[LineProblem]:
    """Writes one batch, in one transaction; returns what could not be written after all."""
    decided = ready.decided
    for attempt in range(AGAIN_AT_MOST):
        # Until a row turns out to be there already the file is taken to be new, and nothing is looked up.
        look = attempt > 0 or outcome.there > 0
        with transaction.atomic(), cursor() as tell:
            known = _known(tell, decided) if look else {}
            fresh = [at for at, uuid in enumerate(decided.uuids) if uuid not in known]
            clashing = _clashing(tell, decided, fresh) if attempt else set()
            fresh = [at for at in fresh if at not in clashing]
            try:
                with transaction.atomic():
                    _append(tell, ready, fresh, now)
            except UniqueViolation:
                continue
        _count_known(decided, known, outcome)
        outcome.new += len(fresh)
        return [LineProblem(int(decided.lines[at]), sentence(Refusal("id", "id_taken", {}))) for at in sorted(clashing)]
    raise RuntimeError("Somebody else keeps writing the same reports; import the file again.")


def _check(ready: Ready, outcome: Outcome, now: datetime) -> list[LineProblem]:
    """Counts what a batch would bring, for a dry run."""
    decided = ready.decided
    with cursor() as ask:
        known = _known(ask, decided)
    _count_known(decided, known, outcome)
    outcome.new += len(decided.uuids) - len(known)
    return []


def _known(ask: Cursor, decided: Decided) -> dict[bytes, bytes]:
    """Those of the batch's UUIDs that are there already, with the hash of their content."""
    # A batch is small beside the table: without this a table that was never analysed may be read whole instead.
    ask.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    rows = ask.execute(
        "SELECT uuid_send(uuid), body_hash FROM unnest(%s::uuid[]) AS asked (uuid) JOIN reports_report USING (uuid)",
        ["{" + ",".join([uuid.hex() for uuid in decided.uuids]) + "}"],
        binary=True,
    )
    return {bytes(uuid): bytes(digest) for uuid, digest in rows}


def _count_known(decided: Decided, known: dict[bytes, bytes], outcome: Outcome) -> None:
    outcome.there += len(known)
    if known:
        outcome.changed += sum(
            known.get(uuid, digest) != digest for uuid, digest in zip(decided.uuids, decided.hashes, strict=True)
        )


def _clashing(ask: Cursor, decided: Decided, fresh: list[int]) -> set[int]:
    """Rows whose code belongs to a report with another UUID, or to an earlier row: once in thousands of imports."""
    codes = codes_of([decided.uuids[at] for at in fresh])
    rows = ask.execute("SELECT code, uuid_send(uuid) FROM reports_report WHERE code = ANY(%s)", [codes], binary=True)
    owner = {code: bytes(uuid) for code, uuid in rows}
    return {at for at, code in zip(fresh, codes, strict=True) if owner.setdefault(code, decided.uuids[at]) != decided.uuids[at]}


def _counting(ask: Cursor, decided: Decided, fresh: list[int]) -> np.ndarray:
    """Which rows count: at most three of a reporter in a cell and week, with those that are there already."""
    verdicts, rows = decided.verdicts, decided.taken[fresh]
    reporters = [decided.reporters[at] for at in fresh]
    known = [reporter for reporter in reporters if reporter is not None]
    if not known:
        return np.ones(len(fresh), bool)
    where = np.where(verdicts.cell[rows] != 0, verdicts.cell[rows], -verdicts.area_id[rows])
    weeks = verdicts.week[rows]
    already = ask.execute(
        """
        SELECT reporter, coalesce(cell, -coalesce(area_id, 0)), week, count(*) FROM reports_report
        WHERE counts AND reporter = ANY(%s) AND week BETWEEN %s AND %s GROUP BY 1, 2, 3
        """,
        [list(set(known)), weeks.min().item(), weeks.max().item()],
        binary=True,
    )
    keys = [reporter and (reporter, *key) for reporter, *key in zip(reporters, where.tolist(), weeks.tolist(), strict=True)]
    return counting(keys, {(bytes(reporter), cell, week): number for reporter, cell, week, number in already})


def _append(tell: Cursor, ready: Ready, fresh: list[int], now: datetime) -> None:
    """Appends these rows of a batch to the reports, in the order of the file, with their waste types."""
    decided = ready.decided
    if not fresh:
        return
    rows = ready.rows
    if rows is None or len(fresh) < len(decided.uuids):
        rows = copied(decided, fresh, _counting(tell, decided, fresh), received_at=now, next_try=now + HOLD)
    with tell.copy(COPY) as copy:
        copy.write(rows)
    links = [(decided.uuids[at].hex(), code) for at in fresh for code in decided.verdicts.waste_types[decided.taken[at]]]
    if links:
        tell.execute(
            """
            INSERT INTO reports_reportwastetype (report_id, waste_type_id)
            SELECT id, waste.code FROM unnest(%s::uuid[], %s::text[]) WITH ORDINALITY AS waste (uuid, code, place)
            JOIN reports_report USING (uuid) ORDER BY waste.place
            """,
            ["{" + ",".join(uuid for uuid, _ in links) + "}", [code for _, code in links]],
        )
