"""The published photos of a case, as residents' pages show them: the waste, and the clean place."""

from __future__ import annotations

from collections.abc import Iterable

from reports.models import Case, Photo
from reports.models.case import OPEN
from reports.photos.publishing import photo_of_case, photos_of_cases, public_url


def photos_before_and_after(case: Case | None) -> list[Photo]:
    """At most two public photos: as it was reported, and after the last clean-up unless waste is there again."""
    if case is None:
        return []
    kinds = ["report"] if case.status in OPEN else ["report", "after"]
    return [photo for photo in (photo_of_case(case, kind) for kind in kinds) if photo is not None]


def addresses_of_photos(cases: Iterable[Case]) -> dict[int, str]:
    """The small photo that stands for each case, by its id: after cleaning where there is one, else of the waste."""
    cases = list(cases)
    shown = photos_of_cases(cases, "report") | photos_of_cases([case for case in cases if case.status not in OPEN], "after")
    return {case: url for case, photo in shown.items() if (url := public_url(photo, "small"))}
