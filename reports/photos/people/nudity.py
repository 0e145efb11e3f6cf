"""Nudity, found by NudeNet's small model. A hit holds a photo for a person; nothing is ever deleted for it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from reports.photos.people import PackageMissing
from reports.photos.people.sessions import session

PACKAGE = "nudenet"

CLASSES = frozenset({"BUTTOCKS_EXPOSED", "FEMALE_BREAST_EXPOSED", "FEMALE_GENITALIA_EXPOSED", "MALE_GENITALIA_EXPOSED", "ANUS_EXPOSED"})
"""The model's other exposed classes (belly, feet, armpits, a man's chest) are ordinary life on a beach."""

THRESHOLD = 0.4


def found(picture: Image.Image) -> bool:
    """Whether the picture should be held for a person. Raises PackageMissing."""
    return any(hit["class"] in CLASSES and hit["score"] >= THRESHOLD for hit in _detector().detect(_bgr(picture)))


def _bgr(picture: Image.Image) -> Any:
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


@cache
def _detector() -> Any:
    try:
        import nudenet.nudenet
    except ImportError as error:
        raise PackageMissing(PACKAGE) from error
    detector = nudenet.NudeDetector()
    detector.onnx_session = session(detector.onnx_session._model_path)
    return detector
