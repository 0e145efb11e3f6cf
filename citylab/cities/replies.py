"""The ready answers that a city ships with its desk, from `replies.toml`. A pack may leave the file out.

Each `[[reply]]` has a verb of the desk, a name by which the staff choose it, the text that the reporter reads, in the city's
language, and perhaps one kind of problem.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from citylab.cities.complaints import Complaints
from citylab.cities.settings_file import nfc
from citylab.cities.tables import PROBLEMS

VERBS = ("refuse", "hold", "reopen", "reroute")
LONGEST = {"name": 80, "text": 1000}


@dataclass(frozen=True)
class Reply:
    """One ready answer; `problem` empty fits every kind."""

    verb: str
    name: str
    text: str
    problem: str = ""


def read_replies(path: Path, complaints: Complaints) -> tuple[Reply, ...]:
    """The ready answers of a pack, in the order of the file; none where it has no such file. Notes what is wrong."""
    if not path.is_file():
        return ()
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        complaints.add(path, None, "file", f"{error}.")
        return ()
    for name in tables.keys() - {"reply"}:
        complaints.add(path, None, name, "is not known; expected [[reply]].")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*reply\s*\]\]", line)]
    rows = tables.get("reply", [])
    found: list[Reply] = []
    for row, line in zip(rows if isinstance(rows, list) else [], lines, strict=False):
        values = {name: nfc(value) if isinstance(value := row.get(name, ""), str) else "" for name in ("verb", "name", "text", "problem")}
        reply = Reply(**values)
        if reply.verb not in VERBS:
            complaints.add(path, line, "verb", f"“{reply.verb}” is not one of {', '.join(VERBS)}.")
        if reply.problem and reply.problem not in PROBLEMS:
            complaints.add(path, line, "problem", f"“{reply.problem}” is not one of {', '.join(PROBLEMS)}.")
        for name, longest in LONGEST.items():
            if not 0 < len(values[name]) <= longest:
                complaints.add(path, line, name, f"must have from 1 to {longest} letters.")
        for name in row.keys() - values.keys():
            complaints.add(path, line, name, "is not known.")
        if any((other.verb, other.problem, other.name) == (reply.verb, reply.problem, reply.name) for other in found):
            complaints.add(path, line, "name", f"“{reply.name}” stands there twice.")
        found.append(reply)
    return tuple(found)
