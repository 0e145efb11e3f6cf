"""The point that a question is about: `?lon=…&lat=…&accuracy_m=…`."""

from __future__ import annotations

import math
from typing import NamedTuple

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class AskedPoint(NamedTuple):
    """lon and lat in degrees; the error in metres, where the device gave one."""

    point: tuple[float, float]
    accuracy_m: float | None


def asked_point(request: Request) -> AskedPoint:
    """The point in the address. Raises ValidationError when there is none on Earth, or no length."""
    lon, lat, accuracy = (_number(request.GET.get(name, "")) for name in ("lon", "lat", "accuracy_m"))
    if "accuracy_m" in request.GET and (accuracy is None or accuracy < 0):
        raise ValidationError({"accuracy_m": [_("The accuracy must be a number of metres, 0 or more.")]})
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        sentence = _("This is not a position on Earth. Longitude comes first, from -180 to 180, then latitude, from -90 to 90.")
        raise ValidationError({"lon": [sentence]})
    return AskedPoint((lon, lat), accuracy)


def _number(text: str) -> float | None:
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
