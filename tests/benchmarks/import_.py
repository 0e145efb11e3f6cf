"""`bin/bench import`: a million rows from a file into reports, and from there into cases.

    python -m tests.benchmarks.import_ [--rows 1000000]

A made-up CSV (place, time, problem and, in a third of the rows, a note; no column of ids or reporters) is written to a temporary folder,
imported by the command's own functions into a durable database, imported again, and grouped. Prints a table and, last, one
line of JSON. `rows_per_s` is the first import from opening the file to the last commit, without grouping.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from tqdm import tqdm

BOX = (108.10, 15.95, 108.30, 16.15)  # west, south, east, north: the middle of the default city
NOTE = "Rác thải nhựa và bao ni lông vứt ven đường, có mùi hôi"


def in_a_process_of_its_own(function: Callable[..., int], *arguments: object) -> int:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def write_file(path: Path, rows: int) -> int:
    """A file of so many rows within the city; returns how many."""
    import django

    django.setup()
    from analytics.synthetic import made_up_stream
    from reports.geography.area_index import areas_index

    index = areas_index()

    def inhabited(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return index.locate(lon, lat).outside_m == 0 if index.has_units else np.ones(lon.size, bool)

    stream = made_up_stream(rows + rows // 20, BOX, inhabited=inhabited)  # some fall into the sea and are left out
    start = np.datetime64("2024-11-11T00:00:00")
    n = min(rows, stream.lon.size)
    rng = np.random.default_rng(2)
    order = rng.permutation(stream.lon.size)[:n]  # files are seldom in order of time
    table = pa.table(
        {
            "lon": np.round(stream.lon[order], 6),
            "lat": np.round(stream.lat[order], 6),
            "time": pa.array(np.datetime_as_string(start + (stream.day[order] * 86_400_000).astype("timedelta64[ms]"), unit="s")),
            "problem": pa.array(rng.choice(["litter", "dump", "uncollected"], n)),
            "note": pa.array(np.where(rng.random(n) < 1 / 3, NOTE, "")),
        }
    )
    pa.csv.write_csv(table, path)
    return n


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows

    import django

    django.setup()
    from django.db import connection

    from reports.grouping.steps import group_pending
    from reports.imports.bulk import Wish, import_file
    from reports.imports.lines import Mapping
    from reports.models import Case

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reports.csv"
        rows = in_a_process_of_its_own(write_file, path, rows)  # so that the peak below is the import's
        size = path.stat().st_size / 1e6
        before = peak_mb()
        wish = Wish(path=path, mapping=Mapping(lon="lon", lat="lat", time="time", problem="problem", description="note"), source="bench")
        figures: dict[str, float] = {"rows": rows, "file_mb": round(size, 1), "peak_before_mb": round(before)}
        for name in ("first", "again"):
            with tqdm(total=rows, desc=f"import, {name}", unit=" rows") as bar:
                started = time.perf_counter()
                outcome = import_file(wish, lambda read, share, bar=bar: bar.update(read))
                figures[f"{name}_s"] = round(time.perf_counter() - started, 2)
            assert (outcome.new, outcome.there) == ((rows, 0) if name == "first" else (0, rows)), outcome
        figures["import_peak_mb"] = round(peak_mb())
        with tqdm(total=rows, desc="grouping", unit=" reports") as bar:
            started = time.perf_counter()
            grouped = group_pending(bar.update)
            figures["grouping_s"] = round(time.perf_counter() - started, 2)
        assert grouped == rows
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        fsync = cursor.fetchone()[0]
        cursor.execute("SHOW synchronous_commit")
        durable = fsync == "on" and cursor.fetchone()[0] != "off"
    cases = Case.objects.count()
    peak = round(peak_mb())
    lines = [
        ("", "seconds", "rows/s", "peak MB"),
        ("first import", figures["first_s"], f"{rows / figures['first_s']:,.0f}", figures["import_peak_mb"]),
        ("same file again", figures["again_s"], f"{rows / figures['again_s']:,.0f}", ""),
        ("grouping", figures["grouping_s"], f"{rows / figures['grouping_s']:,.0f}", peak),
    ]
    print(f"\n{rows:,} rows ({size:.0f} MB), {cases:,} cases; database {'durable' if durable else 'NOT durable'}")
    for line in lines:
        print(f"{line[0]:<18}{line[1]:>10}{line[2]:>12}{line[3]:>10}")
    print()
    print(
        json.dumps(
            {
                "benchmark": "import",
                "rows_per_s": round(rows / figures["first_s"]),
                "peak_mb": peak,
                "again_rows_per_s": round(rows / figures["again_s"]),
                "grouping_rows_per_s": round(rows / figures["grouping_s"]),
                "cases": cases,
                "durable": durable,
                **figures,
            }
        )
    )


if __name__ == "__main__":
    main()
