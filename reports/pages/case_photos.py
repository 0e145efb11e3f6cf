"""The published photos of a case, as residents' pages show them: the waste, and the clean place."""

from __future__ import annotations

from reports.models import Case, Photo
from reports.models.case import OPEN
from reports.photos.publishing import photo_of_case, public_url


def photos_before_and_after(case: Case | None) -> list[Photo]:
    """At most two public photos: as it was reported, and after the last clean-up unless waste is there again."""
    if case is None:
        return []
    kinds = ["report"] if case.status in OPEN else ["report", "after"]
    return [photo for photo in (photo_of_case(case, kind) for kind in kinds) if photo is not None]


def address_of_photo(case: Case | None) -> str | None:
    """The small photo that stands for the case: after cleaning where there is one, else of the waste."""
    shown = photos_before_and_after(case)
    return public_url(shown[-1], "small") if shown else None
