"""How long it takes from the counters to a run that everybody can read, beside the plainest count of the same reports.

    python -m tests.benchmarks.refresh [--reports 1000000] [--rounds 5]

A million made-up reports (`analytics/synthetic.py`) in the box 108.10–108.30 E, 15.95–16.15 N over 104 weeks, counted by
the triggers. Then, by turns in one run:

* refresh: counters → analysis at resolution 10 over every cell of the box → committed rows, polygons and overviews;
* baseline: `SELECT cell, count(*) FROM reports_report GROUP BY cell` as a sequential scan;
* narrow: the same over a table of 93 bytes a row, the way a table made for nothing but counting would be.

Last, the memory of a process that refreshes the whole outline of the city. The database must be one that may be filled
and thrown away: `bin/bench refresh` makes one. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django
import numpy as np

BOX = (108.10, 15.95, 108.30, 16.15)
WEEKS = 104
UNTIL = date(2026, 11, 9)
CITY_CELLS = 689_390  # of resolution 10 within the outline of 2025
BLOCK = 50_000

INSERT = """
    INSERT INTO reports_report (
        uuid, code, body_hash, channel, language, location, location_source, cell, week, observed_at, observed_clamped,
        received_at, problem, amount, waste_group, description, photos_expected, counts, other_place, processed_at,
        next_try, attempts, last_error)
    SELECT gen_random_uuid(), upper(lpad(to_hex(number), 10, '0')), sha256(number::text::bytea), 'import', 'vi',
        ST_SetSRID(ST_MakePoint(lon, lat), 4326), 'import', cell, week, at, false, at, 'litter', 'unknown', '', '', 0,
        true, false, at, at, 0, ''
    FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::bigint[], %s::date[], %s::timestamptz[])
        AS given (number, lon, lat, cell, week, at)
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--reports", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=5)
    options = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citylab.settings")
    django.setup()
    import shapely

    from analytics.domain import polygons_to_cells
    from analytics.refresh import Domain

    fill(options.reports)
    box = Domain("file", polygons_to_cells([shapely.box(*BOX).wkb]))
    times: dict[str, list[float]] = {"refresh": [], "baseline": [], "narrow": []}
    for _ in range(options.rounds):
        times["baseline"].append(seconds(lambda: count("reports_report")))
        times["narrow"].append(seconds(lambda: count("bench_narrow")))
        times["refresh"].append(seconds(lambda: refresh_once(box)))
    medians = {name: statistics.median(found) for name, found in times.items()}
    peak_box, peak_city = (in_a_process(peak_mb, which) for which in ("box", "city"))
    rows, cells = written()

    print(f"\n{options.reports:,} reports, {counters():,} counters, {cells:,} cells tested, {rows:,} rows written")
    print(f"{'':28}{'median s':>10}{'least s':>10}{'refresh is':>12}")
    for name, label in (("refresh", "refresh"), ("baseline", "GROUP BY cell"), ("narrow", "GROUP BY cell, 93 B rows")):
        ratio = f"{medians['refresh'] / medians[name]:11.2f}x"
        print(f"{label:28}{medians[name]:10.3f}{min(times[name]):10.3f}{ratio if name != 'refresh' else '':>12}")
    print(f"peak memory: {peak_box:.0f} MB for the box, {peak_city:.0f} MB for {CITY_CELLS:,} cells")
    print(
        json.dumps(
            {
                "seconds": round(medians["refresh"], 3),
                "ratio_to_group_by": round(medians["refresh"] / medians["baseline"], 2),
                "peak_mb": round(peak_city),
                "ratio_to_narrow_group_by": round(medians["refresh"] / medians["narrow"], 2),
                "peak_mb_box": round(peak_box),
                "reports": options.reports,
                "cells": cells,
            }
        )
    )


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def fill(n: int) -> None:
    """The reports, in blocks as an import sends them, and as many cases as reports in the counters."""
    from django.db import connection
    from h3ronpy.vector import coordinates_to_cells
    from tqdm import tqdm

    from analytics.domain import RESOLUTION
    from analytics.synthetic import made_up_stream

    stream = made_up_stream(n, BOX, weeks=WEEKS)
    cells = np.asarray(coordinates_to_cells(stream.lat, stream.lon, RESOLUTION)).view(np.int64)
    first = UNTIL - timedelta(weeks=WEEKS - 1)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    with connection.cursor() as cursor:
        for at in tqdm(range(0, stream.lon.size, BLOCK), desc="reports", unit_scale=BLOCK):
            part = slice(at, at + BLOCK)
            days = stream.day[part].tolist()
            cursor.execute(
                INSERT,
                [
                    list(range(at, at + len(days))),
                    stream.lon[part].tolist(),
                    stream.lat[part].tolist(),
                    cells[part].tolist(),
                    [first + timedelta(weeks=int(day // 7)) for day in days],
                    [start + timedelta(days=day) for day in days],
                ],
            )
    as_owner(
        # The statistics count cases. One for each report is the hardest that a million reports can be.
        "UPDATE analytics_cell_week SET cases = reports",
        "CREATE TABLE bench_narrow AS SELECT id, observed_at, week, waste_group AS category, 1::bigint AS reporter, cell, "
        "ST_Transform(location, 3857) AS point FROM reports_report",
        "GRANT SELECT ON bench_narrow TO PUBLIC",
        "VACUUM ANALYZE bench_narrow",
        "VACUUM ANALYZE reports_report",
        "VACUUM ANALYZE analytics_cell_week",
    )


def owner_connection() -> Any:
    """A connection of the tables' owner, for what the application may not do."""
    from urllib.parse import unquote

    import environ
    import psycopg
    from django.conf import settings

    mine = settings.DATABASES["default"]
    owner = environ.Env().db_url("DATABASE_OWNER_URL", default=os.environ["DATABASE_URL"])
    return psycopg.connect(host=unquote(mine["HOST"]), dbname=mine["NAME"], user=owner["USER"], autocommit=True)


def as_owner(*statements: str) -> None:
    with owner_connection() as connection:
        for statement in statements:
            connection.execute(statement)


def count(table: str) -> int:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"SELECT cell, count(*) FROM {table} GROUP BY cell")
        return len(cursor.fetchall())


def refresh_once(domain: object) -> None:
    """A whole refresh; runs before it do not help, since each begins from the counters."""
    from analytics.models import HotspotRun
    from analytics.refresh import refresh

    newest = HotspotRun.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    alpha = 0.05 + newest * 1e-9  # another question each time, or nothing would be done
    run = refresh(UNTIL, domain, resolution=10, alpha=alpha)
    assert run.pk > newest


def peak_mb(which: str) -> float:
    """Peak memory of this process after one refresh of the box, or of all cells of a city."""
    import shapely

    from analytics.domain import polygons_to_cells
    from analytics.refresh import Domain

    # A box that holds as many cells as the city, around the one that holds the reports.
    box = BOX if which == "box" else (107.7, 15.55, 108.7, 16.55)
    cells = polygons_to_cells([shapely.box(*box).wkb])[:CITY_CELLS]
    refresh_once(Domain("file", cells))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(work: Callable[[str], float], argument: str) -> float:
    with multiprocessing.get_context("spawn").Pool(1, initializer=set_up) as pool:
        return pool.apply(work, [argument])


def set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citylab.settings")
    django.setup()


def counters() -> int:
    from analytics.models import CellWeek

    return CellWeek.objects.count()


def written() -> tuple[int, int]:
    from analytics.models import HotspotRun

    run = HotspotRun.objects.filter(cells__lt=CITY_CELLS).order_by("-id").first()
    return run.rows.count(), run.cells


if __name__ == "__main__":
    main()
