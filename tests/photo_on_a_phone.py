"""A photo as a phone takes it: as many pixels, as many bytes, with a position in its EXIF. Drawn, so nobody is on it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def photo_of(width: int, height: int, *, seed: int = 1, quality: int = 88) -> bytes:
    """A JPEG of sand, water and grain; 4000 × 3000 gives about 4 MB."""
    chance = np.random.default_rng(seed)
    rough = Image.fromarray(chance.integers(60, 220, (24, 32, 3), dtype=np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    grain = chance.integers(-14, 15, (height, width, 1), dtype=np.int16)
    picture = Image.fromarray(np.clip(np.asarray(rough, np.int16) + grain, 0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x010F] = "Invented phones"
    exif.get_ifd(0x8825).update({1: "N", 2: (16.0, 3.0, 37.8), 3: "E", 4: (108.0, 14.0, 48.5)})
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=quality, exif=exif)
    return body.getvalue()
