"""What the counters cost: a thousand new reports with the counting triggers and without, by turns, in tables of two sizes.

    python -m tests.benchmarks.counters [--reports 1000000] [--rounds 15]

Each batch is one statement of 1,000 reports in as many random cells of the box of `refresh`, over the last weeks; then the
same as 1,000 statements of one report, as the form sends them; then a thousand reports that are grouped, which changes no
counter. Every batch is rolled back. The database must be one that may be filled and thrown away:
`bin/bench counters` makes one. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
import numpy as np

from tests.benchmarks.refresh import BOX, INSERT, UNTIL, fill, owner_connection

BATCH = 1_000


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--reports", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=15)
    options = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citylab.settings")
    django.setup()

    found: dict[str, dict[str, float]] = {}
    found["empty"] = measured(options.rounds, first_number=0)
    fill(options.reports)
    found[f"{options.reports:,}"] = measured(options.rounds, first_number=options.reports)
    print(f"\n{'milliseconds for 1,000 reports':36}{'without':>10}{'with':>10}{'beyond':>10}{'beyond, least':>15}")
    for size, times in found.items():
        for name in ("batch", "singly", "grouped"):
            without, counted = times[f"{name}_without"], times[f"{name}_with"]
            least = times[f"{name}_with_least"] - times[f"{name}_without_least"]
            print(f"{size + ' reports, ' + name:36}{without:10.1f}{counted:10.1f}{counted - without:10.1f}{least:15.1f}")
    full = list(found.values())[-1]
    print(
        json.dumps(
            {
                "ms_beyond_insert": round(full["batch_with"] - full["batch_without"], 1),
                "ms_beyond_insert_least": round(full["batch_with_least"] - full["batch_without_least"], 1),
                "ms_beyond_insert_empty": round(found["empty"]["batch_with"] - found["empty"]["batch_without"], 1),
                "ms_beyond_single_inserts": round(full["singly_with"] - full["singly_without"], 1),
                "ms_beyond_grouping": round(full["grouped_with"] - full["grouped_without"], 1),
                "reports": options.reports,
            }
        )
    )


def measured(rounds: int, first_number: int) -> dict[str, float]:
    """Medians of milliseconds for each way, with and without triggers, taken by turns."""
    times: dict[str, list[float]] = {}
    rng = np.random.default_rng(7)
    with owner_connection() as connection:
        works: dict[str, Callable[[Any, list], None]] = {"batch": in_one_statement, "singly": one_by_one, "grouped": grouped}
        for _ in range(rounds):
            rows = new_rows(rng, first_number)
            for name, work in works.items():
                for way in ("without", "with"):
                    with rolled_back(connection, triggers=way == "with") as cursor:
                        if name == "grouped":
                            in_one_statement(cursor, rows)
                        started = time.perf_counter()
                        work(cursor, rows)
                        times.setdefault(f"{name}_{way}", []).append((time.perf_counter() - started) * 1000)
    return {f"{name}{end}": take(values) for name, values in times.items() for end, take in (("", statistics.median), ("_least", min))}


def new_rows(rng: np.random.Generator, first_number: int) -> list:
    """Columns for INSERT: numbers, longitudes, latitudes, cells, weeks and moments."""
    from datetime import UTC, datetime, timedelta

    from h3ronpy.vector import coordinates_to_cells

    west, south, east, north = BOX
    lon, lat = rng.uniform(west, east, BATCH), rng.uniform(south, north, BATCH)
    cells = np.asarray(coordinates_to_cells(lat, lon, 10)).view(np.int64)
    weeks = [UNTIL - timedelta(weeks=int(back)) for back in rng.integers(0, 4, BATCH)]
    moments = [datetime(week.year, week.month, week.day, 12, tzinfo=UTC) for week in weeks]
    numbers = [first_number + 1_000_000_000 + place for place in range(BATCH)]
    return [numbers, lon.tolist(), lat.tolist(), cells.tolist(), weeks, moments]


def in_one_statement(cursor: Any, rows: list) -> None:
    cursor.execute(INSERT, rows)


def one_by_one(cursor: Any, rows: list) -> None:
    for place in range(BATCH):
        cursor.execute(INSERT, [column[place : place + 1] for column in rows])


def grouped(cursor: Any, rows: list) -> None:
    """What grouping changes of a report: nothing that is counted."""
    cursor.execute("UPDATE reports_report SET processed_at = now(), attempts = 1 WHERE code >= %s", [f"{rows[0][0]:010X}"])


@contextmanager
def rolled_back(connection: Any, *, triggers: bool) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        if not triggers:
            for name in ("count_new", "count_changed", "count_deleted"):
                cursor.execute(f"ALTER TABLE reports_report DISABLE TRIGGER {name}")
        try:
            yield cursor
        finally:
            cursor.execute("ROLLBACK")


if __name__ == "__main__":
    main()
