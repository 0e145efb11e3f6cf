"""Intake: reports through HTTP, with every rule and a durable commit, beside a trivial DRF insert and bare SQL.

The site and the trivial project are served by the same command (two synchronous processes) on the same database, and
take turns within one run, so that the ratios hold on a busy machine where the figures do not.

    bin/bench intake [--rounds 5] [--seconds 4] [--connections 16]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from citylab.cities.pack import city_pack
from tests.benchmarks import trivial_insert
from tests.benchmarks.http_load import Outcome, post, send

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bin"))
PROCESSES = 2
TEXT = "Túi ni lông và hộp xốp dạt vào bãi cát, gần lối xuống biển; mùi khó chịu từ sáng."


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench intake")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each side in each round")
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    with database() as conninfo, served("citylab.wsgi:application") as site, served("tests.benchmarks.trivial_insert:application") as trivial:
        sides: dict[str, Callable[[float], Outcome]] = {
            "intake": lambda seconds: send(site, reports(site), seconds, options.connections),
            "trivial DRF insert": lambda seconds: send(trivial, rows(trivial), seconds, options.connections),
            "bare SQL insert": lambda seconds: bare_sql(conninfo, seconds),
        }
        for run in sides.values():
            run(1.0)  # warm: imports, caches, connections, the first pages of the tables
        found: dict[str, list[Outcome]] = {name: [] for name in sides}
        for _round in range(options.rounds):
            for name, run in sides.items():
                outcome = run(options.seconds)
                if outcome.first_unexpected:
                    sys.exit(f"{name}: {dict(outcome.statuses)}; the first answer that was not 201: {outcome.first_unexpected!r}")
                found[name].append(outcome)
        durability = settings_of(conninfo)
        accepted = sum(len(outcome.latencies) for outcome in found["intake"])
        if stored_reports(conninfo) < accepted:
            sys.exit("fewer reports are stored than were accepted")
    tell(found, durability)


def tell(found: dict[str, list[Outcome]], durability: str) -> None:
    """The table, then the JSON line."""
    print(f"{'':22}{'per second':>12}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'requests':>10}")
    for name, outcomes in found.items():
        latencies = [latency for outcome in outcomes for latency in outcome.latencies]
        line = "".join(f"{1000 * at:9.1f}" for at in percentiles(latencies))
        print(f"{name:22}{rate(outcomes):12.1f}{line}{len(latencies):10}")
    to_drf, to_sql = ratio(found["intake"], found["trivial DRF insert"]), ratio(found["intake"], found["bare SQL insert"])
    print(f"intake to trivial DRF insert {to_drf:.2f}, to bare SQL {to_sql:.3f} (medians of {len(found['intake'])} rounds; {durability})")
    p50, p95, p99 = percentiles([latency for outcome in found["intake"] for latency in outcome.latencies])
    figures = {
        "benchmark": "intake", "reports_per_s": round(rate(found["intake"]), 1), "p50_ms": round(1000 * p50, 1),
        "p95_ms": round(1000 * p95, 1), "p99_ms": round(1000 * p99, 1), "ratio_to_drf": round(to_drf, 3),
        "ratio_to_sql": round(to_sql, 4), "drf_per_s": round(rate(found["trivial DRF insert"]), 1),
        "sql_per_s": round(rate(found["bare SQL insert"]), 1), "durability": durability,
    }  # fmt: skip
    print(json.dumps(figures))


def rate(outcomes: list[Outcome]) -> float:
    return statistics.median(outcome.per_second for outcome in outcomes)


def ratio(ours: list[Outcome], theirs: list[Outcome]) -> float:
    """The median of the ratios of neighbours in time."""
    return statistics.median(one.per_second / other.per_second for one, other in zip(ours, theirs, strict=True))


def percentiles(latencies: list[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(latencies, n=100)
    return cuts[49], cuts[94], cuts[98]


# --- what is sent -------------------------------------------------------------------------------
def _somewhere() -> tuple[float, float]:
    lon, lat = city_pack().centre
    return round(lon + random.uniform(-0.02, 0.02), 6), round(lat + random.uniform(-0.02, 0.02), 6)


def reports(port: int) -> Iterator[bytes]:
    """Text reports of many phones, as a form sends them."""
    observed_at = datetime.now(UTC).isoformat()
    codes = [row.code for row in city_pack().waste_types if row.resident]
    while True:
        body = {
            "id": str(uuid.uuid4()), "location": {"type": "Point", "coordinates": _somewhere()}, "accuracy_m": 12.0,
            "location_source": "gps", "observed_at": observed_at, "problem": "litter", "waste_types": [random.choice(codes)],
            "amount": "bag", "description": TEXT, "photos_expected": 1, "same_case": None,
            "device": f"phone-{random.randrange(5000)}", "channel": "web", "language": "vi",
        }  # fmt: skip
        yield post(f"127.0.0.1:{port}", "/api/v1/reports/", json.dumps(body, ensure_ascii=False).encode())


def rows(port: int) -> Iterator[bytes]:
    observed_at = datetime.now(UTC).isoformat()
    while True:
        lon, lat = _somewhere()
        body = {"id": str(uuid.uuid4()), "longitude": lon, "latitude": lat, "observed_at": observed_at, "problem": "litter", "description": TEXT}
        yield post(f"127.0.0.1:{port}", "/rows/", json.dumps(body, ensure_ascii=False).encode())


# --- who takes it -------------------------------------------------------------------------------
@contextmanager
def served(application: str) -> Iterator[int]:
    """Serves a WSGI application as `bin/up` serves the site; gives the port."""
    from stack import services

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [application if part == "citylab.wsgi:application" else part for part in services.web(f"127.0.0.1:{port}")]
    ours = application.startswith("citylab")
    environment = os.environ | {
        "CITYLAB_WEB_WORKERS": str(PROCESSES), "CITYLAB_ALLOWED_HOSTS": "127.0.0.1", "CITYLAB_SITE_URL": f"http://127.0.0.1:{port}", "CITYLAB_LOG_LEVEL": "WARNING",
        "CITYLAB_BENCH": "" if ours else "trivial", "DJANGO_SETTINGS_MODULE": "citylab.settings" if ours else "",
    }  # fmt: skip
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            wait_until_open(port, server, log)
            yield port
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_until_open(port: int, server: subprocess.Popen, log) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    log.seek(0)
    sys.exit(f"the server did not start:\n{log.read().decode(errors='replace')[-2000:]}")


def bare_sql(conninfo: str, seconds: float) -> Outcome:
    """Single inserts, each its own commit, by as many processes as serve."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        parts = pool.starmap(_insert_for, [(conninfo, seconds)] * PROCESSES)
    return Outcome(seconds=max(taken for taken, _ in parts), latencies=[one for _, latencies in parts for one in latencies])


def _insert_for(conninfo: str, seconds: float) -> tuple[float, list[float]]:
    latencies, now = [], datetime.now(UTC)
    with psycopg.connect(conninfo, autocommit=True) as connection, connection.cursor() as cursor:
        begun = last = time.perf_counter()
        while last - begun < seconds:
            values = (uuid.uuid4(), *_somewhere(), now, "litter", TEXT)
            cursor.execute(f"INSERT INTO {trivial_insert.TABLE} VALUES (%s, %s, %s, %s, %s, %s)", values)
            latencies.append(time.perf_counter() - last)
            last = time.perf_counter()
    return last - begun, latencies


# --- the database -------------------------------------------------------------------------------
@contextmanager
def database() -> Iterator[str]:
    """Makes the trivial table, removes it in the end; gives where it is. The database must have no reports yet."""
    owner = as_conninfo(os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"])
    ours = as_conninfo(os.environ["DATABASE_URL"])
    with psycopg.connect(owner, autocommit=True) as connection:
        if connection.execute("SELECT EXISTS (SELECT FROM reports_report)").fetchone()[0]:
            sys.exit("This database holds reports. Run bin/bench intake: it makes a database of its own.")
        connection.execute(f"DROP TABLE IF EXISTS {trivial_insert.TABLE}")
        connection.execute(trivial_insert.CREATE)
        role = psycopg.conninfo.conninfo_to_dict(ours)["user"]
        connection.execute(f'GRANT SELECT, INSERT ON {trivial_insert.TABLE} TO "{role}"')
        try:
            yield ours
        finally:
            connection.execute(f"DROP TABLE {trivial_insert.TABLE}")


def as_conninfo(url: str) -> str:
    """What libpq takes, from an address as the settings take it."""
    parts = urlsplit(url)
    known = {"host": unquote(parts.hostname or ""), "port": parts.port, "user": parts.username, "password": parts.password}
    return psycopg.conninfo.make_conninfo(dbname=parts.path[1:], **{name: value for name, value in known.items() if value})


def settings_of(conninfo: str) -> str:
    with psycopg.connect(conninfo) as connection:
        values = [f"{name} {connection.execute(f'SHOW {name}').fetchone()[0]}" for name in ("fsync", "synchronous_commit")]
    return ", ".join(values)


def stored_reports(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        return connection.execute("SELECT count(*) FROM reports_report").fetchone()[0]


if __name__ == "__main__":
    main()
