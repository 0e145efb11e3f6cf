"""The bulk path of intake: a file of reports, many thousand rows a second, by the same rules as one report.

Each batch of a file is decided by `reports.rules.decide` and appended by COPY in one transaction, while the next batch is
being read. Rows that are there already stay as they are, so a file can be imported again: the unique index on the UUID stops a
batch that holds such rows, and it is written again without them. Grouping follows as a step of its own; should the import
die before it, the relay groups what was taken once `HOLD` has passed.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from psycopg import Cursor
from psycopg.errors import DeadlockDetected, UniqueViolation

from reports.codes import codes_of
from reports.geography.area_index import areas_index
from reports.grouping.waiting import cursor, next_ids
from reports.imports.files import AT_ONCE, LineProblem, read_batches
from reports.imports.lines import Decided, Mapping, Preparation, World
from reports.imports.rows import COPY, copied
from reports.refusals import sentence
from reports.rules import Refusal, counting
from reports.waste_groups import waste_groups

HOLD = timedelta(hours=1)  # how long the relay leaves imported rows to the import's own grouping
WRITERS = 2  # more would only wait for each other's counters
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


class Part(NamedTuple):
    """What became of the good rows of one batch."""

    new: int = 0
    there: int = 0
    changed: int = 0
    clashing: Sequence[int] = ()  # lines that could not be written, since their code belongs to another report


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


def check_file(wish: Wish, progress: Progress | None = None, *, now: datetime | None = None) -> Outcome:
    """Decides every row and writes none: what an import would take, and what is wrong. Raises FileProblem."""
    return _through(wish, progress, now or timezone.now(), lambda decided, look: lambda: _check(decided))


def import_file(wish: Wish, progress: Progress | None = None, *, now: datetime | None = None) -> Outcome:
    """Takes the good rows of a file. What was taken before stays; nothing is grouped yet. Raises FileProblem."""
    received_at = now or timezone.now()

    def prepare(decided: Decided, look: bool) -> Callable[[], Part]:
        ids = next_ids("reports_report", len(decided.uuids))  # here, in the order of the file, whichever batch is written first
        return lambda: _take(decided, ids, received_at, look)

    # Who counts depends on what was written before; with nobody to tell apart, two connections write at a time.
    alone = bool(wish.mapping.reporter) or connection.in_atomic_block
    return _through(wish, progress, received_at, prepare, writers=1 if alone else WRITERS)


def _through(
    wish: Wish, progress: Progress | None, now: datetime, prepare: Callable[[Decided, bool], Callable[[], Part]], writers: int = 1
) -> Outcome:
    """Reads a file, and does with each batch what `prepare` makes of it; told whether rows were there already so far."""
    world = World(areas=areas_index(), waste_types=waste_groups(), now=now, anywhere=wish.anywhere, days_since=wish.days_since)
    preparation = Preparation(wish.mapping, wish.source, world)
    batches = read_batches(
        wish.path, wish.mapping.columns, at_once=AT_ONCE, layer=wish.layer, encoding=wish.encoding, crs=wish.crs
    )
    outcome = Outcome()
    work = ((decided, prepare(decided, outcome.there > 0)) for decided in _one_ahead(map(preparation.decided, batches)))
    with _ErrorFile(wish.errors) as errors:
        for decided, part in _done_in_order(work, writers):
            clashes = (LineProblem(line, sentence(Refusal("id", "id_taken", {}))) for line in part.clashing)
            problems = sorted([*decided.problems, *clashes])
            outcome.rows += decided.rows
            outcome.new += part.new
            outcome.there += part.there
            outcome.changed += part.changed
            outcome.bad += len(problems)
            outcome.without_zone += decided.without_zone
            outcome.first_problems += problems[: PROBLEMS_KEPT - len(outcome.first_problems)]
            errors.write(problems)
            if progress:
                progress(decided.rows, decided.share)
    return outcome


def _one_ahead(items: Iterator[Decided]) -> Iterator[Decided]:
    """The same items, each made in a thread while the one before it is in use."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def _done_in_order(work: Iterator[tuple[Decided, Callable[[], Part]]], writers: int) -> Iterator[tuple[Decided, Part]]:
    """Each batch with what became of it, in the order of the file; so many are written at a time, each on its own connection."""
    if writers == 1:
        yield from ((decided, do()) for decided, do in work)
        return

    def done(do: Callable[[], Part]) -> Part:
        try:
            return do()
        finally:
            connection.close()  # the thread's own; a batch takes a thousand times as long as connecting

    with ThreadPoolExecutor(writers) as threads:
        waiting: deque[tuple[Decided, Future[Part]]] = deque()
        for decided, do in work:
            waiting.append((decided, threads.submit(done, do)))
            if len(waiting) > writers:
                first, part = waiting.popleft()
                yield first, part.result()
        yield from ((decided, part.result()) for decided, part in waiting)


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

def _take(decided: Decided, ids: list[int], received_at: datetime, look: bool) -> Part:
    """Writes one batch, in one transaction. look: some of its rows may be there already."""
    for attempt in range(AGAIN_AT_MOST):
        try:
            with transaction.atomic(), cursor() as tell:
                # A file is taken to be new until a row of it turns out to be there: the unique index notices.
                known = _known(tell, decided) if look or attempt else {}
                fresh = [at for at, uuid in enumerate(decided.uuids) if uuid not in known]
                clashing = _clashing(tell, decided, fresh) if attempt else set()
                fresh = [at for at in fresh if at not in clashing]
                _append(tell, decided, fresh, [ids[at] for at in fresh], received_at)
        except (UniqueViolation, DeadlockDetected):
            continue
        return Part(len(fresh), len(known), _changed(decided, known), decided.lines[sorted(clashing)].tolist())
    raise RuntimeError("Somebody else keeps writing the same reports; import the file again.")


def _check(decided: Decided) -> Part:
    """Counts what a batch would bring, for a dry run."""
    with transaction.atomic(), cursor() as ask:
        known = _known(ask, decided)
    return Part(len(decided.uuids) - len(known), len(known), _changed(decided, known))


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


def _changed(decided: Decided, known: dict[bytes, bytes]) -> int:
    """How many rows that are there already had another content then."""
    if not known:
        return 0
    return sum(known.get(uuid, digest) != digest for uuid, digest in zip(decided.uuids, decided.hashes, strict=True))


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


def _append(tell: Cursor, decided: Decided, fresh: list[int], ids: list[int], received_at: datetime) -> None:
    """Appends these rows of a batch to the reports, with their waste types."""
    if not fresh:
        return
    counts = _counting(tell, decided, fresh)
    rows = copied(decided, fresh, ids, counts, received_at=received_at, next_try=received_at + HOLD)
    with tell.copy(COPY) as copy:
        copy.write(rows)
    links = [(id, code) for at, id in zip(fresh, ids, strict=True) for code in decided.verdicts.waste_types[decided.taken[at]]]
    if links:
        tell.execute(
            "INSERT INTO reports_reportwastetype (report_id, waste_type_id) SELECT * FROM unnest(%s::bigint[], %s::text[])",
            [[id for id, _ in links], [code for _, code in links]],
        )
