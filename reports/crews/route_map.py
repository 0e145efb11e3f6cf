"""A small map, drawn: numbered places, the way between them, borders of the areas, a scale. No tiles, nothing from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.contrib.gis.geos import Polygon
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from reports.geography.around import METRES_A_DEGREE
from reports.models import Area

WIDTH, HEIGHT = 720, 400  # units of the drawing
MARGIN = 34  # so that no number is cut off
LEAST_M = 300  # ground that is shown at least across, so that two places side by side are not blown up to a city
RADIUS = 10.5
STEPS_OF_SCALE = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
BEYOND = 1.06  # borders are cut off outside of the frame, not along it
COARSE = 1.2  # units of the drawing; finer corners of a border cannot be seen

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Dot:
    """A numbered place: (x, y) is where its number is drawn, (at_x, at_y) where the place is."""

    number: int
    x: float
    y: float
    at_x: float
    at_y: float
    done: bool


def route_map(lon: Sequence[float], lat: Sequence[float], numbers: Sequence[int], done: Sequence[bool]) -> SafeString:
    """An SVG of places in the order of their way; empty without any. lon, lat: (n,) degrees."""
    if not len(lon):
        return SafeString("")
    view = _View(np.asarray(lon, float), np.asarray(lat, float))
    x, y = view.drawn(np.asarray(lon, float), np.asarray(lat, float))
    label_x, label_y = apart(x, y, 2 * RADIUS + 1.5)
    dots = [Dot(*row) for row in zip(numbers, label_x.round(1), label_y.round(1), x.round(1), y.round(1), done, strict=True)]
    metres = next((step for step in reversed(STEPS_OF_SCALE) if step / view.metres_a_unit <= WIDTH / 4), STEPS_OF_SCALE[0])
    context = {
        "width": WIDTH, "height": HEIGHT, "radius": RADIUS, "dots": dots, "way": " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)),
        "areas": _borders(view), "scale": {"words": f"{metres // 1000} km" if metres >= 1000 else f"{metres} m", "units": round(metres / view.metres_a_unit, 1)},
    }  # fmt: skip
    return SafeString(render_to_string("print/route_map.html", context))


def apart(x: Floats, y: Floats, least: float) -> tuple[Floats, Floats]:
    """Numbers pushed apart until none covers another, each as near to its place as that allows. x, y: (n,) → (n,), (n,)."""
    at_x, at_y = x.copy(), y.copy()
    turn = np.arange(len(x)) * 2.399963  # the golden angle: places on one spot leave it in different directions
    at_x, at_y = at_x + 0.01 * np.cos(turn), at_y + 0.01 * np.sin(turn)
    for _round in range(120):
        east, north = at_x[:, None] - at_x[None, :], at_y[:, None] - at_y[None, :]
        far = np.hypot(east, north)
        np.fill_diagonal(far, np.inf)
        lacking = np.clip(least - far, 0, None) / 2
        if lacking.max(initial=0) < 0.05:
            break
        safe = np.where(np.isfinite(far), np.maximum(far, 1e-9), 1)
        at_x = np.clip(at_x + (east / safe * lacking).sum(axis=1), RADIUS, WIDTH - RADIUS)
        at_y = np.clip(at_y + (north / safe * lacking).sum(axis=1), RADIUS, HEIGHT - RADIUS)
    return at_x, at_y


class _View:
    """From degrees to the drawing: flat, north up, as large as the places allow."""

    def __init__(self, lon: Floats, lat: Floats) -> None:
        self.lon, self.lat = (lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2
        self.metres_east = METRES_A_DEGREE * np.cos(np.radians(self.lat))
        across, along = (lon.max() - lon.min()) * self.metres_east, (lat.max() - lat.min()) * METRES_A_DEGREE
        self.metres_a_unit = max(across / (WIDTH - 2 * MARGIN), along / (HEIGHT - 2 * MARGIN), LEAST_M / WIDTH)

    def drawn(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x = WIDTH / 2 + (lon - self.lon) * self.metres_east / self.metres_a_unit
        y = HEIGHT / 2 - (lat - self.lat) * METRES_A_DEGREE / self.metres_a_unit
        return x, y

    @property
    def box(self) -> Polygon:
        """What is on the drawing, and a little beyond, in degrees."""
        aside = BEYOND * WIDTH / 2 * self.metres_a_unit / self.metres_east
        up = BEYOND * HEIGHT / 2 * self.metres_a_unit / METRES_A_DEGREE
        return Polygon.from_bbox((self.lon - aside, self.lat - up, self.lon + aside, self.lat + up))


def _borders(view: _View) -> list[dict[str, object]]:
    """The city's units on the drawing, each as a path with its name where there is room for it."""
    from django.utils import timezone

    box = view.box
    found = []
    for area in Area.objects.units().current(timezone.localdate()).filter(polygon__intersects=box):
        shape = area.polygon.intersection(box)
        path = ""
        for ring in _rings(shape):
            corners = np.asarray(ring, float)
            x, y = view.drawn(corners[:, 0], corners[:, 1])
            path += "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in _thinned(x, y)) + "Z"
        if path:
            at = shape.point_on_surface
            x, y = view.drawn(np.array([at.x]), np.array([at.y]))
            found.append({"path": path, "name": str(area), "x": round(float(x[0]), 1), "y": round(float(y[0]), 1), "named": shape.area > 0.06 * box.area})
    return found


def _rings(shape: object) -> list[object]:
    kind = getattr(shape, "geom_type", "")
    if kind == "Polygon":
        return [ring.coords for ring in shape]  # type: ignore[attr-defined]
    if kind in ("MultiPolygon", "GeometryCollection"):
        return [ring for part in shape for ring in _rings(part)]  # type: ignore[attr-defined]
    return []


def _thinned(x: Floats, y: Floats) -> list[tuple[float, float]]:
    kept = [(float(x[0]), float(y[0]))]
    for a, b in zip(x, y, strict=True):
        if abs(a - kept[-1][0]) + abs(b - kept[-1][1]) >= COARSE:
            kept.append((float(a), float(b)))
    return kept
