"""The drawn overview beside the list: borders and circles as one small SVG, for everybody and without a script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from django.conf import settings
from django.utils.translation import get_language

from citylab.cities.pack import city_pack
from reports.geography.area_index import AreaIndex, areas_index
from reports.geography.place_names import area_label, first_capital
from reports.public_cases import FEW
from reports.public_list.points import Box, Circle

WIDTH = 360  # of the drawing's own units: those of a small phone
HEIGHTS = (240, 460)  # lowest and highest
MOST_NAMES = 4
_NAME_HEIGHT, _LETTER_WIDTH = 16, 6.6  # of a name written in 12 units


@dataclass(frozen=True)
class Drawn:
    """One circle: its middle, radius, and the count in it, empty where it is small."""

    x: float
    y: float
    r: float
    count: str
    open: bool


@dataclass(frozen=True)
class Name:
    """The name of a unit under its largest circle."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True)
class Overview:
    """The drawing. `land` and `guessed` are paths: exact borders, and those that are only roughly known."""

    width: int
    height: int
    land: str
    guessed: str
    circles: list[Drawn]
    names: list[Name]


def draw(found: Sequence[Circle], box: Box) -> Overview:
    """The overview of circles in a box. With no circle it is the map of the box alone."""
    frame = _Frame.around(box)
    index = areas_index()
    land, guessed = _borders(index, frame)
    drawn = [
        Drawn(*frame.place(c.lon, c.lat), round(min(20.0, 4 + 2.2 * math.sqrt(c.count)), 1), str(c.count) if c.count >= FEW else "", c.open)
        for c in found
    ]
    return Overview(WIDTH, frame.height, land, guessed, drawn, _names(index, found, drawn, frame))


@dataclass(frozen=True)
class _Frame:
    """Degrees to units of the drawing: upright, true in proportion at the middle of the box."""

    west: float
    north: float
    across: float  # units a degree of longitude
    down: float  # units a degree of latitude
    height: int

    @classmethod
    def around(cls, box: Box) -> _Frame:
        west, south, east, north = box
        cosine = max(0.01, math.cos(math.radians((south + north) / 2)))
        wide, high = (east - west) * cosine, north - south
        height = round(min(max(WIDTH * high / wide, HEIGHTS[0]), HEIGHTS[1]))
        scale = min(WIDTH / wide, height / high)  # units a degree of latitude
        # What is left over on one side is shared out.
        return cls(
            (west + east) / 2 - WIDTH / 2 / scale / cosine, (south + north) / 2 + height / 2 / scale, scale * cosine, scale, height
        )  # fmt: skip

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        return round((lon - self.west) * self.across, 1), round((self.north - lat) * self.down, 1)


@lru_cache(maxsize=32)
def _borders(index: AreaIndex, frame: _Frame) -> tuple[str, str]:
    """The units' borders in the frame, exact ones and guessed ones, each as one path of whole units."""
    exact: list[str] = []
    guessed: list[str] = []
    for row in sorted(index.rows.values(), key=lambda row: row.id):
        if row.unit:
            moved = shapely.transform(row.polygon, lambda at: np.column_stack([(at[:, 0] - frame.west) * frame.across, (frame.north - at[:, 1]) * frame.down]))
            # A little beyond the edges, so that no border is drawn along them.
            seen = shapely.simplify(shapely.clip_by_rect(moved, -4, -4, WIDTH + 4, frame.height + 4), 0.6)
            (guessed if row.approximate else exact).extend(_paths(seen))
    return "".join(exact), "".join(guessed)


def _paths(shape: shapely.Geometry) -> Iterable[str]:
    """Each ring as moves of whole units from its first corner."""
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                corners = np.rint(shapely.get_coordinates(ring)[:-1]).astype(int)
                steps = np.diff(corners, axis=0)
                steps = steps[np.any(steps != 0, axis=1)]
                if len(steps) > 1:
                    yield f"M{corners[0][0]} {corners[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"


def _names(index: AreaIndex, found: Sequence[Circle], drawn: Sequence[Drawn], frame: _Frame) -> list[Name]:
    """Names of the units with the largest circles, as many as fit without touching each other."""
    if not found or not index.has_units:
        return []
    located = index.locate(np.array([c.lon for c in found]), np.array([c.lat for c in found])).area_id
    names: list[Name] = []
    taken: list[tuple[float, float, float, float]] = []
    told: set[int] = set()
    for circle, unit in zip(drawn, located.tolist(), strict=True):
        row = index.rows.get(unit)
        if row is None or unit in told or len(names) == MOST_NAMES:
            continue
        text = first_capital(area_label(row, get_language() or settings.LANGUAGE_CODE, city_pack()))
        y, long = circle.y + circle.r + 13, len(text) * _LETTER_WIDTH
        anchor = "start" if circle.x < long / 2 else "end" if circle.x > WIDTH - long / 2 else "middle"
        left = max(2.0, circle.x - long / 2 if anchor == "middle" else circle.x - long if anchor == "end" else circle.x)
        place = (left, y - _NAME_HEIGHT, left + long, y + 4)
        clear = all(place[0] > other[2] or place[2] < other[0] or place[1] > other[3] or place[3] < other[1] for other in taken)
        if clear and y < frame.height - 4:
            told.add(unit)
            taken.append(place)
            names.append(Name(circle.x, round(y, 1), text, anchor))
    return names
