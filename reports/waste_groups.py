"""The group of each waste type, in memory: what intake asks of the taxonomy, for one report or a million."""

from __future__ import annotations

from datetime import date

from django.db import connection

from reports.geography.kept_tables import KeptTable
from reports.models import WasteType


class _KeptByCode(KeptTable[dict[str, str]]):
    """A kept table whose key is a code."""

    def _ask_version(self) -> tuple[object, ...]:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*), max(code), sum(xmin::text::bigint) FROM "{self.table}"')
            return tuple(cursor.fetchone() or ())


def _build(today: date) -> dict[str, str]:
    """Types that are no longer offered stay known: a phone may send a form that it kept for weeks."""
    return dict(WasteType.objects.values_list("code", "group"))


KEPT_WASTE_GROUPS = _KeptByCode("reports_wastetype", _build)


def waste_groups() -> dict[str, str]:
    """Group by code of every known waste type, at most two seconds behind the database."""
    return KEPT_WASTE_GROUPS.get()


def forget_waste_groups() -> None:
    """Makes this process read the taxonomy again: after loading it, and between tests."""
    KEPT_WASTE_GROUPS.forget()
