"""Compiles the message catalogues that are newer than their compiled form."""

from __future__ import annotations

import subprocess
from pathlib import Path

from stack.folders import ROOT
from stack.sentences import CannotGoOn


def compile_translations() -> int:
    """Compiles each changed `.po` below the site's folders; returns how many. The new file replaces the old one whole."""
    count = 0
    for room in ("citylab", "reports", "analytics", "tests"):
        for catalogue in sorted((ROOT / room).rglob("locale/*/LC_MESSAGES/*.po")):
            compiled = catalogue.with_suffix(".mo")
            if compiled.exists() and compiled.stat().st_mtime_ns >= catalogue.stat().st_mtime_ns:
                continue
            _compile(catalogue, compiled)
            count += 1
    return count


def _compile(catalogue: Path, compiled: Path) -> None:
    half = compiled.with_suffix(".mo.new")
    done = subprocess.run(["msgfmt", "--check-format", "-o", str(half), str(catalogue)], capture_output=True, text=True)
    if done.returncode:
        raise CannotGoOn(f"the translations in {catalogue} have an error: {done.stderr.strip()}")
    half.replace(compiled)
