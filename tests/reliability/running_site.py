"""The whole site as real processes on a cluster and a broker of its own, so that a test may kill any of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bin"))

from stack import services  # noqa: E402
from stack.broker import Broker  # noqa: E402
from stack.folders import Folders  # noqa: E402
from stack.postgres import Cluster  # noqa: E402


@contextmanager
def throwaway_cluster(*, durable: bool = False) -> Iterator[tuple[Cluster, Path]]:
    """A PostgreSQL cluster and a state folder that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="citylab-trial-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root the server runs as another user, who has to get in
        cluster = Cluster(Folders(folder).make(), durable=durable)
        try:
            yield cluster.ready(), folder
        finally:
            cluster.remove()


class RunningSite:
    """Web, worker, relay, broker and database; `kill` is kill -9 and a restart."""

    def __init__(self, cluster: Cluster, folder: Path, port: int, city: str = "") -> None:
        self.cluster, self.folder, self.port = cluster, folder, port
        self.broker = Broker(Folders(folder))
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ, "DATABASE_URL": cluster.url("citylab_app"), "CELERY_BROKER_URL": self.broker.url,
            "CITYLAB_STATE": str(folder), "CITYLAB_ALLOWED_HOSTS": "127.0.0.1", "CITYLAB_SITE_URL": self.url,
            "PYTHONPATH": "", "CITYLAB_LOG_LEVEL": "WARNING", **({"CITYLAB_CITY": city} if city else {}),
        }  # fmt: skip
        self.commands: dict[str, list[str]] = {
            "broker": self.broker.command(),
            "web": services.web(f"127.0.0.1:{port}"),
            "worker": services.worker(),
            "relay": services.relay(),
        }
        self.running: dict[str, subprocess.Popen] = {}

    def prepare(self) -> None:
        """Tables, by the owner."""
        self.manage("migrate", "-v0", database=self.cluster.url("citylab_owner"))

    def manage(self, *arguments: str, database: str = "") -> str:
        """Run a management command in the site's environment; returns what it printed."""
        environment = {**self.environment, **({"DATABASE_URL": database} if database else {})}
        done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            self.commands[name], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )

    def start_all(self) -> None:
        for name in self.commands:
            self.start(name)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if urllib.request.urlopen(f"{self.url}/livez", timeout=2).status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the site does not answer; see {self.folder}/web.log")

    def kill(self, name: str) -> None:
        """kill -9 of a process and its children, by their ids, then a fresh start."""
        if name == "database":
            pid = self.cluster.pid()
            if pid:
                os.kill(pid, signal.SIGKILL)
            self.cluster.answer()
            return
        self.end(name)
        self.start(name)

    def end(self, name: str) -> None:
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end_all(self) -> None:
        for name in list(self.running):
            self.end(name)

    def query(self, sql: str) -> list[tuple]:
        with psycopg.connect(self.cluster.url("citylab_owner").replace("postgis://", "postgresql://")) as connection:
            return connection.execute(sql).fetchall()


@contextmanager
def running_site(port: int, *, durable: bool = False, city: str = "") -> Iterator[RunningSite]:
    """The site in a city's pack, whose areas, places and kinds of waste are loaded when one is named."""
    with throwaway_cluster(durable=durable) as (cluster, folder):
        site = RunningSite(cluster, folder, port, city)
        site.prepare()
        if city:
            site.manage("load_city")
            site.manage("collectstatic", "--noinput", "-v0")
        try:
            site.start_all()
            yield site
        finally:
            site.end_all()


@dataclass
class Residents:
    """Send reports at a steady rate, each again with the same UUID until it is answered, as the phone does."""

    url: str
    rate: float
    accepted: dict[str, str] = field(default_factory=dict)  # uuid → code
    refused: list[tuple[int, str]] = field(default_factory=list)
    sends: int = 0

    def send(self, count: int, threads: int = 6) -> None:
        """Send `count` reports and wait until each is answered, or a minute has passed."""
        numbers, lock = iter(range(count)), threading.Lock()
        begin = time.monotonic()

        def work() -> None:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                time.sleep(max(0.0, begin + number / self.rate - time.monotonic()))
                self._send_until_answered(number)

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()

    def _send_until_answered(self, number: int) -> None:
        key = str(uuid.uuid4())
        body = {
            "id": key, "location": {"type": "Point", "coordinates": [108.2 + number % 40 * 0.002, 16.05 + number // 40 * 0.002]},
            "accuracy_m": 12, "location_source": "gps", "observed_at": "2026-11-18T05:00:00Z", "problem": "litter",
            "waste_types": [], "amount": "bag", "description": f"túi ni lông {number}", "photos_expected": 0, "device": f"phone-{number % 50}",
            "language": "vi",
        }  # fmt: skip
        request = urllib.request.Request(
            f"{self.url}/api/v1/reports/", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.sends += 1
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    self.accepted[key] = json.load(answer)["code"]
                    return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    self.refused.append((error.code, error.read().decode(errors="replace")[:300]))
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.2)


def wait_until(question: Callable[[], bool], seconds: float) -> bool:
    """Ask until the answer is yes, or the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.3)
    return question()


def kill_one_after_another(site: RunningSite, names: list[str], pause: float) -> threading.Thread:
    """Kill these, one every `pause` seconds, while residents send."""

    def work() -> None:
        for name in names:
            time.sleep(pause)
            site.kill(name)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def fate(site: RunningSite) -> dict[str, int]:
    """What became of the stored reports, in numbers."""
    row = site.query(
        """
        SELECT count(*), count(*) FILTER (WHERE processed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL),
               count(*) FILTER (WHERE processed_at IS NOT NULL AND case_id IS NULL),
               (SELECT count(*) FROM reports_case),
               (SELECT count(*) FROM reports_caseevent WHERE kind = 'opened'),
               (SELECT count(*) FROM reports_case c WHERE NOT EXISTS (SELECT FROM reports_report r WHERE r.case_id = c.id))
        FROM reports_report
        """
    )[0]
    names = ("stored", "waiting", "dead", "without_case", "cases", "opened_events", "empty_cases")
    return dict(zip(names, row, strict=True))
