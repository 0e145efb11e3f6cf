"""The parts to be blurred as fields of a form: “kind:left:top:width:height” in shares, and one more in percent."""

from __future__ import annotations

from django.http import QueryDict

from reports.photos.redaction import OTHER, Box

MOST = 200  # a form with more is no person's


class BadBox(Exception):
    """A field does not say which part of the picture it means."""


def read_boxes(fields: QueryDict) -> list[Box] | None:
    """The boxes that a form chose, or None when it did not come from the form with boxes. Raises BadBox."""
    if "chosen" not in fields:
        return None
    boxes = [_box(text) for text in fields.getlist("box")[:MOST]]
    typed = [fields.get(name, "").strip().replace(",", ".") for name in ("left", "top", "width", "height")]
    if any(typed):
        boxes.append(_box(":".join([OTHER, *(str(_number(text) / 100) for text in typed)])))
    return boxes


def _box(text: str) -> Box:
    kind, *numbers = text[:100].split(":")
    if len(numbers) != 4:
        raise BadBox
    try:
        return Box(kind, *(_number(number) for number in numbers))
    except ValueError as error:
        raise BadBox from error


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadBox from error
