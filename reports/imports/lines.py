"""From the rows of a file to reports that are decided: the columns of a file, its times and keys, and the rules of intake.

Everything here is arithmetic: areas and waste types are given, nothing is asked of the database, so one batch can be
prepared while another is being written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.utils import translation
from numpy.typing import NDArray

from reports.imports.files import Batch, LineProblem
from reports.imports.values import is_blank, moments, numbers
from reports.intake import reporter_of
from reports.models.report import Channel, LocationSource
from reports.refusals import sentence
from reports.rules import Columns, Refusal, Verdicts, decide

# The names of imported rows: any constant will do, as long as it never changes.
NAMESPACE = UUID("6f0d6a8e-3f58-4a55-9a3e-1f0f5ad2c4b7")


@dataclass(frozen=True)
class Mapping:
    """Which column of the file says what; empty is none. “=dump” is the value “dump” in every row."""

    time: str
    lon: str = ""
    lat: str = ""
    accuracy: str = ""
    area: str = ""
    description: str = ""
    waste_types: str = ""
    problem: str = ""
    amount: str = ""
    reporter: str = ""
    id: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns to read, each once."""
        names = (getattr(self, field.name) for field in fields(self))
        return list(dict.fromkeys(name for name in names if name and not name.startswith("=")))


@dataclass(frozen=True)
class World:
    """What the rules ask of, taken once for an import. now: the time of receipt of all its rows."""

    areas: Any
    waste_types: Any
    now: datetime
    anywhere: bool
    days_since: date | None


@dataclass
class Decided:
    """The rows of one batch that are taken, and what is wrong with the others.

    lines: (n,) of those taken. uuids: 16 bytes each. hashes: of their content, 32 bytes each. taken: their positions in
    `verdicts`. reporters: keyed hash or None. without_zone: rows whose time names no zone. share: as in Batch.
    """

    lines: NDArray[np.int64]
    uuids: list[bytes]
    hashes: list[bytes]
    reporters: list[bytes | None]
    taken: NDArray[np.int64]
    verdicts: Verdicts
    problems: list[LineProblem]
    rows: int
    without_zone: int
    share: float


class Preparation:
    """Prepares the batches of one file, in its order; remembers the keys it has met, 8 bytes each."""

    def __init__(self, mapping: Mapping, source: str, world: World) -> None:
        self.mapping, self.source, self.world = mapping, source, world
        self.language = translation.get_language() or settings.LANGUAGE_CODE  # threads do not inherit it
        self._met = np.zeros(0, np.uint64)
        self._counts: dict[str, int] = {}

    def decided(self, batch: Batch) -> Decided:
        """What becomes of each row of a batch."""
        with translation.override(self.language):
            return self._decided(batch)

    def _decided(self, batch: Batch) -> Decided:
        columns, unread_times, without_zone = self._columns(batch)
        verdicts = decide(
            columns, city=settings.CITY, areas=self.world.areas, waste_types=self.world.waste_types, now=self.world.now,
            channel=Channel.IMPORT, anywhere=self.world.anywhere,
        )  # fmt: skip
        problems = list(batch.problems)
        for row in np.flatnonzero(~verdicts.accepted).tolist():
            problems.append(LineProblem(int(batch.lines[row]), self._reasons(verdicts.refusals(row), bool(unread_times[row]))))
        uuids, twice = self._keys(batch)
        accepted = verdicts.accepted & ~twice
        for row in np.flatnonzero(verdicts.accepted & twice).tolist():
            problems.append(LineProblem(int(batch.lines[row]), "has the same id as an earlier line."))
        problems.sort()
        taken = np.flatnonzero(accepted)
        rows = taken.tolist()
        devices = self._texts(batch, self.mapping.reporter)
        key = hashlib.sha256(b"import:" + settings.TOKEN_KEY.encode()).digest()
        return Decided(
            lines=batch.lines[taken],
            uuids=[uuids[row] for row in rows],
            hashes=[content_hash(batch.content[row], key) for row in rows],
            reporters=[reporter_of(devices[row]) for row in rows],
            taken=taken,
            verdicts=verdicts,
            problems=problems,
            rows=len(batch) + len(batch.problems),
            without_zone=without_zone,
            share=batch.share,
        )

    def _columns(self, batch: Batch) -> tuple[Columns, NDArray[np.bool_], int]:
        """The batch as the rules take it, which of its times could not be read, and how many name no zone."""
        at, n = self.mapping, len(batch)
        given: dict[str, Any] = {}
        if at.lon and at.lat:
            lon, lat = numbers(self._values(batch, at.lon)), numbers(self._values(batch, at.lat))
            given |= {"lon": lon.values, "lat": lat.values, "has_point": lon.given | lat.given}
        elif batch.lon is not None and batch.lat is not None:
            given |= {"lon": batch.lon, "lat": batch.lat}
        if at.accuracy:
            accuracy = numbers(self._values(batch, at.accuracy))
            given |= {"accuracy_m": accuracy.values, "has_accuracy": accuracy.given}
        seen = moments(self._values(batch, at.time), settings.CITY.time_zone, self.world.days_since)
        given["observed_at"] = seen.values
        given["source"] = [LocationSource.IMPORT.value] * n
        for name in ("area", "description", "problem", "amount"):
            if column := getattr(at, name):
                given[name] = self._texts(batch, column)
        if at.waste_types:
            codes = self._texts(batch, at.waste_types)
            given["waste_types"] = [tuple(filter(None, map(str.strip, text.replace(";", ",").replace("|", ",").split(",")))) for text in codes]
        return Columns.of(n, **given), seen.given & np.isnat(seen.values), seen.without_zone

    def _values(self, batch: Batch, column: str) -> Sequence[Any]:
        return [column[1:]] * len(batch) if column.startswith("=") else batch.columns[column]

    def _texts(self, batch: Batch, column: str) -> list[str]:
        if not column:
            return [""] * len(batch)
        values = self._values(batch, column)
        return [value if type(value) is str else "" if is_blank(value) else _plain(value) for value in values]

    @staticmethod
    def _reasons(refusals: Sequence[Refusal], unread_time: bool) -> str:
        if unread_time:
            forms = {"expected": "2026-11-22T07:30, 22/11/2026 07:30"}
            refusals = [Refusal("observed_at", "wrong_type", forms) if one.code == "time_missing" else one for one in refusals]
        return " ".join(map(sentence, refusals))

    def _keys(self, batch: Batch) -> tuple[list[bytes], NDArray[np.bool_]]:
        """The UUID of each row, and which rows repeat the id of an earlier one.

        A UUIDv5 (RFC 9562) of the source and the row's id, or, without a column of ids, of all that the row holds and
        how many equal rows came before it, so that equal rows of one file are as many reports, today and tomorrow.
        """
        ids = self._texts(batch, self.mapping.id)
        with_content = [not id for id in ids]
        names = [
            f"{self.source}\x1frow\x1f{content}" if blank else f"{self.source}\x1fid\x1f{id}"
            for id, content, blank in zip(ids, batch.content, with_content, strict=True)
        ]
        uuids = uuids_of(names)
        marks = np.frombuffer(b"".join(uuid[:6] + uuid[14:] for uuid in uuids), np.uint64)
        again = self._repeated(marks)
        twice = np.zeros(len(names), bool)
        for row in np.flatnonzero(again).tolist():
            if with_content[row]:
                self._counts[names[row]] = before = self._counts.get(names[row], 0) + 1
                uuids[row] = uuids_of([f"{names[row]}\x1f{before}"])[0]
            else:
                twice[row] = True
        return uuids, twice

    def _repeated(self, marks: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of these came before, in this batch or an earlier one."""
        order = np.argsort(marks, kind="stable")
        ordered = marks[order]
        again = np.zeros(marks.size, bool)
        again[order[1:]] = ordered[1:] == ordered[:-1]
        place = np.searchsorted(self._met, marks)
        inside = place < self._met.size
        again[inside] |= self._met[place[inside]] == marks[inside]
        self._met = np.sort(np.concatenate([self._met, marks[~again]]), kind="stable")
        return again


def content_hash(content: str, key: bytes) -> bytes:
    """32 bytes by which a changed row is recognised; keyed (BLAKE2b), so that a guessed telephone number in it is not confirmed."""
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), key=key, digest_size=32).digest()


def uuids_of(names: Sequence[str]) -> list[bytes]:
    """The UUIDv5 of each name in the import's namespace, as 16 bytes."""
    space = NAMESPACE.bytes
    digests = b"".join([hashlib.sha1(space + name.encode("utf-8", "surrogatepass")).digest()[:16] for name in names])
    packed = np.frombuffer(bytearray(digests), np.uint8).reshape(-1, 16)
    packed[:, 6] = (packed[:, 6] & 0x0F) | 0x50
    packed[:, 8] = (packed[:, 8] & 0x3F) | 0x80
    whole = packed.tobytes()
    return [whole[at : at + 16] for at in range(0, len(whole), 16)]


def _plain(value: Any) -> str:
    """A typed value as the text a person would write: 17, not 17.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
