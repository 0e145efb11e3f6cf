"""The supervisor on its own, with small processes in place of the site's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A supervisor of the services given as NAME=SHELL-COMMAND; it stops when it is told to.
PROGRAM = """
import sys
from pathlib import Path
from stack.folders import Folders
from stack.services import Service
from stack.supervisor import Supervisor, adopt_orphans
adopt_orphans()
import os
folders = Folders(Path(sys.argv[1])).make()
pairs = (argument.split("=", 1) for argument in sys.argv[2:])
supervisor = Supervisor(folders, [Service(name, ["bash", "-c", line], dict(os.environ), patience=2) for name, line in pairs], None)
supervisor.start()
supervisor.run(lambda: False)
supervisor.stop()
print("stopped")
"""


class Supervised:
    def __init__(self, folder: Path, **services: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, str(folder), *(f"{name}={line}" for name, line in services.items())],
            env={**os.environ, "PYTHONPATH": str(ROOT / "bin")}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def pid(self, name: str, other_than: int = 0) -> int:
        """The process id of a service, once it has one that is not `other_than`."""
        file = self.folder / "run" / f"{name}.pid"

        def found() -> int:
            text = file.read_text().strip() if file.exists() else ""
            return int(text) if text and int(text) != other_than else 0

        assert wait_until(found), f"{name} was not started"
        return found()

    def log(self, name: str) -> str:
        file = self.folder / "log" / f"{name}.log"
        return file.read_text() if file.exists() else ""

    def stop(self) -> str:
        self.process.terminate()
        return self.process.communicate(timeout=30)[0]


def wait_until(question, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return bool(question())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def supervise(tmp_path) -> Iterator:
    started: list[Supervised] = []

    def make(**services: str) -> Supervised:
        started.append(Supervised(tmp_path, **services))
        return started[-1]

    yield make
    for supervised in started:
        if supervised.process.poll() is None:
            supervised.stop()


def test_a_process_that_is_killed_is_started_again(supervise):
    site = supervise(web="exec sleep 1000")
    first = site.pid("web")
    os.kill(first, signal.SIGKILL)
    assert alive(site.pid("web", other_than=first))


def test_a_process_that_ends_by_itself_is_started_again(supervise):
    site = supervise(web="echo once more; sleep 0.1; exit 3")
    assert wait_until(lambda: site.log("web").count("once more") >= 2)
    assert "web ended with code 3; starting it again" in site.stop()


def test_what_a_killed_process_leaves_behind_is_ended_before_it_is_started_again(supervise):
    site = supervise(web="sleep 1000 & echo child $!; wait")
    first = site.pid("web")
    assert wait_until(lambda: "child" in site.log("web"))
    child = int(site.log("web").split()[1])
    os.kill(first, signal.SIGKILL)
    site.pid("web", other_than=first)
    assert not alive(child)


def test_a_process_that_ignores_the_polite_request_is_stopped_by_force(supervise):
    site = supervise(web="trap '' TERM; echo deaf; while true; do sleep 1; done")
    pid = site.pid("web")
    assert wait_until(lambda: "deaf" in site.log("web"))
    assert "stopped" in site.stop()
    assert not alive(pid)


def test_the_children_of_a_killed_supervisor_end_with_it(supervise):
    site = supervise(web="exec sleep 1000", worker="exec sleep 1000")
    pids = [site.pid("web"), site.pid("worker")]
    site.process.kill()
    site.process.wait()
    assert wait_until(lambda: not any(map(alive, pids)))


def test_a_process_that_floods_its_output_neither_blocks_nor_fills_the_disk(supervise, tmp_path):
    site = supervise(web="head -c 60000000 /dev/zero | tr '\\0' x | fold; echo; echo done; sleep 1000")
    assert wait_until(lambda: site.log("web").rstrip().endswith("done"), 60)
    sizes = [path.stat().st_size for path in (tmp_path / "log").glob("web.log*")]
    assert len(sizes) == 4 and max(sizes) <= 10 * 1024 * 1024 + 65536


def test_a_pid_file_names_only_processes_that_live(supervise, tmp_path):
    site = supervise(web="exec sleep 1000")
    site.pid("web")
    site.stop()
    assert not list((tmp_path / "run").glob("*.pid"))
