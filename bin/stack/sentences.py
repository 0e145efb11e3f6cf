"""Errors for the person at the terminal: one sentence, with the command that helps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress


class CannotGoOn(Exception):
    """What cannot be done, as a sentence that names the command that helps."""


def say(text: str) -> None:
    """One line of progress, at once, also into a pipe or a file."""
    with suppress(OSError):  # the terminal may have been closed
        print(text, flush=True)


def run_command(name: str, command: Callable[[list[str]], int]) -> None:
    """Runs `command` with the arguments of this process and exits with its code; a `CannotGoOn` becomes a line."""
    try:
        code = command(sys.argv[1:])
    except CannotGoOn as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
