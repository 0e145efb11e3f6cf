"""`bin/test`: pytest on a fast cluster and a broker of its own; every process it starts ends with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stack.broker import Broker
from stack.database_use import in_use
from stack.environment import Choices, site_environment
from stack.folders import ROOT, Folders
from stack.frontend import build_frontend
from stack.postgres import Cluster
from stack.sentences import CannotGoOn, run_command
from stack.supervisor import adopt_orphans, die_with_parent
from stack.translations import compile_translations

EVERYTHING = ["-n", str(os.cpu_count() or 1)]  # a run of every test uses every processor; each has a database of its own


def main(arguments: list[str]) -> int:
    """Runs pytest with `arguments` and returns its exit code."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)
    checkout = Folders.of_checkout().make()
    compile_translations()
    build_frontend(checkout)
    adopt_orphans()
    folders = Folders(checkout.local / "test").make()
    for kind in ("broker", "state"):
        for folder in folders.left_by_the_dead(kind):
            shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as stack:
        cluster = None
        if "DATABASE_URL" not in os.environ:
            cluster = stack.enter_context(in_use(Cluster(folders, durable=False)))
        broker = stack.enter_context(running_broker(folders))
        state = stack.enter_context(_scratch(folders))
        # Migrations and fixtures need the owner; what the application may do is tested by SET ROLE citylab_app.
        owner = cluster.url("citylab_owner") if cluster else ""
        environment = site_environment(
            folders, Choices(), database=owner, owner_database=owner, broker=broker.url,
            programs=cluster.programs if cluster else None,
        ) | {"CITYLAB_STATE": str(state)}  # fmt: skip
        # Several test runs may share the cluster: each has a database of its own.
        environment.setdefault("CITYLAB_TEST_DB", f"test_citylab_{os.getpid()}")
        environment.setdefault("CITYLAB_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
        if cluster:
            stack.callback(_drop_databases, cluster, environment["CITYLAB_TEST_DB"])
        return wait_for([sys.executable, "-m", "pytest", *(arguments or EVERYTHING)], environment)


def wait_for(command: list[str], environment: dict[str, str]) -> int:
    """Runs `command` in the checkout and returns its exit code; Ctrl-C and SIGTERM are passed on and waited for."""
    with subprocess.Popen(command, env=environment, cwd=ROOT, preexec_fn=die_with_parent) as child:
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal has told the child as well
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda number, _: child.send_signal(number))
        # Orphans of killed processes come to us (adopt_orphans); until they are reaped they look alive.
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)) and ended.si_pid != child.pid:
            os.waitpid(ended.si_pid, 0)
        code = child.wait()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # what follows is the cleaning up
    return code if code >= 0 else 128 - code


@contextmanager
def running_broker(folders: Folders) -> Iterator[Broker]:
    """A broker of this process's own, gone with its data afterwards."""
    broker = Broker(folders, f"broker-{os.getpid()}")
    command = broker.command()
    with (broker.folder / "valkey.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    try:
        deadline = time.monotonic() + 30
        while not broker.socket.exists():
            if server.poll() is not None or time.monotonic() > deadline:
                raise CannotGoOn(f"the broker does not start: {(broker.folder / 'valkey.log').read_text()[-500:]}")
            time.sleep(0.02)
        yield broker
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(broker.folder, ignore_errors=True)


@contextmanager
def _scratch(folders: Folders) -> Iterator[Path]:
    """A state folder for this run: photos and editions that tests write."""
    folder = folders.local / f"state-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _drop_databases(cluster: Cluster, name: str) -> None:
    """Drops what a killed run may have left: its database and those of its parallel workers (_gw0, …)."""
    names = cluster.sql(f"SELECT datname FROM pg_database WHERE starts_with(datname, '{name}')").split()
    for found in names:
        cluster.sql(f'DROP DATABASE IF EXISTS "{found}" WITH (FORCE)')


if __name__ == "__main__":
    run_command("bin/test", main)
