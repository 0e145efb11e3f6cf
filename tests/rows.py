"""Rows for tests and benchmarks, written by COPY: as fast as the import, with nothing but what the tables demand."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import h3.api.basic_int as h3
from django.contrib.gis.geos import Point
from django.db import connection

_number = itertools.count(1)


def next_code() -> str:
    """A code that no other row of this process has: hexadecimal digits are letters of the codes' alphabet."""
    return f"{next(_number):010X}"


def copy_rows(table: str, rows: Iterable[dict]) -> int:
    """COPY rows given as dictionaries with the same keys; returns how many."""
    rows = list(rows)
    if not rows:
        return 0
    columns = ", ".join(f'"{name}"' for name in rows[0])
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(list(row.values()))
    return len(rows)


def report_row(cell: int | None, week: date, **fields: object) -> dict:
    """A row of `reports_report` in the middle of a week, at the centre of its cell. `cell` None needs an `area_id`."""
    at = datetime.combine(week, time(5), UTC) + timedelta(days=2)
    row = {
        "uuid": uuid.uuid4(), "code": next_code(), "body_hash": b"\0" * 32, "channel": "import", "language": "",
        "location": _point(cell), "location_source": "import", "area_id": None, "cell": cell, "week": week,
        "observed_at": at, "observed_clamped": False, "received_at": at, "problem": "litter", "amount": "unknown",
        "waste_group": "", "description": "", "photos_expected": 0, "counts": True, "case_id": None,
        "other_place": False, "next_try": at, "attempts": 0, "last_error": "", "processed_at": at, "reporter": None,
    }  # fmt: skip
    return _with(row, fields)


def case_row(cell: int | None, week: date, status: str = "new", **fields: object) -> dict:
    """A row of `reports_case` opened in the middle of a week, at the centre of its cell."""
    at = datetime.combine(week, time(5), UTC) + timedelta(days=2)
    closed = status not in ("new", "confirmed")
    row = {
        "code": next_code(), "status": status, "problem": "litter", "waste_group": "", "amount": "unknown",
        "location": _point(cell), "public_location": _public_point(cell), "cell": cell, "week": week,
        "observed_at": at, "opened_at": at, "area_id": None, "recurs_of_id": None, "merged_into_id": None, "counts": True,
        "due_at": at + timedelta(days=3), "closed_at": at + timedelta(days=2) if closed else None,
        "cleaned_at": at + timedelta(days=2) if status in ("cleaned", "verified") else None,
        "verified_at": at + timedelta(days=4) if status == "verified" else None,
    }  # fmt: skip
    return _with(row, fields)


def _with(row: dict, fields: dict[str, object]) -> dict:
    unknown = fields.keys() - row.keys() - {"id"}
    if unknown:
        raise TypeError(f"no such columns: {sorted(unknown)}")
    return {**row, **fields}


def _point(cell: int | None) -> str | None:
    if cell is None:
        return None
    lat, lon = h3.cell_to_latlng(cell)
    return Point(lon, lat, srid=4326).hexewkb.decode()


def _public_point(cell: int | None) -> str | None:
    if cell is None:
        return None
    lat, lon = h3.cell_to_latlng(cell)
    return _point(h3.latlng_to_cell(lat, lon, 11))


def forget_history() -> None:
    """Empty the history of all cases, as only the owner of the database can: for a test that begins anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'reports_caseevent'::regclass AND condeferrable")
        names = ", ".join(f'"{name}"' for (name,) in cursor.fetchall())
        cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE; TRUNCATE reports_caseevent")
