"""Boxes in, a picture in which nobody can be recognised out. Pure: Pillow and bytes, no Django, no detector.

What lies in a box is averaged over a few cells and then blurred, on pixels that no longer hold anything else, so no filter
brings it back. The boxes are shares of the picture's width and height, and so fit every rendition of it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from PIL import Image, ImageFilter

from reports.photos import limits

FACE, PLATE, OTHER = "face", "plate", "other"
KINDS = (FACE, PLATE, OTHER)

PADDING = {FACE: 0.30, PLATE: 0.20, OTHER: 0.0}
"""Share of the box's size added on each side: hair, ears and chin tell people apart, and detectors draw tight. A box that
a person drew is taken as drawn."""

CELLS = {FACE: 6, PLATE: 2, OTHER: 4}
"""Most cells along each side: with the padding four of them lie across a face. A plate's typeface is known, so that more cells than it has letters could be read back."""

STEPS = 10_000  # of the numbers that are kept: finer than a pixel of any rendition

SMALLEST_CELL = 4
"""Px. A distant face of 20 px in cells of 2 px would still be a face."""


@dataclass(frozen=True)
class Box:
    """A part of a picture to be made unrecognisable: left, top, width, height as shares of 1. `score` is None for a person's."""

    kind: str
    x: float
    y: float
    w: float
    h: float
    score: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such kind of box: {self.kind!r}")
        numbers = (self.x, self.y, self.w, self.h)
        if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
            raise ValueError("a box is four finite numbers")
        if self.w <= 0 or self.h <= 0 or self.x >= 1 or self.y >= 1 or self.x + self.w <= 0 or self.y + self.h <= 0:
            raise ValueError("a box must hold a part of the picture")

    @classmethod
    def of_row(cls, row: dict) -> Box:
        """The box that `as_row` wrote. Raises ValueError for anything else."""
        try:
            return cls(row["kind"], row["x"], row["y"], row["w"], row["h"], row.get("score"))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no box: {row!r}") from error

    def as_row(self) -> dict:
        """The box for a JSON column: cut off at the picture's edge, and rounded outwards to a hundredth of a percent."""
        dust = 1e-6  # of binary fractions, so that what was rounded once stays as it is
        left, top = (min(STEPS - 1, math.floor(max(0.0, near) * STEPS + dust)) / STEPS for near in (self.x, self.y))
        right, bottom = (max(1, math.ceil(min(1.0, far) * STEPS - dust)) / STEPS for far in (self.x + self.w, self.y + self.h))
        right, bottom = max(right, left + 1 / STEPS), max(bottom, top + 1 / STEPS)
        score = None if self.score is None else round(self.score, 3)
        return asdict(replace(self, x=left, y=top, w=round(right - left, 4), h=round(bottom - top, 4), score=score))

    def padded(self) -> Box:
        """The box as it is blurred, cut off at the picture's edge."""
        more = PADDING[self.kind]
        left, top = max(0.0, self.x - more * self.w), max(0.0, self.y - more * self.h)
        right, bottom = min(1.0, self.x + (1 + more) * self.w), min(1.0, self.y + (1 + more) * self.h)
        return replace(self, x=left, y=top, w=right - left, h=bottom - top)


def renditions(large: bytes, boxes: Iterable[Box]) -> tuple[bytes, bytes]:
    """Return the large and the small JPEG that may be public, made from the gate's large rendition.

    Raises ValueError when `large` is not such a rendition.
    """
    picture = redacted(opened(large), boxes)
    small = picture.copy()
    small.thumbnail((limits.SMALL_SIDE, limits.SMALL_SIDE), Image.Resampling.LANCZOS)
    return _jpeg(picture), _jpeg(small)


def opened(large: bytes) -> Image.Image:
    """The gate's large rendition as RGB pixels. Raises ValueError for anything that the gate would not have written."""
    try:
        with Image.open(io.BytesIO(large), formats=["JPEG"]) as file:
            if max(file.size) > limits.LARGE_SIDE:
                raise ValueError(f"{file.size[0]} x {file.size[1]} px is no rendition")
            picture = Image.new("RGB", file.size)
            picture.paste(file.convert("RGB"))  # on a new canvas, which carries nothing but pixels
            return picture
    except OSError as error:  # Pillow's own errors are of this kind
        raise ValueError("no JPEG") from error


def redacted(picture: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """Return a copy of `picture` in which every box, with its padding, is unrecognisable."""
    copy = picture.copy()
    for box in boxes:
        area = pixels(box.padded(), picture.size)
        copy.paste(_coarse(picture.crop(area), CELLS[box.kind]), area[:2])
    return copy


def pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in px of every pixel that the box touches; at least one."""
    width, height = size
    left, top = min(max(0, math.floor(box.x * width)), width - 1), min(max(0, math.floor(box.y * height)), height - 1)
    right, bottom = math.ceil((box.x + box.w) * width), math.ceil((box.y + box.h) * height)
    return left, top, max(left + 1, min(width, right)), max(top + 1, min(height, bottom))


def _coarse(patch: Image.Image, cells: int) -> Image.Image:
    """The patch averaged over at most `cells` x `cells` cells, with the cells' edges blurred away."""
    width, height = patch.size
    across, down = (max(1, min(cells, side // SMALLEST_CELL)) for side in (width, height))
    averaged = patch.resize((across, down), Image.Resampling.BOX).resize((width, height), Image.Resampling.NEAREST)
    return averaged.filter(ImageFilter.GaussianBlur(max(width / across, height / down) / 3))


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=limits.JPEG_QUALITY)
    return file.getvalue()
