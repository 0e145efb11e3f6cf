"""The optional worker that looks for people on photos: a step that may fail without harm, and ends with the site."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stack import ai, services, up
from stack.broker import Broker
from stack.environment import Choices
from stack.folders import Folders

from tests.reliability.test_bin_up import Installation
from tests.reliability.test_supervisor import alive, wait_until
from tests.reports.photos.people_pictures import beach_with_waste
from tests.reports.photos.pictures import encoded

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with the commands of a checkout, whose installer and trial are what the test says."""
    shutil.copytree(ROOT / "bin", tmp_path / "bin", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bin" / "lib" / "python.sh").write_text('install_locks() { echo "installing $*"; eval "${INSTALL:-true}"; }\n')
    (tmp_path / "reports" / "photos" / "people").mkdir(parents=True)
    for folder in ("reports", "reports/photos", "reports/photos/people"):
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "celery.py").write_text("import sys; print('worker', *sys.argv[1:], flush=True)\n")
    return tmp_path


def start(checkout: Path, *, install: str = "true", trial: str = "pass") -> subprocess.Popen[str]:
    (checkout / "reports" / "photos" / "people" / "__main__.py").write_text(f"{trial}\n")
    return subprocess.Popen(
        [sys.executable, "-m", "stack.ai"], cwd=checkout, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(checkout / "bin"), "INSTALL": install, "CITYLAB_STATE": str(checkout / "state")},
    )  # fmt: skip


def first_lines(process: subprocess.Popen[str], last: str) -> str:
    """What it printed up to a line with `last`; then it is ended, with what it started."""
    read = ""
    while last not in read and (line := process.stdout.readline()):
        read += line
    process.terminate()
    process.communicate(timeout=20)
    return read


def test_it_installs_tries_and_becomes_the_worker(checkout):
    printed = first_lines(start(checkout), "worker ")
    assert "installing requirements-ai.lock" in printed
    assert "worker" in printed and "--queues ai --concurrency 1" in printed


@pytest.mark.parametrize("trouble", [{"install": "exit 1"}, {"install": "false"}, {"trial": "raise SystemExit(1)"}, {"trial": "import os; os.kill(os.getpid(), 4)"}])
def test_without_network_packages_or_processor_it_says_so_and_waits(checkout, trouble):
    process = start(checkout, **trouble)
    printed = ""
    while "waits for a person" not in printed and (line := process.stdout.readline()):
        printed += line
    assert "No worker looks for people on photos: each waits for a person." in printed
    assert process.poll() is None, "it waits: ending would have it started again every few seconds"
    process.terminate()
    process.communicate(timeout=20)
    assert "--queues" not in printed


def test_stopping_it_while_it_installs_ends_the_installer_too(checkout, tmp_path):
    from tests.reliability.test_supervisor import Supervised

    (checkout / "reports" / "photos" / "people" / "__main__.py").write_text("pass\n")
    inner = f"cd '{checkout}'; export PYTHONPATH='{checkout}/bin' INSTALL='echo pid $BASHPID; exec sleep 1000'; exec '{sys.executable}' -m stack.ai"
    site = Supervised(tmp_path / "site", ai=inner)
    assert wait_until(lambda: "pid " in site.log("ai"))
    installer = int(site.log("ai").split("pid ")[1].split()[0])
    assert alive(installer)
    assert "stopped" in site.stop()
    assert not alive(installer)


@pytest.mark.parametrize(("value", "there"), [("", True), ("on", True), ("off", False), ("OFF", False), ("0", False)])
def test_the_operator_switches_it_off(value, there, monkeypatch, tmp_path):
    monkeypatch.setenv("CITYLAB_AI", value)
    folders = Folders(tmp_path).make()
    found = [service.name for service in up._services(folders, Choices(), {}, Broker(folders))]
    assert ("ai" in found) is there and ai.wanted() is there
    assert {"web", "worker", "relay", "beat"} <= set(found)


@pytest.mark.parametrize(("lock", "goes_on"), [("requirements-ai.lock", True), ("requirements.lock", False)])
def test_a_machine_without_these_packages_runs_its_tests_all_the_same(lock, goes_on, tmp_path):
    """Only the optional lock may fail: `bin/test` installs it too, so that the real detectors are tested where there are any."""
    script = f"""source bin/lib/prepare.sh; ROOT='{tmp_path}' LOCAL='{tmp_path}'; install_packages() {{ :; }}
        install_locks() {{ for one in "$@"; do [ "$one" != {lock} ] || stop "no packages for this machine"; done; }}
        prepare run requirements.lock - requirements-ai.lock; echo went on"""
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert ("went on" in done.stdout) is goes_on and (done.returncode == 0) is goes_on
    assert "no packages for this machine" in done.stderr
    assert "requirements-ai.lock" in (ROOT / "bin" / "test").read_text()


def test_no_other_worker_serves_its_queue():
    assert "ai" not in services.worker()[services.worker().index("--queues") + 1].split(",")
    assert services.ai_worker()[services.ai_worker().index("--queues") + 1] == "ai"


def send_a_photo(address: str) -> int:
    """Send a report with a photo as a phone does; returns the status of the answer to the photo."""
    key = str(uuid.uuid4())
    told = {"id": key, "location": {"type": "Point", "coordinates": [108.2234, 16.0606]}, "photos_expected": 1, "observed_at": datetime.now(UTC).isoformat()}
    report = urllib.request.Request(f"{address}/api/v1/reports/", json.dumps(told).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(report, timeout=30) as answer:
        token = json.load(answer)["secret_url"].rstrip("/").rpartition("/")[2]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"}
    photo = urllib.request.Request(f"{address}/api/v1/reports/{key}/photos/1", encoded(beach_with_waste()), headers, method="PUT")
    with urllib.request.urlopen(photo, timeout=30) as answer:
        return answer.status


@pytest.mark.slow
def test_bin_up_starts_it_after_the_site_and_ends_it_with_the_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("with-ai")
    folder.chmod(0o755)
    site = Installation(folder)
    site.environment["CITYLAB_AI"] = "on"
    try:
        site.start()
        assert wait_until(site.answers, 60), "it does not wait for the worker"
        log = folder / "log" / "ai.log"
        assert wait_until(lambda: log.exists() and ("ready." in log.read_text() or "waits for a person" in log.read_text()), 180)
        pid = site.pid("ai")
        assert alive(pid)
        if "ready." in log.read_text():
            photo = send_a_photo(f"http://localhost:{site.port}")
            looked = "SELECT faces, plates, nudity FROM reports_photocheck WHERE processed_at IS NOT NULL"
            assert photo == 201 and wait_until(lambda: site.cluster.sql(looked, "citylab"), 120)
            assert site.cluster.sql(looked, "citylab") == "done|done|done"
    finally:
        assert site.up("--stop").returncode == 0
        shutil.rmtree(folder, ignore_errors=True)
    assert not alive(pid) and not site.processes()
