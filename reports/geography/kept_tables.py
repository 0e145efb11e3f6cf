"""Small tables that each process keeps in memory, and how it notices that they changed.

A version is the number of rows, the highest id and the sum of the rows' transaction numbers (xmin): any insert, update or
delete changes it, by whomever it was made, and no writer has to remember to say so.
"""

import time
from collections.abc import Callable
from datetime import date
from typing import Generic, TypeVar

from django.db import connection

from citylab.cities.pack import city_pack

Kept = TypeVar("Kept")

CHECK_EVERY_S = 2.0  # a change is seen this late at most; asking costs one short query


class KeptTable(Generic[Kept]):
    """The result of `build(today)`, built again when the table's version or the city's date changes."""

    def __init__(self, table: str, build: Callable[[date], Kept]) -> None:
        self.table, self.build = table, build
        self.forget()

    def forget(self) -> None:
        """Ask and build again the next time: after loading, and between tests."""
        self._checked = -CHECK_EVERY_S
        self._version: tuple | None = None
        self._kept: Kept | None = None

    def get(self) -> Kept:
        now = time.monotonic()
        if self._kept is None or now - self._checked >= CHECK_EVERY_S:
            today = city_pack().calendar.today()
            version = (today, *self._ask_version())
            if self._kept is None or version != self._version:
                self._kept, self._version = self.build(today), version
            self._checked = now
        return self._kept

    def _ask_version(self) -> tuple:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*), max(id), sum(xmin::text::bigint) FROM "{self.table}"')
            return cursor.fetchone()
