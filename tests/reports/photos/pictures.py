"""Ordinary pictures made in code: a scene whose corners tell which way is up, in every format that is taken."""

from __future__ import annotations

import io

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()  # for the tests' own encoding only; the product opens by class

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
CORNERS = {
    "top left": (220, 30, 30),
    "top right": (30, 180, 30),
    "bottom left": (30, 30, 220),
    "bottom right": (240, 240, 40),
}
# what a camera did to an upright picture so that this EXIF orientation sets it right again
LAID_DOWN = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(width: int = 400, height: int = 300) -> Image.Image:
    """An RGB picture with one colour in each corner."""
    picture = Image.new("RGB", (width, height))
    for corner, colour in CORNERS.items():
        left = 0 if "left" in corner else width // 2
        top = 0 if "top" in corner else height // 2
        picture.paste(colour, (left, top, left + width - width // 2, top + height - height // 2))
    return picture


def encoded(picture: Image.Image, picture_format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def photo(picture_format: str = "JPEG", width: int = 400, height: int = 300) -> bytes:
    """The bytes of an ordinary photo."""
    return encoded(scene(width, height), picture_format)


def opened(body: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(body))
    picture.load()
    return picture


def corners(picture: Image.Image) -> dict[str, str]:
    """Which colour of the scene lies in which corner of `picture`; the identity when it is upright."""
    rgb = picture.convert("RGB")
    found = {}
    for corner in CORNERS:
        x = rgb.width // 4 if "left" in corner else rgb.width * 3 // 4
        y = rgb.height // 4 if "top" in corner else rgb.height * 3 // 4
        pixel = rgb.getpixel((x, y))
        found[corner] = min(
            CORNERS, key=lambda name: sum((a - b) ** 2 for a, b in zip(CORNERS[name], pixel, strict=True))
        )
    return found


def is_upright(picture: Image.Image) -> bool:
    return all(corner == colour for corner, colour in corners(picture).items())


def laid_down(orientation: int, picture_format: str) -> bytes:
    """The scene as a camera held in some way writes it: turned pixels and the EXIF flag that says so."""
    picture = scene()
    turned = LAID_DOWN[orientation]
    if turned is not None:
        picture = picture.transpose(turned)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture, picture_format, exif=exif.tobytes())
