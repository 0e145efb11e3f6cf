"""Drawn places with waste and without, for the photos of the demonstration: plainly drawings, and labelled as such."""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1280, 960
FINE = 2  # drawn twice as large, then shrunk: smooth edges
LABEL = "DEMO"  # the built-in letters have no diacritics

Pen = ImageDraw.ImageDraw
Colour = tuple[int, int, int]
BOTTLES: tuple[Colour, ...] = ((58, 141, 110), (225, 231, 233), (186, 72, 60), (74, 122, 184), (232, 189, 92))


def drawing(scene: int, *, waste: bool, passer_by: bool = False) -> bytes:
    """The place number `scene` (0 to `SCENES` - 1) as a JPEG; with a face and a number plate when somebody is passing by."""
    picture = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE))
    pen = ImageDraw.Draw(picture)
    _PLACES[scene](pen)
    if waste:
        _waste(pen, Random(scene))
    if passer_by:
        _passer_by(pen)
    _text(pen, LABEL, (WIDTH - 116, HEIGHT - 42), 34, (255, 255, 255), outline=(60, 70, 74))
    body = io.BytesIO()
    picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(body, "JPEG", quality=85)
    return body.getvalue()


# --- places -------------------------------------------------------------------------------------------


def _beach(pen: Pen) -> None:
    _fade(pen, 0, 400, (120, 182, 218), (222, 236, 240))
    _fade(pen, 400, 560, (38, 120, 142), (96, 170, 176))
    _fade(pen, 560, HEIGHT, (236, 220, 180), (212, 188, 140))
    for crest in range(4):
        _line(pen, [(x, 552 - 30 * crest + 5 * ((x // 80 + crest) % 2)) for x in range(0, WIDTH + 80, 80)], 3, (214, 232, 232))
    _line(pen, [(1060, 700), (1044, 470), (1056, 250)], 22, (122, 92, 62))
    for x, y in ((880, 190), (930, 120), (1060, 90), (1190, 130), (1230, 210), (980, 290), (1150, 300)):
        _line(pen, [(1056, 250), ((1056 + x) / 2, min(y, 250) - 10), (x, y)], 16, (58, 116, 70))


def _street(pen: Pen) -> None:
    _fade(pen, 0, 520, (226, 214, 190), (206, 190, 162))
    for x in (90, 470, 850):
        _box(pen, (x, 90, x + 300, 520), (176, 150, 118))
        _box(pen, (x + 40, 150, x + 260, 360), (112, 138, 146))
        _box(pen, (x, 60, x + 300, 96), (152, 70, 56))
    _fade(pen, 520, 700, (186, 182, 172), (168, 164, 154))
    for x in range(0, WIDTH, 130):
        _line(pen, [(x, 520), (x - 60, 700)], 2, (150, 146, 138))
    _box(pen, (0, 700, WIDTH, 722), (206, 202, 192))
    _fade(pen, 722, HEIGHT, (96, 98, 100), (78, 80, 82))


def _canal(pen: Pen) -> None:
    _fade(pen, 0, 330, (170, 204, 222), (226, 236, 236))
    _fade(pen, 330, 470, (112, 146, 96), (88, 126, 78))
    _fade(pen, 470, 690, (92, 118, 112), (64, 96, 98))
    for x in range(40, WIDTH, 190):
        _line(pen, [(x, 520 + x % 90), (x + 110, 520 + x % 90)], 4, (122, 146, 140))
    _fade(pen, 690, HEIGHT, (128, 148, 86), (104, 124, 70))
    for x in range(0, WIDTH, 26):
        _line(pen, [(x, 720 + x % 40), (x + 6, 690 + x % 34)], 4, (86, 112, 60))


def _market(pen: Pen) -> None:
    _fade(pen, 0, 560, (214, 206, 194), (190, 180, 166))
    for number, x in enumerate(range(20, WIDTH, 320)):
        colour = ((194, 88, 70), (66, 130, 140), (214, 164, 74), (96, 132, 84))[number % 4]
        _shape(pen, [(x, 180), (x + 290, 180), (x + 320, 290), (x - 30, 290)], colour)
        _box(pen, (x + 16, 290, x + 28, 560), (110, 92, 74))
        _box(pen, (x + 262, 290, x + 274, 560), (110, 92, 74))
        _box(pen, (x + 8, 450, x + 282, 560), (150, 122, 92))
    _fade(pen, 560, HEIGHT, (172, 166, 156), (146, 140, 132))


_PLACES: tuple[Callable[[Pen], None], ...] = (_beach, _street, _canal, _market)
SCENES = len(_PLACES)


# --- what lies and goes there -------------------------------------------------------------------------


def _waste(pen: Pen, chance: Random) -> None:
    """A heap of bags and bottles, the near ones larger."""
    for _ in range(34):
        depth = chance.random() ** 0.7
        x, y, size = chance.gauss(560, 190), 640 + 230 * depth, 26 + 58 * depth
        colour = chance.choice(BOTTLES)
        if chance.random() < 0.4:
            pen.ellipse(_fine((x - size, y - size * 0.75, x + size, y + size * 0.6)), fill=colour, outline=(70, 76, 80), width=3)
            _shape(pen, [(x - size * 0.2, y - size * 0.7), (x, y - size * 1.05), (x + size * 0.25, y - size * 0.68)], colour)
        else:
            pen.rounded_rectangle(_fine((x - size, y, x + size * 0.7, y + size * 0.55)), size * 0.5, fill=colour, outline=(70, 76, 80), width=3)
            _box(pen, (x + size * 0.7, y + size * 0.14, x + size, y + size * 0.4), chance.choice(BOTTLES))


def _passer_by(pen: Pen) -> None:
    """A face and a motorbike's plate, so that there is something to blur."""
    _box(pen, (934, 468, 1006, 690), (70, 92, 128))
    pen.ellipse(_fine((944, 398, 996, 470)), fill=(40, 28, 20))
    pen.ellipse(_fine((948, 408, 992, 474)), fill=(224, 172, 140))
    for x in (960, 980):
        pen.ellipse(_fine((x - 6, 433, x + 6, 440)), fill=(250, 250, 250))
        pen.ellipse(_fine((x - 3, 433, x + 3, 440)), fill=(50, 30, 20))
        _box(pen, (x - 7, 427, x + 7, 430), (45, 30, 22))
    _shape(pen, [(970, 440), (966, 453), (974, 453)], (200, 145, 115))
    pen.ellipse(_fine((961, 458, 979, 465)), fill=(170, 70, 70))
    _box(pen, (1080, 640, 1180, 714), (244, 244, 240))
    _text(pen, "43-D1", (1096, 642), 30, (20, 20, 20))
    _text(pen, "123.45", (1090, 676), 30, (20, 20, 20))


# --- strokes ------------------------------------------------------------------------------------------


def _fine(numbers: tuple[float, ...]) -> list[float]:
    return [number * FINE for number in numbers]


def _box(pen: Pen, corners: tuple[float, float, float, float], colour: Colour) -> None:
    pen.rectangle(_fine(corners), fill=colour)


def _shape(pen: Pen, points: list[tuple[float, float]], colour: Colour) -> None:
    pen.polygon([(x * FINE, y * FINE) for x, y in points], fill=colour)


def _line(pen: Pen, points: list[tuple[float, float]], width: int, colour: Colour) -> None:
    pen.line([(x * FINE, y * FINE) for x, y in points], fill=colour, width=width * FINE, joint="curve")


def _fade(pen: Pen, top: int, bottom: int, first: Colour, last: Colour) -> None:
    for y in range(top, bottom):
        share = (y - top) / max(1, bottom - top - 1)
        pen.rectangle(_fine((0, y, WIDTH, y + 1)), fill=tuple(round(a + (b - a) * share) for a, b in zip(first, last, strict=True)))


def _text(pen: Pen, words: str, corner: tuple[float, float], size: int, colour: Colour, outline: Colour | None = None) -> None:
    pen.text(
        (corner[0] * FINE, corner[1] * FINE), words, fill=colour, font_size=size * FINE,
        stroke_width=2 * FINE if outline else FINE, stroke_fill=outline or colour,
    )  # fmt: skip
