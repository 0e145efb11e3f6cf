"""What the invented residents send: a year of reports where people live, from sources that are known."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import shapely
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from analytics.synthetic import Source, made_up_stream
from reports.geography.area_index import areas_index
from reports.models import Area, WasteType

SEED = 2026
HALF_WIDTH_DEGREES = 0.25  # of the ground that has reports, around the city's centre: a town and its edge
NEIGHBOURHOOD_M = 1_800  # around the seat of a unit people live
REPORTS_A_CASE = 1.2  # so many reports are sent for each case that they make, at this density
DEVICES = 900
# A quarter of the litter comes from places that make it again and again, none of which outshines all the others.
SHARE_OF_SOURCES, STRONGEST = 0.25, 2.5

PROBLEMS = (("litter", 0.5), ("dump", 0.35), ("uncollected", 0.1), ("burning", 0.05))
AMOUNTS = (("bag", 0.5), ("cart", 0.25), ("truck", 0.08), ("unknown", 0.17))


@dataclass(frozen=True)
class Invented:
    """One invented report, as a line of a file."""

    id: int
    at: datetime
    lon: float
    lat: float
    problem: str
    amount: str
    waste_type: str
    device: str


def invented_reports(first_day: date, days: int, cases_a_week: int) -> tuple[list[Invented], list[Source]]:
    """The reports in order of time, and the places that made the litter. The same for the same arguments and city."""
    weeks = -(-days // 7)
    bounds = _bounds()
    stream = made_up_stream(
        int(weeks * cases_a_week * REPORTS_A_CASE), bounds, weeks=weeks, seed=SEED, share_of_sources=SHARE_OF_SOURCES,
        strongest=STRONGEST, inhabited=_inhabited(),
    )  # fmt: skip
    rng = np.random.default_rng(SEED)
    kinds = list(WasteType.objects.filter(resident=True, active=True).order_by("order", "code").values_list("code", flat=True))
    typical = rng.integers(0, max(len(kinds), 1), len(stream.sources) + 1)  # what a source makes; the last is the background
    start = datetime.combine(first_day, time(), settings.CITY.tz)
    made = []
    for number in range(stream.lon.size):
        own = rng.random() < 0.6
        kind = int(typical[stream.source[number]]) if own else int(rng.integers(0, max(len(kinds), 1)))
        device = int(rng.zipf(1.6)) % DEVICES
        made.append(
            Invented(
                id=number,
                at=start + timedelta(days=float(stream.day[number])),
                lon=round(float(stream.lon[number]), 6),
                lat=round(float(stream.lat[number]), 6),
                problem=_drawn(rng, PROBLEMS),
                amount=_drawn(rng, AMOUNTS),
                waste_type=kinds[kind] if kinds and rng.random() < 0.75 else "",
                device=f"demonstration-{device}" if rng.random() < 0.8 else "",
            )
        )
    return made, stream.sources


def write_lines(path: Path, reports: Iterable[Invented]) -> None:
    """A CSV for the import; each report says in the city's language that it is invented."""
    with translation.override(settings.LANGUAGE_CODE):
        text = _("Invented for demonstration.")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "time", "lon", "lat", "problem", "amount", "waste", "device", "text"])
        for one in reports:
            moment = one.at.isoformat(timespec="seconds")
            writer.writerow([one.id, moment, one.lon, one.lat, one.problem, one.amount, one.waste_type, one.device, text])


def _bounds() -> tuple[float, float, float, float]:
    lon, lat = settings.CITY.centre
    return lon - HALF_WIDTH_DEGREES, lat - HALF_WIDTH_DEGREES, lon + HALF_WIDTH_DEGREES, lat + HALF_WIDTH_DEGREES


def _inhabited():
    """Near the seat of a unit and inside the city; everywhere in a city that has no units."""
    index = areas_index()
    seats = list(Area.objects.units().current(settings.CITY.calendar.today()).exclude(seat=None).values_list("seat", flat=True))
    if not seats:
        return None
    x, y = index.metres(np.array([seat.x for seat in seats]), np.array([seat.y for seat in seats]))
    tree = shapely.STRtree(shapely.points(x, y))

    def inhabited(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
        near = np.zeros(lon.size, bool)
        near[tree.query(shapely.points(*index.metres(lon, lat)), predicate="dwithin", distance=NEIGHBOURHOOD_M)[0]] = True
        near[near] = index.locate(lon[near], lat[near]).outside_m == 0
        return near

    return inhabited


def _drawn(rng: np.random.Generator, shares: tuple[tuple[str, float], ...]) -> str:
    return str(rng.choice([name for name, _share in shares], p=[share for _name, share in shares]))
