"""Who and what must not be seen on a public photo: faces, number plates, nudity.

Each module asks an optional package (`requirements-ai.lock`) and raises `PackageMissing` where that is not installed.
No Django, and nothing is loaded before the first question. Pictures are RGB, at most `SIDE` px long.
"""

from __future__ import annotations

SIDE = 1280
"""Long side in px that every detector looks at: measured best of recall and time for faces (docs/photos.md)."""

THREADS = 2
"""Of one run. The site's own processes have the machine first."""


class PackageMissing(Exception):
    """The optional package that would look is not installed, or not for this kind of machine."""
