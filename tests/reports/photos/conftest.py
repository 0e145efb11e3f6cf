"""What the photo tests share: the stores as they lie on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import storages

from reports.photos import store
from tests.reports.photos.stores import stored_names


@pytest.fixture
def stored() -> Callable[[str], list[str]]:
    """The names of all files in a store: `stored("originals")`."""
    return stored_names


@pytest.fixture
def path_of() -> Callable[[str, str], Path]:
    """Where a stored file lies on the disk."""
    return lambda alias, name: Path(storages[alias].path(name))


@pytest.fixture
def make_old() -> Callable[..., None]:
    """Lets stored files look as if they had been written two days ago."""
    import os
    import time

    def age(*aliases: str) -> None:
        for alias in aliases or (store.ORIGINALS, store.RENDITIONS):
            for path in Path(storages[alias].location).rglob("*"):
                os.utime(path, (time.time() - 2 * 86_400,) * 2)

    return age
