"""The processes of the site and how each is started; `bin/up` and compose.yaml use the same commands.

In a container: `python -m stack.services web` becomes that process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stack.folders import ROOT
from stack.sentences import CannotGoOn

Command = list[str]


@dataclass(frozen=True)
class Service:
    """One process that has to be there.

    `patience`: seconds between SIGTERM and SIGKILL. `foundation`: the others need it, so it stops last.
    """

    name: str
    command: Command
    environment: dict[str, str] = field(repr=False)
    patience: float = 10
    foundation: bool = False


def web(bind: str) -> Command:
    """Two processes of eight threads, each thread with one open database connection; renewed now and then, so that a leak
    cannot grow. Threads, because a phone on a bad network sends for minutes: without them two such phones stop the site.
    """
    memory = ["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []  # heartbeats need no disk
    return [
        sys.executable, "-m", "gunicorn", "citylab.wsgi:application", "--chdir", str(ROOT), "--bind", bind,
        "--workers", os.environ.get("CITYLAB_WEB_WORKERS", "2"), "--threads", "8", "--preload",
        "--max-requests", "20000", "--max-requests-jitter", "2000", "--timeout", "60", "--graceful-timeout", "15",
        "--no-control-socket", *memory,
    ]  # fmt: skip


def worker() -> Command:
    return [
        *_celery(), "worker", "--queues", "intake,photo,geo,report,message", "--concurrency", "2", "--loglevel", "INFO",
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def ai_worker() -> Command:
    """Looks for people on photos: one at a time, in a process that is renewed before it grows."""
    return [
        *_celery(), "worker", "--hostname", "ai@%h", "--queues", "ai", "--concurrency", "1", "--loglevel", "INFO",
        "--without-gossip", "--without-mingle", "--max-tasks-per-child", "2000", "--max-memory-per-child", "1000000",
    ]  # fmt: skip


def relay() -> Command:
    return [sys.executable, str(ROOT / "manage.py"), "relay"]


def beat(schedule: Path) -> Command:
    return [*_celery(), "beat", "--schedule", str(schedule), "--loglevel", "INFO"]


def _celery() -> Command:
    return [sys.executable, "-m", "celery", "--workdir", str(ROOT), "--app", "citylab"]


def main(arguments: list[str]) -> int:
    """Becomes the process that `arguments[0]` names."""
    state = Path(os.environ.get("CITYLAB_STATE", "/var/lib/citylab"))
    makers: dict[str, Callable[[], Command]] = {
        "web": lambda: web(f"{os.environ.get('CITYLAB_BIND', '0.0.0.0')}:8000"),
        "worker": worker,
        "ai": ai_worker,
        "relay": relay,
        "beat": lambda: beat(state / "beat-schedule"),
    }
    if len(arguments) != 1 or arguments[0] not in makers:
        raise CannotGoOn(f"say which: {', '.join(makers)}")
    command = makers[arguments[0]]()
    os.environ.pop("PYTHONPATH", None)
    os.execv(command[0], command)


if __name__ == "__main__":
    from stack.sentences import run_command

    run_command("stack.services", main)
