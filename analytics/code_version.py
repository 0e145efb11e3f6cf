"""Which code made an analysis: a hash of the modules whose change could change its numbers."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_MODULES = ("analysis", "cube", "domain", "hexagons", "hotspots", "neighbours", "refresh", "scale", "weeks")
_LIBRARIES = ("h3ronpy", "numpy", "scipy")


@cache
def code_version() -> str:
    """Sixteen hexadecimal digits; the same for the same sources and libraries, on any machine."""
    digest = hashlib.sha256()
    for module in _MODULES:
        digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()[:16]
