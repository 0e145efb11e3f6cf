"""The one function that decides whether a report is taken, and what is derived from it.

It works on columns: one row for a form that was sent, a million for an import, with the same result. It asks nothing
and writes nothing; areas, places and waste types come as arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from reports.clean_text import clean_text
from reports.models.report import Amount, Channel, LocationSource, Problem

if TYPE_CHECKING:
    from reports.geography.area_index import AreaIndex

CELL_RESOLUTION = 10  # edge 66 m: a street corner; coarser cells are parents of these
MAX_TEXT = 4000
MAX_PHOTOS = 3
MAX_AHEAD = timedelta(hours=24)  # phone clocks run ahead; more than a day is not a clock but a mistake
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # older times are unset clocks and broken files
COARSE_M = 1000  # a position by the mobile mast alone: it could lie in any of a dozen units, and names a cell by chance
COUNTING = 3  # reports of one reporter that count in one cell and week

_NOT_A_WASTE_GROUP = "unknown"  # the group of “not sure”; grouping reads it as no group


class WasteTypes(Protocol):
    """What the decision asks of the taxonomy: the group of each known code."""

    def get(self, code: str) -> str | None: ...


class City(Protocol):
    """What the decision asks of the city pack."""

    @property
    def tz(self) -> tzinfo: ...


class KnownPlace(NamedTuple):
    """A named place: its row and its point."""

    id: int
    lon: float
    lat: float


class Refusal(NamedTuple):
    """One reason against one row: the field it is about, a machine code, and the facts for a sentence."""

    field: str
    code: str
    facts: dict[str, Any]


@dataclass(slots=True)
class Columns:
    """What was sent, n rows. Text is as it came; an empty string is “not said”."""

    has_point: NDArray[np.bool_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    has_accuracy: NDArray[np.bool_]
    accuracy_m: NDArray[np.float64]
    observed_at: NDArray[np.datetime64]  # microseconds, UTC; NaT is missing
    photos_expected: NDArray[np.int64]
    source: Sequence[str]
    area: Sequence[str]  # codes
    place: Sequence[str]  # codes
    problem: Sequence[str]
    amount: Sequence[str]
    waste_types: Sequence[tuple[str, ...]]  # codes
    description: Sequence[str]
    voice_expected: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.lon)

    @classmethod
    def of(cls, n: int, **given: Any) -> Columns:
        """n rows in which only the given columns say anything. A point or an accuracy is given where it is not NaN."""
        blank: dict[str, Any] = {
            "lon": np.full(n, np.nan),
            "lat": np.full(n, np.nan),
            "accuracy_m": np.full(n, np.nan),
            "observed_at": np.full(n, np.datetime64("NaT"), "datetime64[us]"),
            "photos_expected": np.zeros(n, np.int64),
            "voice_expected": np.zeros(n, bool),
            "waste_types": [()] * n,
        }
        blank |= given
        blank.setdefault("has_point", ~(np.isnan(blank["lon"]) & np.isnan(blank["lat"])))
        blank.setdefault("has_accuracy", ~np.isnan(blank["accuracy_m"]))
        columns: dict[str, Any] = {column.name: blank.get(column.name, [""] * n) for column in fields(cls)}
        return cls(**columns)


@dataclass(slots=True)
class Verdicts:
    """What was decided, n rows. Derived values are only good in rows that are `accepted`."""

    accepted: NDArray[np.bool_]
    lon: NDArray[np.float64]  # NaN where only the area is known
    lat: NDArray[np.float64]
    accuracy_m: NDArray[np.float64]  # NaN where unknown
    cell: NDArray[np.int64]  # 0 where only the area is known
    week: NDArray[np.datetime64]  # the local Monday, in days
    observed_at: NDArray[np.datetime64]  # microseconds, UTC, never later than the receipt
    clamped: NDArray[np.bool_]
    area_id: NDArray[np.int64]  # 0 where none
    place_id: NDArray[np.int64]  # 0 where none
    photos_expected: NDArray[np.int64]
    source: list[str]
    problem: list[str]
    amount: list[str]
    waste_types: list[tuple[str, ...]]  # known codes, each once, in the order in which they were named
    waste_group: list[str]  # of the first waste type that has one; empty is unknown
    description: list[str]
    complaints: list[tuple[str, str, NDArray[np.bool_], dict[str, Any]]] = field(default_factory=list)

    def refusals(self, row: int) -> list[Refusal]:
        """Every reason against one row, in the order of the form."""
        return [
            Refusal(about, code, {name: fact[row] if isinstance(fact, np.ndarray | list) else fact for name, fact in facts.items()})
            for about, code, mask, facts in self.complaints
            if mask[row]
        ]


def decide(
    batch: Columns,
    *,
    city: City,
    areas: AreaIndex,
    waste_types: WasteTypes,
    now: datetime,
    channel: str,
    places: Mapping[str, KnownPlace] | None = None,
    anywhere: bool = False,
) -> Verdicts:
    """Decide for each row whether it is taken, and derive what is stored with it.

    batch: n rows as they were sent. areas: the areas in force; while no unit is loaded every place is taken.
    waste_types: group by code. places: the named places that the batch mentions, by code. now: the time of receipt.
    anywhere: takes places however far from the city's outline they are; they then belong to no area.

    Works row by row without looking at other rows, so a batch of one gives what a batch of many gives.
    """
    n = len(batch)
    complaints: list[tuple[str, str, NDArray[np.bool_], dict[str, Any]]] = []

    def refuse(about: str, code: str, mask: Any, **facts: Any) -> None:
        mask = np.asarray(mask, dtype=bool)
        if mask.any():
            complaints.append((about, code, mask, facts))

    # the place
    lon, lat = batch.lon.astype(np.float64), batch.lat.astype(np.float64)
    with np.errstate(invalid="ignore"):
        on_earth = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    refuse("location", "place_unreadable", batch.has_point & ~on_earth)
    place_id = np.zeros(n, np.int64)
    if any(batch.place):
        found = [(places or {}).get(code) if code else None for code in batch.place]
        refuse("place", "place_unknown", [bool(code) and known is None for code, known in zip(batch.place, found, strict=True)], place=list(batch.place))
        for row, known in enumerate(found):
            if known is not None:
                place_id[row] = known.id
                if not batch.has_point[row]:
                    lon[row], lat[row], on_earth[row] = known.lon, known.lat, True
    named_area = np.zeros(n, np.int64)
    if any(batch.area):
        by_code = {row.code: row.id for row in sorted(areas.rows.values(), key=lambda row: row.unit)}  # units win
        named_area = np.array([by_code.get(code, 0) for code in batch.area], np.int64)
        refuse("area", "area_unknown", [bool(code) and not known for code, known in zip(batch.area, named_area, strict=True)], area=list(batch.area))
    coarse = _coarse(batch, channel)
    on_earth &= ~(coarse & (named_area > 0))  # the area that a person named says more than such a position
    has_point = (batch.has_point | (place_id > 0)) & on_earth
    refuse("location", "place_missing", [
        not (point or place or area) for point, place, area in zip(batch.has_point, batch.place, batch.area, strict=True)
    ])  # fmt: skip
    area_id = named_area.copy()
    if has_point.any():
        at = np.flatnonzero(has_point)
        if areas.has_units:
            located = areas.locate(lon[at], lat[at])  # just off a polygon, within the margin, the nearest unit
            area_id[at] = np.maximum(located.area_id, 0)
            if not anywhere:
                outside, distance = np.zeros(n, bool), np.zeros(n)
                outside[at], distance[at] = located.area_id < 0, located.outside_m
                refuse("location", "outside", outside, distance_m=distance, margin_m=areas.margin_m)
    # A point that only stands for its area is given up once the area is found: it must not enter a cell.
    stands_for_area = np.array([name == LocationSource.AREA for name in batch.source], bool) | coarse
    refuse("area", "area_missing", has_point & stands_for_area & (area_id == 0))
    has_point &= ~stands_for_area
    cell = np.zeros(n, np.int64)
    cell[has_point] = cells_of(lon[has_point], lat[has_point])
    lon[~has_point], lat[~has_point] = np.nan, np.nan

    # how well it is known
    with np.errstate(invalid="ignore"):
        sound = np.isfinite(batch.accuracy_m) & (batch.accuracy_m >= 0)
    refuse("accuracy_m", "accuracy_unreadable", batch.has_accuracy & ~sound)
    accuracy = np.where(batch.has_accuracy & has_point, batch.accuracy_m, np.nan)
    refuse("location_source", "source_unknown", [bool(name) and name not in _SOURCES for name in batch.source])
    source = [
        (name or _source(channel, given, known)) if point else LocationSource.AREA.value
        for name, point, given, known in zip(batch.source, has_point, batch.has_point, batch.has_accuracy, strict=True)
    ]

    # the time
    now64 = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us")
    observed_at = batch.observed_at.astype("datetime64[us]")
    missing = np.isnat(observed_at)
    refuse("observed_at", "time_missing", missing)
    observed_at = np.where(missing, now64, observed_at)
    refuse("observed_at", "time_ahead", observed_at - now64 > np.timedelta64(MAX_AHEAD))
    refuse("observed_at", "time_too_old", observed_at < _EARLIEST64)
    clamped = observed_at > now64
    observed_at = np.clip(observed_at, _EARLIEST64, now64)

    # what it is
    refuse("channel", "channel_unknown", np.full(n, channel not in _CHANNELS))
    problem = [name or Problem.LITTER.value for name in batch.problem]
    refuse("problem", "problem_unknown", [name not in _PROBLEMS for name in problem])
    amount = [name or Amount.UNKNOWN.value for name in batch.amount]
    refuse("amount", "amount_unknown", [name not in _AMOUNTS for name in amount])
    waste = [_known_waste(codes, waste_types) for codes in batch.waste_types]
    refuse("waste_types", "waste_unknown", [bool(unknown) for _, _, unknown in waste], codes=[unknown for _, _, unknown in waste])
    description = [clean_text(text) for text in batch.description]
    lengths = np.fromiter(map(len, description), np.int64, n)
    refuse("description", "text_too_long", lengths > MAX_TEXT, length=lengths, limit=MAX_TEXT)
    photos = batch.photos_expected
    refuse("photos_expected", "photos_out_of_range", (photos < 0) | (photos > MAX_PHOTOS), limit=MAX_PHOTOS)
    if channel != Channel.IMPORT:
        refuse("description", "nothing_said", (lengths == 0) & (photos < 1) & ~batch.voice_expected)

    refused = np.zeros(n, bool)
    for _, _, mask, _ in complaints:
        refused |= mask
    return Verdicts(
        accepted=~refused, lon=lon, lat=lat, accuracy_m=accuracy, cell=cell, week=local_mondays(observed_at, city.tz),
        observed_at=observed_at, clamped=clamped, area_id=area_id, place_id=place_id, photos_expected=photos, source=source,
        problem=problem, amount=amount, waste_types=[codes for codes, _, _ in waste], waste_group=[group for _, group, _ in waste],
        description=description, complaints=complaints,
    )  # fmt: skip


def cells_of(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """The H3 cell of resolution 10 of each point, (n,). One library for one point and for many: about 2 million a second."""
    return np.fromiter((h3.latlng_to_cell(y, x, CELL_RESOLUTION) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)), np.int64, len(lon))


def local_mondays(moments: NDArray[np.datetime64], zone: tzinfo) -> NDArray[np.datetime64]:
    """The Monday, in days, of the week in which each moment (UTC) lies by the clocks of `zone`.

    Asks the zone once for each quarter of an hour that occurs: since 1972 every change of clocks anywhere fell on one.
    """
    minutes = moments.astype("datetime64[m]").astype(np.int64)
    quarters, where = np.unique(minutes // 15, return_inverse=True)
    offsets = np.fromiter((_offset_minutes(quarter, zone) for quarter in quarters.tolist()), np.int64, len(quarters))
    days = (minutes + offsets[where]) // 1440
    return (days - (days + 3) % 7).astype("datetime64[D]")  # day 0, 1970-01-01, was a Thursday


def _offset_minutes(quarter: int, zone: tzinfo) -> int:
    """How far the clocks of `zone` are ahead of UTC in that quarter of an hour since 1970."""
    offset = (EARLIEST + timedelta(minutes=15 * quarter)).astimezone(zone).utcoffset()
    return (offset or timedelta(0)) // timedelta(minutes=1)


def counting(keys: Sequence[Any], already: Mapping[Any, int] | None = None) -> NDArray[np.bool_]:
    """Which rows count: the first three of each key (reporter, cell, week), in order; None counts always.

    already: how many rows of a key count before these. The single path asks the database the same question.
    """
    seen = dict(already or {})
    counts = np.ones(len(keys), bool)
    for row, key in enumerate(keys):
        if key is not None:
            seen[key] = before = seen.get(key, 0)
            counts[row] = before < COUNTING
            seen[key] += 1
    return counts


_SOURCES = frozenset(LocationSource.values)
_DEVICE_SOURCES = frozenset({LocationSource.GPS.value, LocationSource.EXIF_HINT.value})
_PROBLEMS = frozenset(Problem.values)
_AMOUNTS = frozenset(Amount.values)
_CHANNELS = frozenset(Channel.values)
_EARLIEST64 = np.datetime64(EARLIEST.replace(tzinfo=None), "us")


def _source(channel: str, given: bool, accuracy_known: bool) -> str:
    """Where a point comes from when the sender did not say: only a device knows an accuracy."""
    if not given:
        return LocationSource.PLACE.value
    if channel == Channel.IMPORT:
        return LocationSource.IMPORT.value
    return LocationSource.GPS.value if accuracy_known else LocationSource.MAP.value


def _coarse(batch: Columns, channel: str) -> NDArray[np.bool_]:
    """Which rows have the position of a device that is off by more than a kilometre. Nobody pointed at it, so it is not one."""
    with np.errstate(invalid="ignore"):
        far_off = np.asarray(batch.has_point & batch.has_accuracy & (batch.accuracy_m > COARSE_M), bool)
    if far_off.any():
        source = [name or _source(channel, True, True) for name in batch.source]
        far_off &= np.array([name in _DEVICE_SOURCES for name in source], bool)
    return far_off


def _known_waste(codes: tuple[str, ...], groups: WasteTypes) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Codes each once, the group of the first that has one, and the codes that nobody knows."""
    if not codes:
        return (), "", ()
    once = tuple(dict.fromkeys(codes))
    found = [groups.get(code) for code in once]
    group = next((group for group in found if group and group != _NOT_A_WASTE_GROUP), "")
    return once, group, tuple(code for code, group in zip(once, found, strict=True) if group is None)
