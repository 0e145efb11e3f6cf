"""`bin/up` as an operator uses it: started, killed, started again, stopped. On a state folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.folders import Folders
from stack.ours import ours
from stack.postgres import Cluster
from tests.reliability.test_supervisor import alive, wait_until

ROOT = Path(__file__).parents[2]
SERVICES = ["broker", "web", "worker", "relay", "beat"]
pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


class Installation:
    """An installation of this checkout with a state folder of its own."""

    def __init__(self, state: Path) -> None:
        self.state, self.port = state, free_port()
        # What the test run has set for itself must not reach a real bin/up.
        ours_not_theirs = ("DATABASE_", "CELERY_", "CITYLAB_", "SECRET_KEY", "DJANGO_", "PYTEST_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ours_not_theirs)}
        self.environment["CITYLAB_STATE"] = str(state)

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "bin" / "up", *arguments], env=self.environment, capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL
        )

    def start(self) -> subprocess.CompletedProcess[str]:
        done = self.up("--background", "--port", str(self.port))
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def cluster(self) -> Cluster:
        return Cluster(Folders(self.state))

    def pid(self, name: str) -> int:
        if name == "database":
            return self.cluster.pid() or 0
        file = self.state / "run" / f"{name}.pid"
        return int(file.read_text() or 0) if file.exists() else 0

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def processes(self) -> list[int]:
        found = ours(Folders(self.state).hash)
        return found + ([self.pid("database")] if self.pid("database") else [])


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="city lab "))
    folder.chmod(0o755)
    yield folder
    Installation(folder).up("--stop")
    shutil.rmtree(folder)


@pytest.fixture
def installation(state) -> Iterator[Installation]:
    found = Installation(state)
    yield found
    found.up("--stop")


def test_each_process_that_is_killed_comes_back_and_the_site_answers_again(installation):
    installation.start()
    assert wait_until(lambda: all(map(installation.pid, SERVICES)))
    for name in [*SERVICES, "database"]:
        before = installation.pid(name)
        os.kill(before, signal.SIGKILL)
        assert wait_until(lambda: installation.pid(name) not in (0, before), 60), name  # noqa: B023
        assert wait_until(installation.answers, 60), name


def test_after_kill_9_of_everything_it_starts_again_with_its_data(installation):
    installation.start()
    installation.cluster.sql("CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)", "citylab")
    for pid in [int((installation.state / "run" / "up.pid").read_text()), *installation.processes()]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # went with its parent
    installation.start()
    assert installation.answers()
    assert installation.cluster.sql("SELECT count(*) FROM kept; DROP TABLE kept", "citylab") == "1"


def test_again_changes_nothing_and_stop_leaves_no_process_behind(installation):
    installation.start()
    assert wait_until(lambda: all(map(installation.pid, SERVICES)))
    before = {name: installation.pid(name) for name in SERVICES}
    again = installation.up("--background", "--port", str(installation.port))
    assert again.returncode == 0 and "already runs" in again.stdout
    assert {name: installation.pid(name) for name in SERVICES} == before
    processes = installation.processes()
    assert installation.up("--stop").returncode == 0
    assert not any(map(alive, processes)) and not installation.processes()
    assert "was not running" in installation.up("--stop").stdout


def test_ctrl_c_stops_everything(installation):
    process = subprocess.Popen(
        [ROOT / "bin" / "up", "--port", str(installation.port)],
        env=installation.environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert wait_until(lambda: installation.answers() and all(map(installation.pid, SERVICES)), 120)
    os.killpg(process.pid, signal.SIGINT)  # the terminal tells the whole group
    assert "Stopped" in process.communicate(timeout=90)[0]
    assert not installation.processes()


def test_a_port_that_is_taken_is_refused_with_the_command_that_helps(installation):
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen()
        done = installation.up("--port", str(installation.port))
    assert done.returncode == 1
    assert f"port {installation.port} is taken by another program. Choose another: bin/up --port" in done.stderr


def test_another_city_is_refused_where_one_is_already(installation):
    installation.start()
    installation.up("--stop")
    done = installation.up("--city", "atlantis")
    assert done.returncode == 1 and "a place of its own: CITYLAB_STATE=" in done.stderr
