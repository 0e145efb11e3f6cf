"""What the scripts of the report page are told: sentences in the page's language, addresses, limits."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from reports import voice
from reports.geography.area_index import areas_index
from reports.pages.photo_words import why_not
from reports.pages.report_sending import nothing_said
from reports.photos import limits

register = template.Library()


@register.inclusion_tag("resident/report/_texts.html")
def report_texts() -> dict[str, Any]:
    """An element without content whose data-* attributes `citylab/frontend/resident/texts.js` reads."""
    lon, lat = settings.CITY.centre
    units = [row for row in areas_index().rows.values() if row.unit]
    return {
        "photo_bytes": limits.MAX_BYTES,
        "voice_bytes": voice.MAX_BYTES,
        "voice_mb": voice.MAX_BYTES // 2**20,
        "photo_large": why_not("too_large"), "photo_empty": why_not("empty"), "photo_type": why_not("not_a_photo"),
        "nothing_said": nothing_said(),
        "centre": f"{lon},{lat}",
        "exact": any(not row.approximate for row in units),
        "names": "name" if get_language() == settings.LANGUAGE_CODE else "name_en",
        "tiles": reverse("tile", kwargs={"layer": "LAYER", "z": 0, "x": 0, "y": 0}),
        "prefix": settings.CITY.receipt_prefix,
    }  # fmt: skip
