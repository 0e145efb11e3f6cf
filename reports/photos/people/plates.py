"""Vietnamese number plates: every text in the picture is read, and what is written like a plate is one.

No package carries a detector of plates, so plates that are too far away to be read are not found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from reports.photos.people import THREADS, PackageMissing
from reports.photos.redaction import PLATE, Box

PACKAGE = "rapidocr-onnxruntime"

UPPER = re.compile(r"\d{2}[A-Z]{1,2}\d?|\d{2}-?[A-Z]\d|\d{2}-?[A-Z]{1,2}")  # 43-C1, 29MD1
LOWER = re.compile(r"\d{3}[.-]?\d{2}|\d{4,5}")  # 123.45, 1234
WHOLE = re.compile(r"\d{2}-?[A-Z]{1,2}\d?[-. ]?(?:\d{3}[.-]?\d{2}|\d{4,5})")  # 43A-123.45, 43-C1 123.45

NARROWEST = 3

OTHER_LINE = 1.3
"""Heights of a line that its box grows towards where the plate's other line must be: that line may not have been read."""


@dataclass(frozen=True)
class Line:
    """One line of text with its box in px."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def find(picture: Image.Image) -> list[Box]:
    """The number plates in an RGB picture. Raises PackageMissing."""
    read, _times = _reader()(np.ascontiguousarray(np.asarray(_not_too_narrow(picture))[:, :, ::-1]), use_cls=False)
    lines = []
    for corners, text, score in read or []:
        across, down = [point[0] for point in corners], [point[1] for point in corners]
        lines.append(Line(text, min(across), min(down), max(across), max(down), float(score)))
    return plates(lines, picture.size)


def _not_too_narrow(picture: Image.Image) -> Image.Image:
    """The picture on a canvas of at most NARROWEST to 1. The reader enlarges the short side to 736 px: a strip of 1 x 300 px
    would become 736 x 220,800 and cost ten minutes."""
    least = -(-max(picture.size) // NARROWEST)
    size = max(picture.width, least), max(picture.height, least)
    if size == picture.size:
        return picture
    canvas = Image.new("RGB", size)
    canvas.paste(picture, (0, 0))
    return canvas


def plates(lines: list[Line], size: tuple[int, int]) -> list[Box]:
    """The plates among lines of text of a picture of `size` px; two lines one above the other make one plate."""
    width, height = size
    boxes = []
    for line in merged([grown(line) for line in lines if part_of_plate(line.text)]):
        left, top = max(0.0, line.left), max(0.0, line.top)
        right, bottom = min(float(width), line.right), min(float(height), line.bottom)
        if right > left and bottom > top:
            boxes.append(Box(PLATE, left / width, top / height, (right - left) / width, (bottom - top) / height, line.score))
    return boxes


def part_of_plate(text: str) -> str:
    """“whole”, “upper” or “lower” when the whole text is written like that part of a Vietnamese plate, else nothing."""
    plain = re.sub(r"[^A-Z0-9. -]", "", text.upper().replace("Đ", "D")).strip(" .-")
    for name, pattern in (("whole", WHOLE), ("upper", UPPER), ("lower", LOWER)):
        if pattern.fullmatch(plain):
            return name
    return ""


def grown(line: Line) -> Line:
    """The line with the room in which the other line of a plate of two must be."""
    part, more = part_of_plate(line.text), OTHER_LINE * line.height
    return Line(
        line.text, line.left, line.top - (more if part == "lower" else 0), line.right, line.bottom + (more if part == "upper" else 0), line.score
    )


def merged(lines: list[Line]) -> list[Line]:
    """The lines, those that overlap as one."""
    found: list[Line] = []
    for line in sorted(lines, key=lambda line: line.top):
        for at, other in enumerate(found):
            if line.left < other.right and other.left < line.right and line.top < other.bottom:
                found[at] = Line(
                    f"{other.text} {line.text}", min(line.left, other.left), min(line.top, other.top), max(line.right, other.right),
                    max(line.bottom, other.bottom), max(line.score, other.score),
                )  # fmt: skip
                break
        else:
            found.append(line)
    return found


@cache
def _reader() -> Any:
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError as error:
        raise PackageMissing(PACKAGE) from error
    return RapidOCR(intra_op_num_threads=THREADS, inter_op_num_threads=1)
