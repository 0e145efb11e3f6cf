"""Who may group what at the same time: one advisory lock for each neighbourhood, and one for the whole city.

A *neighbourhood* is an H3 cell of resolution 7 (about 5 km²). Locks are taken in ascending order, last until the transaction
ends, and are of no use to anybody else. The city's lock is shared by those who lock neighbourhoods and taken alone by the bulk.
"""

from __future__ import annotations

from collections.abc import Iterable

import h3.api.basic_int as h3

from reports.grouping.waiting import RINGS_WITHIN_REACH, cursor

NEIGHBOURHOOD_RESOLUTION = 7

_CITY_LOCK = 0x6369_7479  # “city”; neighbourhoods use their H3 index, which is far greater


def neighbourhoods_of(cell: int) -> set[int]:
    """The neighbourhoods that hold everything within 60 m of a report in this cell."""
    return {h3.cell_to_parent(near, NEIGHBOURHOOD_RESOLUTION) for near in h3.grid_disk(cell, RINGS_WITHIN_REACH)}


def lock_city(*, alone: bool) -> None:
    with cursor() as ask:
        ask.execute(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(%s)", [_CITY_LOCK])


def lock(neighbourhoods: Iterable[int]) -> None:
    with cursor() as ask:
        for neighbourhood in sorted(neighbourhoods):
            ask.execute("SELECT pg_advisory_xact_lock(%s)", [neighbourhood])


def stand_still(cell: int | None) -> None:
    """Until the transaction ends, nobody groups a report of this cell. One without a cell is kept by its row's own lock."""
    lock_city(alone=False)
    if cell is not None:
        lock(neighbourhoods_of(cell))
