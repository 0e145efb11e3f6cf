"""`bin/bench NAME`: one benchmark of tests/benchmarks on a durable cluster of its own, removed afterwards.

The cluster has the settings of the real one, because a figure measured without fsync says nothing.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys

from stack.environment import Choices, site_environment
from stack.folders import ROOT, Folders
from stack.postgres import Cluster
from stack.sentences import CannotGoOn, run_command
from stack.supervisor import adopt_orphans
from stack.testing import running_broker, wait_for
from stack.translations import compile_translations
from stack.up import run_site_steps


def _benchmarks() -> dict[str, str]:
    """Name → module; a module may end in _ where the name is a word of Python. Modules that only help are left out."""
    paths = sorted((ROOT / "tests" / "benchmarks").glob("[a-z]*.py"))
    return {path.stem.rstrip("_"): path.stem for path in paths if "__main__" in path.read_text()}


def main(arguments: list[str]) -> int:
    """Runs tests/benchmarks/NAME.py with the remaining arguments, after migrations and the city pack."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)
    known = _benchmarks()
    if not arguments or arguments[0] not in known:
        raise CannotGoOn(f"say which benchmark: {', '.join(known)}")
    adopt_orphans()
    checkout = Folders.of_checkout().make()
    for folder in checkout.left_by_the_dead("bench"):
        Cluster(Folders(folder)).remove()
        shutil.rmtree(folder, ignore_errors=True)
    folders = Folders(checkout.local / f"bench-{os.getpid()}").make()
    cluster = Cluster(folders)
    try:
        compile_translations()
        cluster.ready()
        with running_broker(folders) as broker:
            environment = site_environment(
                folders, Choices(), database=cluster.url("citylab_app"), owner_database=cluster.url("citylab_owner"),
                broker=broker.url, programs=cluster.programs,
            )  # fmt: skip
            run_site_steps(environment, "--database-only")
            return wait_for(
                [sys.executable, "-m", f"tests.benchmarks.{known[arguments[0]]}", *arguments[1:]], environment
            )
    finally:
        cluster.remove()
        shutil.rmtree(folders.local, ignore_errors=True)


if __name__ == "__main__":
    run_command("bin/bench", main)
