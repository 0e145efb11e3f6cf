"""Decided rows as the bytes that COPY takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from reports.codes import codes_of
from reports.imports.lines import Decided

COLUMNS = (
    "id", "uuid", "code", "body_hash", "channel", "language", "location", "accuracy_m", "location_source", "area_id", "cell", "week",
    "observed_at", "observed_clamped", "received_at", "problem", "amount", "waste_group", "description", "photos_expected",
    "reporter", "counts", "other_place", "next_try", "attempts", "last_error",
)  # fmt: skip
COPY = f"COPY reports_report ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)"

_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")])  # EWKB, little-endian
_POINT_WITH_SRID = 0x2000_0001


def copied(
    decided: Decided, chosen: Sequence[int], ids: Sequence[int], counts: NDArray[np.bool_], *, received_at: datetime, next_try: datetime
) -> memoryview:
    """The rows of `decided` at these positions as CSV. ids, counts: (chosen,) the number of each and whether it counts."""
    verdicts, n = decided.verdicts, len(chosen)
    rows = decided.taken[np.asarray(chosen, np.int64)]
    numbers = rows.tolist()
    uuids = [decided.uuids[at] for at in chosen]

    def texts(values: list[str]) -> pa.Array:
        return pa.array([values[row] for row in numbers], pa.string())

    def whole(values: NDArray[np.int64]) -> pa.Array:
        return pa.array(values[rows], mask=values[rows] == 0)

    def same(value: Any) -> pa.Array:
        return pa.repeat(value, n)

    def moment(value: datetime) -> pa.Array:
        return same(pa.scalar(value, pa.timestamp("us", "UTC")))

    def binary(values: Iterable[bytes | None]) -> pa.Array:
        return pa.array([value and "\\x" + value.hex() for value in values], pa.string())

    columns = {
        "id": pa.array(ids, pa.int64()),
        "uuid": pa.array([uuid.hex() for uuid in uuids], pa.string()),
        "code": pa.array(codes_of(uuids), pa.string()),
        "body_hash": binary(decided.hashes[at] for at in chosen),
        "channel": same("import"),
        "language": same(""),
        "location": _points(verdicts.lon[rows], verdicts.lat[rows]),
        "accuracy_m": pa.array(verdicts.accuracy_m[rows], from_pandas=True),
        "location_source": texts(verdicts.source),
        "area_id": whole(verdicts.area_id),
        "cell": whole(verdicts.cell),
        "week": pa.array(verdicts.week[rows]),
        "observed_at": pa.array(verdicts.observed_at[rows]).cast(pa.timestamp("us", "UTC")),
        "observed_clamped": pa.array(verdicts.clamped[rows]),
        "received_at": moment(received_at),
        "problem": texts(verdicts.problem),
        "amount": texts(verdicts.amount),
        "waste_group": texts(verdicts.waste_group),
        "description": texts(verdicts.description),
        "photos_expected": same(0),
        "reporter": binary(decided.reporters[at] for at in chosen),
        "counts": pa.array(counts),
        "other_place": same(False),
        "next_try": moment(next_try),
        "attempts": same(0),
        "last_error": same(""),
    }
    sink = pa.BufferOutputStream()
    table = pa.table([columns[name] for name in COLUMNS], names=COLUMNS)
    pa.csv.write_csv(table, sink, pa.csv.WriteOptions(include_header=False))
    return memoryview(sink.getvalue())


def _points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> pa.Array:
    """Points in the text form that PostGIS reads, null where there is none."""
    points = np.empty(lon.size, _POINT)
    points["order"], points["kind"], points["srid"], points["lon"], points["lat"] = 1, _POINT_WITH_SRID, 4326, lon, lat
    written = points.tobytes().hex()
    width = 2 * _POINT.itemsize
    return pa.array([written[at : at + width] for at in range(0, len(written), width)], pa.string(), mask=np.isnan(lon))
