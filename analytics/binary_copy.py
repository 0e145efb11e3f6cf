"""Rows for COPY in PostgreSQL's binary format, from columns: about a million rows a second and no text in between.

Format: postgresql.org/docs/15/sql-copy.html, "Binary Format".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"

# Numbers come as arrays whose width is that of the database's column; text and geometries as bytes; None is NULL.
Column = NDArray[Any] | Sequence[bytes | None]


def copy_columns(table: str, columns: Mapping[str, Column]) -> int:
    """COPY columns of one length into a table; returns the number of rows.

    An int64 array fills a bigint, int32 an integer, int16 a smallint, float64 a double precision, bool a boolean. Bytes
    fill whatever is sent as them: text as UTF-8, geometries as EWKB.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        raise ValueError("columns must be of one length")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_HEADER)
        for block in _blocks(list(columns.values())):
            copy.write(block)
        copy.write(_TRAILER)
    return lengths.pop()


def _blocks(columns: list[Column]) -> Iterator[bytes]:
    """The rows, in blocks of rows whose fields are all equally long: each block is one array."""
    for which, widths in _alike(columns):
        fields: list[tuple[str, str]] = [("fields", ">i2")]
        for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
            fields.append((f"width{place}", ">i4"))
            if width > 0:
                kind = column.dtype.kind if isinstance(column, np.ndarray) and column.dtype.kind != "b" else "V"
                fields.append((f"value{place}", f">{kind}{width}"))
        rows = np.zeros(which.size, fields)
        rows["fields"] = len(columns)
        for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
            rows[f"width{place}"] = width
            if width <= 0:
                continue
            if isinstance(column, np.ndarray):
                values = column[which]
                rows[f"value{place}"] = values.view("V1") if values.dtype.kind == "b" else values
            else:
                packed = b"".join(column[position] or b"" for position in which.tolist())
                rows[f"value{place}"] = np.frombuffer(packed, f"V{width}")
        yield rows.tobytes()


def _alike(columns: list[Column]) -> Iterator[tuple[NDArray[np.int64], list[int]]]:
    """Positions of rows whose fields have the same widths, and these widths; -1 is NULL."""
    kind_of = np.zeros(len(columns[0]), np.int64)
    widths = []
    for column in columns:
        widths.append(_widths(column))
        if not isinstance(column, np.ndarray):
            _, kind_of = np.unique(kind_of * (widths[-1].max(initial=0) + 2) + widths[-1] + 1, return_inverse=True)
    for kind in range(int(kind_of.max(initial=-1)) + 1):
        which = np.flatnonzero(kind_of == kind)
        yield which, [int(width[which[0]]) for width in widths]


def _widths(column: Column) -> NDArray[np.int64]:
    """Bytes of each value; -1 is NULL."""
    if isinstance(column, np.ndarray):
        if column.dtype.kind not in "ifb":
            raise ValueError(f"a column of {column.dtype} cannot be sent")
        return np.full(len(column), column.dtype.itemsize, np.int64)
    return np.fromiter((-1 if value is None else len(value) for value in column), np.int64, len(column))
