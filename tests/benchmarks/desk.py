"""What the queue costs: a page of fifty, one action, a thousand cases at once; with few closed cases beside the open ones, and with a million.

    python -m tests.benchmarks.desk [--open 10000] [--cases 1000000] [--rounds 40]

Server time, from the request to the last byte of the answer, through every middleware; the database answers over its socket.
The pages are asked in turn as a dispatcher's morning asks them: the first page, later ones, each saved view, a search, a ward.
Actions are the single verbs of the queue by turns. A bulk action is “all of this list” of exactly a thousand cases, with its
progress read to the end, and then its undo. The database must be one that may be filled and thrown away: `bin/bench desk`
makes one. Between the pages the machine does a fixed sum in Python (`machine_ms`): how fast it was in those minutes, so that the
figures of two hours or two machines can be set side by side. Prints a table and, last, one line of JSON; the figures of the large
table end in `_large`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import django

from tests.benchmarks.refresh import as_owner, owner_connection

BULK = 1_000
GROUPS = ("confirm", "assign", "refuse", "priority", "merge")  # a thousand open cases for each, named by a team
QUEUE, ACT = "/dieu-hanh/hang-doi/", "/dieu-hanh/hang-doi/lam/"

# Open cases are young and scattered over the real units' seats; a third are late. The closed ones are years of cleaned piles at the same places.
CASES = """
    INSERT INTO reports_case (code, status, problem, waste_group, amount, location, public_location, cell, week, observed_at, opened_at, due_at,
        area_id, closed_at, cleaned_at, team_id, counts)
    SELECT upper(lpad(to_hex(n), 10, '0')), {status}, (ARRAY['litter', 'dump', 'burning', 'uncollected'])[1 + n %% 4], '', (ARRAY['bag', 'cart', 'truck', 'unknown'])[1 + n %% 4],
        point, point, h3cell, date_trunc('week', seen AT TIME ZONE 'UTC')::date, seen, seen, seen + interval '5 days', area, {closed}, {closed}, {team}, true
    FROM (
        SELECT n, u.id AS area, n AS h3cell,
            ST_SetSRID(ST_MakePoint(ST_X(u.at) + 0.02 * (random() - 0.5), ST_Y(u.at) + 0.02 * (random() - 0.5)), 4326) AS point,
            now() - {age} * random() AS seen
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
        JOIN (SELECT id, coalesce(seat, ST_PointOnSurface(polygon)) AS at, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS units
              FROM reports_area WHERE layer = 'unit') AS u ON n %% u.units = u.place
    ) AS made
"""
REPORTS = """
    INSERT INTO reports_report (uuid, code, body_hash, channel, language, location, location_source, accuracy_m, cell, week, area_id, observed_at,
        observed_clamped, received_at, problem, amount, waste_group, description, photos_expected, counts, other_place, processed_at, next_try, attempts,
        last_error, case_id, reporter)
    SELECT gen_random_uuid(), upper(lpad(to_hex(c.id * 4 + extra), 10, '0')), sha256(c.code::bytea), 'web', 'vi', c.location, 'gps',
        CASE WHEN c.id %% 50 = 0 THEN 400 ELSE 12 END, c.cell, c.week, c.area_id, c.observed_at, false, c.observed_at, c.problem, c.amount, '', 'túi ni lông', 0,
        true, false, c.observed_at, c.observed_at, 0, '', c.id, sha256((c.id * 4 + extra)::text::bytea)
    FROM reports_case c CROSS JOIN generate_series(0, {extra}) AS extra WHERE c.id BETWEEN %(low)s AND %(high)s
"""
# One checked photo for every report, with hashes of its own.
PHOTOS = """
    INSERT INTO reports_photo (report_id, kind, position, state, reject_reason, original_sha256, original_name, original_size, original_format, large_sha256,
        large_name, small_sha256, small_name, public_large_sha256, public_large_name, public_small_sha256, public_small_name, phash, dhash, received_at, processed_at,
        next_try, attempts, last_error, flags)
    SELECT r.id, 'report', 1, 'clean', '', md5(r.code), 'o', 1, 'JPEG', '', 'l', '', 's', '', '', '', '', hashtextextended(r.code, 1), hashtextextended(r.code, 2),
        r.received_at, r.received_at, r.received_at, 0, '', 0
    FROM reports_report r WHERE r.case_id BETWEEN %(low)s AND %(high)s
"""
EVENTS = """
    INSERT INTO reports_caseevent (case_id, kind, at, from_status, to_status, reason, details, number, hash)
    SELECT id, 'opened', opened_at, '', 'new', '', '{{}}', 1, sha256(code::bytea) FROM reports_case WHERE id BETWEEN %(low)s AND %(high)s
"""
COUNTERS = """
    INSERT INTO analytics_cell_week (cell, week, cases, reports)
    SELECT cell, week, count(*), (SELECT count(*) FROM reports_report r WHERE r.cell = c.cell AND r.week = c.week AND r.counts)
    FROM reports_case c GROUP BY cell, week
"""
SILENT = ("reports_case", "reports_report", "reports_photo", "reports_caseevent")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--open", type=int, default=10_000)
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=40)
    options = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citylab.settings")
    os.environ["CITYLAB_ALLOWED_HOSTS"] = "testserver"
    django.setup()
    from django.conf import settings

    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    found = {}
    client = sign_in()
    teams = fill_open(options.open)
    found["small"] = measured(client, teams, options.rounds)
    if options.cases > options.open:
        fill_closed(options.open + 1, options.cases)
        found["large"] = measured(client, teams, options.rounds)
    tell(found, options)


# --- filling ------------------------------------------------------------------------------------------
def sign_in() -> Any:
    from django.test import Client

    from citylab.models import Member

    member = Member.objects.create_user("bench", password=None, role="dispatcher", first_name="Lan")
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return client


def fill_open(n: int) -> dict[str, int]:
    """The open cases with one to three reports each; gives the team that stands for each group of a thousand."""
    from citylab.models import Team

    teams = {verb: Team.objects.create(name=f"bench {verb}").pk for verb in GROUPS}
    team = " ".join(f"WHEN n <= {BULK * at} THEN {teams[verb]}" for at, verb in enumerate(GROUPS, 1))
    insert(CASES.format(status="'new'", closed="NULL::timestamptz", team=f"CASE {team} ELSE NULL END", age="interval '8 days'"), 1, n, extra=1)
    settle()
    return teams


def fill_closed(first: int, last: int) -> None:
    from tqdm import tqdm

    query = CASES.format(status="'cleaned'", closed="seen + interval '2 days'", team="NULL::bigint", age="interval '3000 days'")
    for start in tqdm(range(first, last + 1, 50_000), desc="cases", unit_scale=50_000):
        insert(query, start, min(last, start + 49_999), extra=0)
    settle()


def insert(query: str, first: int, last: int, *, extra: int) -> None:
    """Cases with their reports and first events. The counters and seals are not what is measured: their triggers rest meanwhile."""
    with owner_connection() as connection:
        for table in SILENT:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        low = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM reports_case").fetchone()[0]
        connection.execute(query, {"first": first, "last": last})
        high = connection.execute("SELECT max(id) FROM reports_case").fetchone()[0]
        connection.execute(REPORTS.format(extra=extra), {"low": low, "high": high})
        connection.execute(PHOTOS, {"low": low, "high": high})
        connection.execute(EVENTS.format(), {"low": low, "high": high})
        for table in SILENT:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def settle() -> None:
    """The counters as a recount has them, and the planner's knowledge of the tables."""
    as_owner("TRUNCATE analytics_cell_week", "ANALYZE reports_report", COUNTERS, *(f"VACUUM ANALYZE {table}" for table in SILENT))


# --- measuring ----------------------------------------------------------------------------------------
def measured(client: Any, teams: dict[str, int], rounds: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    pages = list(addresses(client))
    for address in pages:
        client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(QUEUE)
        asked = len(queries)  # read here: later requests begin the log anew
    page_times, machine = [], []
    for _ in range(rounds):
        machine.append(timed(fixed_sum))
        page_times += [timed(lambda address=address: client.get(address)) for address in pages]
    slowest = max(pages, key=lambda address: statistics.median(page_times[pages.index(address) :: len(pages)]))
    action_times = [timed(work) for work in actions(client, rounds * 5)]
    bulk, undone = {}, {}
    for verb in GROUPS:
        began = time.perf_counter()
        token = in_bulk(client, verb, teams[verb])
        bulk[verb] = round(time.perf_counter() - began, 2)
        began = time.perf_counter()
        undo(client, token)
        undone[verb] = round(time.perf_counter() - began, 2)
    return {
        "queue_p95_ms": p95(page_times), "queue_median_ms": round(statistics.median(page_times), 1), "queries": asked, "slowest": slowest,
        "machine_ms": round(statistics.median(machine), 1),
        "action_p95_ms": p95(action_times), "action_median_ms": round(statistics.median(action_times), 1),
        "bulk_1000_s": max(bulk.values()), "bulk": bulk, "undo_1000_s": max(undone.values()), "undone": undone,
    }  # fmt: skip


def addresses(client: Any) -> Iterator[str]:
    from reports.models import Area
    from reports.queue.saved_views import SHIPPED

    address = QUEUE
    for _ in range(4):
        yield address
        address = QUEUE + re.search(r'id="next-page" href="([^"]+)"', client.get(address).content.decode())[1].replace("&amp;", "&")
    yield from (f"{QUEUE}?{query}" for _slug, _name, query in SHIPPED)
    yield f"{QUEUE}?q=son+tra"
    yield f"{QUEUE}?order=priority&area={Area.objects.units().first().code}"
    yield f"{QUEUE}?order=newest&unassigned=1"


def actions(client: Any, n: int) -> Iterator[Callable[[], object]]:
    """Single verbs on cases that belong to no group, each once."""
    from reports.models import Case

    free = list(Case.objects.open().filter(status="new", team=None).order_by("?")[:n])
    verbs = ({"verb": "publish"}, {"verb": "assign", "to": "member:me"}, {"verb": "priority:2"}, {"verb": "refuse", "reason": "không phải rác"})
    for number, case in enumerate(free):
        sent = {**verbs[number % len(verbs)], "case": case.code, "seen": f"{case.code}:{case.version}"}
        yield lambda sent=sent: expect(client.post(ACT, sent, headers={"HX-Request": "true"}))


def in_bulk(client: Any, verb: str, team: int) -> str:
    """All of a list of a thousand; gives the token of its undo. Nothing may be left undone."""
    sent = {"verb": verb, "all": "1", "view": f"status=new&team={team}", "to": "member:me", "reason": "không phải rác", "priority": "3"}
    last = last_line(client, sent)
    return str(last["toast"].split('name="token" value="')[1].split('"')[0])


def undo(client: Any, token: str) -> None:
    last_line(client, {"verb": "undo", "token": token})


def last_line(client: Any, sent: dict[str, str]) -> dict[str, Any]:
    """Sends it and reads the progress to its end."""
    lines = b"".join(expect(client.post(ACT, sent, headers={"Accept": "application/x-ndjson"})).streaming_content).splitlines()
    last = json.loads(lines[-1])
    assert len(lines) > 2 and last["left"] == 0, last
    return dict(last)


def fixed_sum() -> int:
    """Work that never changes: some 12 ms where a page of the queue takes 40."""
    return sum(number * number % 7 for number in range(150_000))


def expect(answer: Any) -> Any:
    assert answer.status_code == 200, (answer.status_code, answer.content[:500])
    return answer


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def p95(times: list[float]) -> float:
    return round(statistics.quantiles(times, n=20)[-1], 1)


# --- telling ------------------------------------------------------------------------------------------
def tell(found: dict[str, dict[str, Any]], options: argparse.Namespace) -> None:
    print(f"\n{'':24}{'page p95':>10}{'median':>8}{'queries':>9}{'action p95':>12}{'median':>8}{'bulk 1,000 s':>14}{'undo s':>8}{'machine':>9}")
    sizes = {"small": f"{options.open:,} open", "large": f"the same in {options.cases:,}"}
    for size, row in found.items():
        print(
            f"{sizes[size]:24}{row['queue_p95_ms']:10}{row['queue_median_ms']:8}{row['queries']:9}{row['action_p95_ms']:12}{row['action_median_ms']:8}"
            f"{row['bulk_1000_s']:14}{row['undo_1000_s']:8}{row['machine_ms']:9}   slowest page {row['slowest']}"
        )
        print(f"{'':24}bulk by verb {row['bulk']}; undo {row['undone']}")
    told = {"benchmark": "desk", "open": options.open, "cases": options.cases} | {name: value for name, value in found["small"].items() if name not in ("bulk", "undone", "slowest")}
    told |= {f"{name}_large": value for name, value in found.get("large", {}).items() if name not in ("bulk", "undone", "slowest")}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
