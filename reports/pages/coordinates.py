"""Coordinates as maps write them, typed or pasted by a person."""

from __future__ import annotations

import re

from django.conf import settings


def read_point(text: str) -> tuple[float, float] | None:
    """Longitude and latitude of coordinates as maps write them, in either order; None when it is none.

    Whichever of the two lies within the city's bounds as a latitude is the latitude.
    """
    numbers = re.findall(r"-?[0-9]{1,3}(?:[.,][0-9]+)?", text.replace("−", "-"))
    if len(numbers) != 2 or re.search(r"[^\d\s.,;°NSEWnsew−-]", text):
        return None
    first, second = (float(number.replace(",", ".")) for number in numbers)
    west, south, east, north = settings.CITY.bounds
    swapped = south - 1 <= second <= north + 1 and west - 1 <= first <= east + 1
    return (first, second) if swapped else (second, first)


def example_point() -> str:
    """How coordinates are written, by the example of the middle of the city."""
    lon, lat = settings.CITY.centre
    return f"{lat:.5f}, {lon:.5f}"
