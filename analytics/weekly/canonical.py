"""One way of writing figures down, so that equal figures have equal hashes."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(figures: Any) -> bytes:
    """JSON in UTF-8 with sorted names and no spaces. Raises ValueError for numbers that JSON does not know."""
    return json.dumps(figures, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def sha256_of(figures: Any) -> str:
    """The hash by which an edition's figures are known."""
    return hashlib.sha256(canonical(figures)).hexdigest()
