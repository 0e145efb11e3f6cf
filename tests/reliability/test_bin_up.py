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
from contextlib import suppress
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
        self.environment |= {"CITYLAB_STATE": str(state), "CITYLAB_AI": "off"}  # test_ai_worker.py is about that one

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "bin" / "up", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
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
            with urllib.request.urlopen(f"http://localhost:{self.port}/readyz", timeout=30) as answer:
                return answer.status == 200
        except OSError:
            return False

    def processes(self) -> list[int]:
        found = ours(Folders(self.state).hash)
        return found + ([self.pid("database")] if self.pid("database") else [])


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="city lab "))  # a space in the path, on purpose
    folder.chmod(0o755)
    found = Installation(folder)
    yield found
    found.up("--stop")
    shutil.rmtree(folder)


@pytest.fixture
def running(installation) -> Installation:
    if not installation.answers():
        installation.start()
    assert wait_until(lambda: all(map(installation.pid, SERVICES)), 60)
    return installation


@pytest.fixture
def foreground(installation) -> Iterator[subprocess.Popen[str]]:
    """`bin/up` as at a terminal, in a process group of its own."""
    assert installation.up("--stop").returncode == 0
    process = subprocess.Popen(
        [ROOT / "bin" / "up", "--port", str(installation.port)],
        env=installation.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_again_changes_nothing(running):
    before = {name: running.pid(name) for name in SERVICES}
    again = running.up("--background", "--port", str(running.port))
    assert again.returncode == 0 and "already runs" in again.stdout
    assert {name: running.pid(name) for name in SERVICES} == before


def test_each_process_that_is_killed_comes_back_and_the_site_answers_again(running):
    before = {name: running.pid(name) for name in [*SERVICES, "database"]}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    for name, pid in before.items():
        assert wait_until(lambda: running.pid(name) not in (0, pid), 60), name  # noqa: B023
    assert wait_until(running.answers, 60)


def test_after_kill_9_of_everything_it_starts_again_with_its_data(running):
    running.cluster.sql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)", "citylab")
    for pid in [int((running.state / "run" / "up.pid").read_text()), *running.processes()]:
        with suppress(ProcessLookupError):  # it went with its parent
            os.kill(pid, signal.SIGKILL)
    running.start()
    assert running.answers()
    assert running.cluster.sql("SELECT n FROM kept; DROP TABLE kept", "citylab") == "1"


def test_stop_leaves_no_process_behind(running):
    processes = running.processes()
    assert running.up("--stop").returncode == 0
    assert not any(map(alive, processes)) and not running.processes()
    assert "was not running" in running.up("--stop").stdout


def test_ctrl_c_while_it_is_still_preparing_leaves_no_process_behind(installation, foreground):
    assert wait_until(lambda: installation.pid("database"), 60)
    os.killpg(foreground.pid, signal.SIGINT)  # the terminal tells the whole group
    foreground.communicate(timeout=90)
    assert foreground.returncode == 130
    assert not installation.processes()


def test_ctrl_c_stops_everything(installation, foreground):
    assert wait_until(lambda: installation.answers() and all(map(installation.pid, SERVICES)), 120)
    os.killpg(foreground.pid, signal.SIGINT)
    assert "Stopped" in foreground.communicate(timeout=90)[0]
    assert not installation.processes()


def test_a_port_that_is_taken_is_refused_with_the_command_that_helps(installation):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = installation.up("--port", str(port))
    assert done.returncode == 1
    assert f"port {port} is taken by another program. Choose another: bin/up --port" in done.stderr


def test_another_city_is_refused_where_one_is_already(installation):
    done = installation.up("--city", "atlantis")
    assert done.returncode == 1 and "a place of its own: CITYLAB_STATE=" in done.stderr
