"""The bulk path of intake: a file of reports, many thousand rows a second, by the same rules as one report.

Each batch of a file is decided by `reports.rules.decide` and appended by COPY in one transaction, while the next batch is being
read. Rows that are there already stay as they are, so a file can be imported again: the unique index on the UUID stops a batch that
holds such rows, and it is written again without them. Grouping follows as a step of its own; should the import die before it, the relay groups what was taken once
`HOLD` has passed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import transaction
from django.utils import timezone
from psycopg import Cursor
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


def check_file(wish: Wish, progress: Progress | None = None, *, now: datetime | None = None) -> Outcome:
    """Decides every row and writes none: what an import would take, and what is wrong. Raises FileProblem."""
    return _through(wish, progress, _check, now or timezone.now())


def import_file(wish: Wish, progress: Progress | None = None, *, now: datetime | None = None) -> Outcome:
    """Takes the good rows of a file. What was taken before stays; nothing is grouped yet. Raises FileProblem."""
    return _through(wish, progress, _take, now or timezone.now())


def _through(
    wish: Wish, progress: Progress | None, do: Callable[[Decided, Outcome, datetime], list[LineProblem]], now: datetime
) -> Outcome:
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

_COLUMNS = (
    "uuid", "code", "body_hash", "channel", "language", "location", "accuracy_m", "location_source", "area_id", "cell", "week",
    "observed_at", "observed_clamped", "received_at", "problem", "amount", "waste_group", "description", "photos_expected",
    "reporter", "counts", "other_place", "next_try", "attempts", "last_error",
)  # fmt: skip


def _take(decided: Decided, outcome: Outcome, now: datetime) -> list[LineProblem]:
    """Writes one batch, in one transaction; returns what could not be written after all."""
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
                    _copy(tell, decided, fresh, now)
            except UniqueViolation:
                continue
        _count_known(decided, known, outcome)
        outcome.new += len(fresh)
        return [LineProblem(int(decided.lines[at]), sentence(Refusal("id", "id_taken", {}))) for at in sorted(clashing)]
    raise RuntimeError("Somebody else keeps writing the same reports; import the file again.")


def _check(decided: Decided, outcome: Outcome, now: datetime) -> list[LineProblem]:
    """Counts what a batch would bring, for a dry run."""
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


def _copy(tell: Cursor, decided: Decided, fresh: list[int], now: datetime) -> None:
    """Appends these rows of a batch to the reports, in the order of the file, with their waste types."""
    if not fresh:
        return
    verdicts, n = decided.verdicts, len(fresh)
    rows = decided.taken[fresh]
    numbers = rows.tolist()
    uuids = [decided.uuids[at] for at in fresh]

    def texts(values: list[str]) -> pa.Array:
        return pa.array([values[row] for row in numbers], pa.string())

    def whole(values: np.ndarray) -> pa.Array:
        return pa.array(values[rows], mask=values[rows] == 0)

    def same(value: Any) -> pa.Array:
        return pa.repeat(value, n)

    def binary(values: Iterable[bytes | None]) -> pa.Array:
        return pa.array([value and "\\x" + value.hex() for value in values], pa.string())

    moment = pa.scalar(now, pa.timestamp("us", "UTC"))
    columns = {
        "uuid": pa.array([uuid.hex() for uuid in uuids]),
        "code": pa.array(codes_of(uuids)),
        "body_hash": binary(decided.hashes[at] for at in fresh),
        "channel": same("import"),
        "language": same(""),
        "location": _points(verdicts.lon[rows], verdicts.lat[rows]),
        "accuracy_m": pa.array(verdicts.accuracy_m[rows], from_pandas=True),
        "location_source": texts(verdicts.source),
        "area_id": whole(verdicts.area_id),
        "cell": whole(verdicts.cell),
        "week": pa.array(verdicts.week[rows]),
        "observed_at": pa.array(verdicts.observed_at[rows]).cast(pa.timestamp("us", "UTC")),
        "observed_clamped": pa.array(verdicts.clamped[rows]),
        "received_at": same(moment),
        "problem": texts(verdicts.problem),
        "amount": texts(verdicts.amount),
        "waste_group": texts(verdicts.waste_group),
        "description": texts(verdicts.description),
        "photos_expected": same(0),
        "reporter": binary(decided.reporters[at] for at in fresh),
        "counts": pa.array(_counting(tell, decided, fresh)),
        "other_place": same(False),
        "next_try": same(pa.scalar(now + HOLD, pa.timestamp("us", "UTC"))),
        "attempts": same(0),
        "last_error": same(""),
    }
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(pa.table([columns[name] for name in _COLUMNS], names=_COLUMNS), sink, pa.csv.WriteOptions(include_header=False))
    with tell.copy(f"COPY reports_report ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(memoryview(sink.getvalue()))
    links = [(uuid.hex(), code) for uuid, row in zip(uuids, numbers, strict=True) for code in verdicts.waste_types[row]]
    if links:
        tell.execute(
            """
            INSERT INTO reports_reportwastetype (report_id, waste_type_id)
            SELECT id, waste.code FROM unnest(%s::uuid[], %s::text[]) WITH ORDINALITY AS waste (uuid, code, place)
            JOIN reports_report USING (uuid) ORDER BY waste.place
            """,
            ["{" + ",".join(uuid for uuid, _ in links) + "}", [code for _, code in links]],
        )


_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")])  # EWKB, little-endian
_POINT_WITH_SRID = 0x2000_0001


def _points(lon: np.ndarray, lat: np.ndarray) -> pa.Array:
    """Points in the text form that PostGIS reads, null where there is none."""
    points = np.empty(lon.size, _POINT)
    points["order"], points["kind"], points["srid"], points["lon"], points["lat"] = 1, _POINT_WITH_SRID, 4326, lon, lat
    written = points.tobytes().hex()
    width = 2 * _POINT.itemsize
    return pa.array([written[at : at + width] for at in range(0, len(written), width)], mask=np.isnan(lon))
