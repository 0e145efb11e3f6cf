"""The bulk path of intake: a file of reports, many thousand rows a second, by the same rules as one report.

Each batch of a file is decided by `reports.rules.decide`, written by COPY into a temporary table and taken from there into the
reports in one transaction, while the next batch is being read. Rows that are there already stay as they are, so a file can
be imported again. Grouping follows as a step of its own; should the import die before it, the relay groups what was taken once
`HOLD` has passed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import transaction
from django.utils import timezone
from psycopg.errors import UniqueViolation

from reports.area_index import areas_index
from reports.codes import codes_of
from reports.import_files import AT_ONCE, LineProblem, read_batches
from reports.import_lines import Decided, Mapping, Preparation, World
from reports.refusals import sentence
from reports.rules import Refusal, counting
from reports.waiting_reports import cursor
from reports.waste_groups import waste_groups

HOLD = timedelta(hours=1)  # how long the relay leaves imported rows to the import's own grouping
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


def check_file(wish: Wish, progress: Progress | None = None) -> Outcome:
    """Decides every row and writes none: what an import would take, and what is wrong. Raises FileProblem."""
    return _through(wish, progress, _already_there)


def import_file(wish: Wish, progress: Progress | None = None) -> Outcome:
    """Takes the good rows of a file. What was taken before stays; nothing is grouped yet. Raises FileProblem."""
    return _through(wish, progress, _take)


def _through(wish: Wish, progress: Progress | None, do: Callable[[Decided, Outcome, datetime], list[LineProblem]]) -> Outcome:
    now = timezone.now()
    world = World(areas=areas_index(), waste_types=waste_groups(), now=now, anywhere=wish.anywhere, days_since=wish.days_since)
    preparation = Preparation(wish.mapping, wish.source, world)
    batches = read_batches(
        wish.path, wish.mapping.columns, at_once=AT_ONCE, layer=wish.layer, encoding=wish.encoding, crs=wish.crs
    )
    outcome = Outcome()
    with _ErrorFile(wish.errors) as errors:
        for decided in _one_ahead(map(preparation.decided, batches)):
            problems = decided.problems
            if decided.taken.size:
                problems = sorted(problems + do(decided, outcome, now))
            outcome.rows += decided.rows
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

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_report (
    line bigint, uuid uuid, code text, body_hash bytea, location_source text, lon float8, lat float8, accuracy_m float8,
    area_id bigint, cell bigint, week date, observed_at timestamptz, observed_clamped boolean, problem text, amount text,
    waste_group text, waste_types text, description text, reporter bytea, counts boolean
) ON COMMIT DELETE ROWS
"""

_TAKE = """
INSERT INTO reports_report (
    uuid, code, body_hash, channel, language, location, accuracy_m, location_source, area_id, cell, week, observed_at,
    observed_clamped, received_at, problem, amount, waste_group, description, photos_expected, reporter, counts, other_place,
    next_try, attempts, last_error)
SELECT uuid, code, body_hash, 'import', '', ST_SetSRID(ST_MakePoint(lon, lat), 4326), accuracy_m, location_source, area_id, cell,
       week, observed_at, observed_clamped, %(now)s, problem, amount, waste_group, description, 0, reporter, counts, false,
       %(next_try)s, 0, ''
FROM staged_report ORDER BY line
ON CONFLICT {target} DO NOTHING
"""

_TAKE_WITH_WASTE = f"""
WITH taken AS ({_TAKE} RETURNING id, uuid), links AS (
    INSERT INTO reports_reportwastetype (report_id, waste_type_id)
    SELECT taken.id, waste.code FROM taken JOIN staged_report USING (uuid), string_to_table(waste_types, ' ') AS waste (code)
    WHERE waste_types <> ''
)
SELECT count(*) FROM taken
"""


def _take(decided: Decided, outcome: Outcome, now: datetime) -> list[LineProblem]:
    """Writes one batch, in one transaction; returns what could not be written after all."""
    staged = len(decided.uuids)
    with transaction.atomic(), cursor() as tell:
        tell.execute(_STAGE)
        _copy(tell, decided)
        # A batch is small beside the table: without this a table that was never analysed may be read whole instead.
        tell.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        if any(reporter is not None for reporter in decided.reporters):
            _freeze_counting(tell)
        statement = _TAKE_WITH_WASTE if any(decided.verdicts.waste_types) else _TAKE
        times = {"now": now, "next_try": now + HOLD}
        try:
            with transaction.atomic():
                done = tell.execute(statement.format(target="(uuid)"), times)
        except UniqueViolation:  # two codes alike: once in thousands of imports, so only then are codes looked at for each row
            done = tell.execute(statement.format(target=""), times)
        new = done.rowcount if statement is _TAKE else done.fetchone()[0]
        outcome.new += new
        return [] if new == staged else _account_for_others(tell, outcome, staged - new, now)


def _account_for_others(tell, outcome: Outcome, others: int, now: datetime) -> list[LineProblem]:
    """Counts the rows that were there already, and names those whose code belongs to another report."""
    there, changed = tell.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE r.body_hash <> s.body_hash)
        FROM staged_report s JOIN reports_report r USING (uuid) WHERE r.received_at <> %s OR r.channel <> 'import'
        """,
        [now],
    ).fetchone()
    outcome.there += there
    outcome.changed += changed
    if there == others:
        return []
    clashes = tell.execute(
        "SELECT line FROM staged_report s WHERE NOT EXISTS (SELECT FROM reports_report r WHERE r.uuid = s.uuid) ORDER BY line"
    ).fetchall()
    return [LineProblem(line, sentence(Refusal("id", "id_taken", {}))) for (line,) in clashes]


def _already_there(decided: Decided, outcome: Outcome, now: datetime) -> list[LineProblem]:
    """Counts what a batch would bring, for a dry run."""
    with cursor() as ask:
        known = dict(
            ask.execute(
                "SELECT uuid::text, body_hash FROM reports_report WHERE uuid = ANY(%s::uuid[])", [[uuid.hex() for uuid in decided.uuids]],
                binary=True,
            ).fetchall()
        )  # fmt: skip
    by_uuid = {uuid.replace("-", ""): digest for uuid, digest in known.items()}
    outcome.there += len(by_uuid)
    outcome.changed += sum(
        by_uuid.get(uuid.hex(), digest) != digest for uuid, digest in zip(decided.uuids, decided.hashes, strict=True)
    )
    outcome.new += len(decided.uuids) - len(by_uuid)
    return []


def _freeze_counting(tell) -> None:
    """At most three reports of a reporter count in a cell and week, with those that are there already."""
    rows = tell.execute(
        """
        SELECT line, reporter, coalesce(cell, -coalesce(area_id, 0)), week FROM staged_report s
        WHERE reporter IS NOT NULL AND NOT EXISTS (SELECT FROM reports_report r WHERE r.uuid = s.uuid) ORDER BY line
        """,
        binary=True,
    ).fetchall()
    already = tell.execute(
        """
        SELECT r.reporter, coalesce(r.cell, -coalesce(r.area_id, 0)), r.week, count(*) FROM reports_report r
        WHERE r.counts AND r.reporter = ANY(%s) AND r.week BETWEEN %s AND %s GROUP BY 1, 2, 3
        """,
        [list({row[1] for row in rows}), min((row[3] for row in rows), default=None), max((row[3] for row in rows), default=None)],
        binary=True,
    ).fetchall()
    counts = counting([row[1:] for row in rows], {key: number for *key_, number in already for key in [tuple(key_)]})
    silent = [row[0] for row, one in zip(rows, counts.tolist(), strict=True) if not one]
    if silent:
        tell.execute("UPDATE staged_report SET counts = false WHERE line = ANY(%s)", [silent])


def _copy(tell, decided: Decided) -> None:
    """Sends a batch to the temporary table."""
    verdicts, taken = decided.verdicts, decided.taken
    rows = taken.tolist()

    def texts(values: list[str]) -> pa.Array:
        return pa.array(values if len(rows) == len(values) else [values[row] for row in rows], pa.string())

    def whole(values: np.ndarray, absent: int) -> pa.Array:
        chosen = values[taken]
        return pa.array(chosen, mask=chosen == absent)

    def real(values: np.ndarray) -> pa.Array:
        return pa.array(values[taken], from_pandas=True)

    nothing = pa.nulls(len(rows), pa.string())
    table = pa.table(
        {
            "line": decided.lines,
            "uuid": pa.array([uuid.hex() for uuid in decided.uuids]),
            "code": pa.array(codes_of(decided.uuids)),
            "body_hash": pa.array(["\\x" + digest.hex() for digest in decided.hashes]),
            "location_source": texts(verdicts.source),
            "lon": real(verdicts.lon),
            "lat": real(verdicts.lat),
            "accuracy_m": real(verdicts.accuracy_m),
            "area_id": whole(verdicts.area_id, 0),
            "cell": whole(verdicts.cell, 0),
            "week": pa.array(verdicts.week[taken]),
            "observed_at": pa.array(verdicts.observed_at[taken]).cast(pa.timestamp("us", "UTC")),
            "observed_clamped": pa.array(verdicts.clamped[taken]),
            "problem": texts(verdicts.problem),
            "amount": texts(verdicts.amount),
            "waste_group": texts(verdicts.waste_group),
            "waste_types": texts([" ".join(codes) for codes in verdicts.waste_types] if any(verdicts.waste_types) else [""] * len(verdicts.source)),
            "description": texts(verdicts.description),
            "reporter": pa.array([digest and "\\x" + digest.hex() for digest in decided.reporters], pa.string()) if any(decided.reporters) else nothing,
            "counts": pa.array(np.ones(len(rows), bool)),
        }
    )
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(table, sink, pa.csv.WriteOptions(include_header=False))
    with tell.copy("COPY staged_report FROM STDIN (FORMAT csv)") as copy:
        copy.write(memoryview(sink.getvalue()))
