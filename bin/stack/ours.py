"""Which processes are ours: every process we start carries a mark in its environment, and so do its children.

A process id in a file may belong to somebody else by now; the mark cannot. It survives kill -9 of the parent.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

MARK = "CITYLAB_STARTED_BY"


def ours(mark: str) -> list[int]:
    """The ids of the living processes whose environment carries `mark`; never this one."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:  # gone, or another user's
            continue
    return found


def end(mark: str, patience: float = 10) -> int:
    """Ends all processes with `mark`: SIGTERM, then SIGKILL after `patience` seconds. Returns how many there were."""
    first = ours(mark)
    for number in first:
        _send(number, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while left := ours(mark):
        if time.monotonic() > deadline:
            for number in left:
                _send(number, signal.SIGKILL)
            deadline += patience
        time.sleep(0.1)
    return len(first)


def _send(number: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(number, what)
