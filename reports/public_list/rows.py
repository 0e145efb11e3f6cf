"""The rows of the public list: for pages with words, photo and link, and for files as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from citylab.cities.pack import city_pack
from reports.models import Case, Photo, WasteType
from reports.models.report import Problem
from reports.photos.publishing import photos_of_cases, public_url
from reports.public_cases import CLEAN, by_day, few, is_few, local_day, public_point, told
from reports.public_list.filter import waste_choices
from reports.public_list.words import State, near_day, places_of, state_of

COLUMNS = (
    "code", "state", "problem", "waste_group", "amount", "seen_on", "due_on", "cleaned_on", "unit_code", "unit", "unit_approximate",
    "reports", "came_back", "longitude", "latitude", "url",
)  # fmt: skip

_INSTANT = timedelta(microseconds=1)  # a deadline is stored as the moment at which it has passed


@dataclass(frozen=True)
class Row:
    """One waste site as a page shows it. `photo` is an address or empty, `sent` 0 where there are fewer than five reports."""

    code: str
    url: str
    place: str
    state: State
    seen: str
    waste: str
    icon: str
    photo: str
    sent: int
    came_back: bool


def spot_path(code: str) -> str:
    """The path of the public page of a case."""
    return reverse("spot", args=[code])


def page_rows(cases: Sequence[Any], now: datetime | None = None) -> list[Row]:
    """The rows of one page, from cases that `told` has prepared. Asks for all photos at once."""
    now, language = now or timezone.now(), get_language() or settings.LANGUAGE_CODE
    kinds = dict(waste_choices())
    photos, places = photos_of(cases), places_of(cases)
    return [
        Row(
            case.code, spot_path(case.code), place, state_of(case, now), near_day(case.observed_at, now),
            _waste(case, kinds.get(case.waste_group), language), kinds[case.waste_group].icon if case.waste_group in kinds else "unknown",
            photos.get(case.pk, ""), 0 if is_few(case.sent) else case.sent, case.recurs_of_id is not None,
        )
        for case, place in zip(cases, places, strict=True)
    ]  # fmt: skip


def _waste(case: Case, kind: WasteType | None, language: str) -> str:
    """What lies there, or what kind of problem it is where nobody said."""
    if kind is not None:
        return city_pack().named(kind, language)
    return str(Problem(case.problem).label) if case.problem in Problem.values else ""


def photos_of(cases: Sequence[Case]) -> dict[int, str]:
    """Addresses of small public photos by the id of the case: of the clean place once it is clean, else of the waste."""
    clean = [case for case in cases if case.status in CLEAN]
    still_open = [case for case in cases if case.status not in CLEAN]
    found = {**photos_of_cases(clean, Photo.Kind.AFTER), **photos_of_cases(still_open, Photo.Kind.REPORT)}
    return {case: address for case, photo in found.items() if (address := public_url(photo, "small"))}


def file_rows(cases: QuerySet[Case], limit: int) -> Iterator[tuple[Any, ...]]:
    """The same list as values for CSV and JSON, in the order of COLUMNS, newest day first."""
    names = ("code", "status", "problem", "waste_group", "amount", "observed_at", "due_at", "cleaned_at", "recurs_of_id", "public_location")
    # The oldest row of the file, found by the index, tells how far back rows have to be read and sorted.
    oldest = cases.order_by("-observed_at", "-id").values_list("observed_at", flat=True)[limit - 1 : limit].first()
    if oldest is not None:
        calendar = settings.CITY.calendar
        cases = cases.filter(observed_at__gte=calendar.first_moment(calendar.local_day(oldest)))
    rows = by_day(told(cases)).only(*names)[:limit]
    return _values(rows.iterator(chunk_size=2000))


def _values(cases: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for case in cases:
        due = case.due_at and settings.CITY.calendar.local_day(case.due_at - _INSTANT)
        cleaned = local_day(case.cleaned_at) if case.status in CLEAN else None
        yield (
            case.code, case.status, case.problem, case.waste_group, case.amount, local_day(case.observed_at), due, cleaned,
            case.area_code, case.area_full_name or case.area_name, case.area_approximate, few(case.sent), case.recurs_of_id is not None,
            *(public_point(case) or (None, None)), f"{settings.SITE_URL}{spot_path(case.code)}",
        )  # fmt: skip
