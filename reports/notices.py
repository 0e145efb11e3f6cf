"""Notices: “After the storm: being cleaned, done by 25/11”, about a stretch that the staff drew.

People there are greeted by it, and what is reported inside while it lasts joins one parent case, unless its reporter said
“another place”. The parent is opened with the notice. Nobody reported it, so it does not count and makes no hotspot; it
begins to count with the first report that joins and counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely
from django.conf import settings
from django.contrib.gis.geos import MultiPolygon, Point
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from citylab import permissions
from citylab.models import Member
from citylab.templatetags.words import day
from reports.casework import NotAllowed
from reports.clean_text import clean_text
from reports.codes import random_codes
from reports.geography.area_index import areas_index
from reports.geography.routing import body_for
from reports.geography.stretch import square_km
from reports.grouping.opening import PUBLIC_RESOLUTION
from reports.grouping.waiting import Waiting
from reports.models import Area, Case, CaseEvent, Notice
from reports.models.case import Status
from reports.models.report import Amount, Problem
from reports.rules import cells_of, local_mondays

MOST_JOINED_KM2 = 10.0  # what is reported farther apart than that is not one piece of work
NOT_THEIRS = 0.2  # share of a stretch that may lie in units of others: borders are drawn more finely than by hand


MOST_LETTERS = {"title": 120, "text": 400}  # as the table has it: what is read while walking is short
TEXTS = ("title", "title_en", "text", "text_en")


class NoticeRefused(Exception):
    """A notice that cannot be opened so. `codes`: field → a stable word for what is wrong with it."""

    def __init__(self, codes: dict[str, str]) -> None:
        super().__init__(", ".join(f"{field}: {code}" for field, code in codes.items()))
        self.codes = codes


@dataclass(frozen=True)
class Words:
    """What a notice says and until when; all of it may be edited later."""

    title: str
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    done_by: date | None = None  # what residents are promised
    ends_on: date | None = None  # the last day on which it is shown

    def cleaned(self) -> Words:
        texts: dict[str, Any] = {name: clean_text(getattr(self, name)) for name in TEXTS}
        return replace(self, **texts)


# --- asked by pages --------------------------------------------------------------------------------
def notices_in_force(at: datetime | None = None) -> QuerySet[Notice]:
    """Notices that are shown at a moment, newest first: not ended, and their case not closed."""
    return Notice.objects.in_force(at)


def notices_at(lon: float, lat: float, at: datetime | None = None) -> list[Notice]:
    """Those in whose stretch this point lies."""
    return list(notices_in_force(at).filter(stretch__intersects=Point(lon, lat, srid=4326)))


def notices_in(area: Area, at: datetime | None = None) -> list[Notice]:
    """Those whose stretch touches this area."""
    return list(notices_in_force(at).filter(stretch__intersects=area.polygon))


def in_words(notice: Notice) -> dict[str, str]:
    """Title and text, with the promised day, as programs are told them: in the page's language, or else in the city's own."""
    language = get_language() or settings.LANGUAGE_CODE
    title, text = (settings.CITY.named(notice, language, field) for field in ("title", "text"))
    if notice.done_by:
        text = f"{text} {_('To be done by %(day)s.') % {'day': day(notice.done_by)}}".strip()
    return {"title": title, "text": text}


# --- asked by grouping -----------------------------------------------------------------------------
def directed(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The same reports; those inside a notice that lasted when they were observed name its case, as if their reporter had.

    A reporter who named a case, or said “another place”, is left alone.
    """
    silent = [at for at, row in enumerate(waiting) if row.same_case is None and not row.other_place and row.lon is not None]
    if not silent:
        return list(waiting)
    lon, lat = np.array([waiting[at].lon for at in silent], np.float64), np.array([waiting[at].lat for at in silent], np.float64)
    cases = parent_cases(lon, lat, np.array([waiting[at].observed_at for at in silent], np.int64))
    found = list(waiting)
    for at, case in zip(silent, cases.tolist(), strict=True):
        if case:
            found[at] = found[at]._replace(same_case=case)
    return found


def parent_cases(lon: NDArray[np.float64], lat: NDArray[np.float64], observed_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """The case of the notice in which each of n sightings lies, by id, 0 where none. Of several the one that began last.

    lon, lat: degrees (n,). observed_at: microseconds since 1970 (n,). A notice takes what was observed from its beginning to its
    end, and before its case was cleaned: what comes after a cleaning is news.
    """
    cases = np.zeros(lon.size, np.int64)
    first, last = (datetime.fromtimestamp(int(moment) // 1_000_000, UTC) for moment in (observed_at.min(), observed_at.max()))
    lasting = Notice.objects.exclude(case=None).exclude(case__status__in=[Status.REFUSED, Status.WITHDRAWN])
    lasting = lasting.filter(starts_at__lte=last + timedelta(seconds=1)).filter(Q(ends_at=None) | Q(ends_at__gt=first))
    lasting = lasting.filter(Q(ended_at=None) | Q(ended_at__gt=first)).select_related("case")
    for notice in lasting.order_by("starts_at", "id"):
        case = notice.case
        assert case is not None  # asked for above
        ends = [moment for moment in (notice.ends_at, notice.ended_at, None if case.is_open else case.cleaned_at) if moment]
        inside = observed_at >= _microseconds(notice.starts_at)
        if ends:
            inside &= observed_at < _microseconds(min(ends))
        ground = shapely.from_wkb(bytes(notice.stretch.wkb))
        shapely.prepare(ground)
        inside[inside] = shapely.intersects_xy(ground, lon[inside], lat[inside])
        cases[inside] = case.pk
    return cases


def _microseconds(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


# --- verbs -----------------------------------------------------------------------------------------
def may(actor: Member | None, stretch: MultiPolygon) -> bool:
    """Whether this member may put a notice there: an officer only where their own areas mostly are. `None` is the system."""
    if actor is None:
        return True
    if not actor.is_active or actor.role not in permissions.VERBS["notice"]:
        return False
    own = permissions.own_areas(actor)
    if own is None:
        return True
    middle = stretch.point_on_surface
    if int(areas_index().locate(middle.x, middle.y).area_id[0]) not in own:
        return False
    others = Area.objects.units().current(settings.CITY.calendar.today()).exclude(pk__in=own).filter(polygon__intersects=stretch)
    return sum(area.polygon.intersection(stretch).area for area in others) <= NOT_THEIRS * stretch.area


def open_notice(
    actor: Member | None, stretch: MultiPolygon, words: Words, *, starts_on: date | None = None, joins: bool = True,
    problem: str = Problem.LITTER, now: datetime | None = None,
) -> Notice:  # fmt: skip
    """Put up a notice, with its parent case if reports inside are to join one. Raises NotAllowed or NoticeRefused.

    starts_on: its first day; today, from now on, when not said.
    """
    now = now or timezone.now()
    words = words.cleaned()
    calendar = settings.CITY.calendar
    starts_at = now if starts_on is None or starts_on <= calendar.local_day(now) else calendar.first_moment(starts_on)
    middle = stretch.point_on_surface
    wrong = _wrong(words, starts_at)
    if (index := areas_index()).has_units and index.locate(middle.x, middle.y).area_id[0] < 0:
        wrong["stretch"] = "outside"
    elif joins and square_km(stretch) > MOST_JOINED_KM2:
        wrong["stretch"] = "too_large"
    if wrong:
        raise NoticeRefused(wrong)
    if not may(actor, stretch):
        raise NotAllowed("notice")
    with transaction.atomic():
        notice = Notice.objects.create(**_columns(words), stretch=stretch, starts_at=starts_at, created_by=actor)
        if joins:
            notice.case = _open_case(notice, middle, problem, now)
            notice.save(update_fields=["case"])
            _record(notice, actor, "opened", before="")
    return notice


def edit_notice(notice: Notice, actor: Member | None, words: Words) -> Notice:
    """Other words or other days; the stretch stays, since reports have joined by it. Raises NotAllowed or NoticeRefused."""
    words = words.cleaned()
    with transaction.atomic():
        locked = _locked(notice, actor)
        if wrong := _wrong(words, locked.starts_at):
            raise NoticeRefused(wrong)
        columns = _columns(words)
        changed = [name for name, value in columns.items() if getattr(locked, name) != value]
        for name in changed:
            setattr(locked, name, columns[name])
        if changed:
            locked.save(update_fields=changed)
            _record(locked, actor, "edited", fields=changed)
    return locked


def end_notice(notice: Notice, actor: Member | None, *, now: datetime | None = None) -> Notice:
    """Take it down. Its case stays as it is, and so do the reports that joined. Raises NotAllowed. Again changes nothing."""
    with transaction.atomic():
        locked = _locked(notice, actor)
        if locked.ended_at is None:
            locked.ended_at = now or timezone.now()
            locked.save(update_fields=["ended_at"])
            _record(locked, actor, "ended")
    return locked


def _locked(notice: Notice, actor: Member | None) -> Notice:
    locked: Notice = Notice.objects.select_for_update(of=("self",)).select_related("case").get(pk=notice.pk)
    if not may(actor, locked.stretch):
        raise NotAllowed("notice")
    return locked


def _wrong(words: Words, starts_at: datetime) -> dict[str, str]:
    wrong = {}
    if not words.title:
        wrong["title"] = "missing"
    for name in TEXTS:
        if len(getattr(words, name)) > MOST_LETTERS[name.removesuffix("_en")]:
            wrong[name] = "too_long"
    first = settings.CITY.calendar.local_day(starts_at)
    for name in ("done_by", "ends_on"):
        if (day := getattr(words, name)) is not None and day < first:
            wrong[name] = "before_it_starts"
    return wrong


def _columns(words: Words) -> dict[str, Any]:
    ends_at = words.ends_on and settings.CITY.calendar.first_moment(words.ends_on + timedelta(days=1))
    return {
        "title": words.title, "title_en": words.title_en, "text": words.text, "text_en": words.text_en,
        "done_by": words.done_by, "ends_at": ends_at or None,
    }  # fmt: skip


def _open_case(notice: Notice, middle: Point, problem: str, now: datetime) -> Case:
    """The parent: at a point inside the stretch, confirmed because the city itself saw it, and not counted."""
    calendar = settings.CITY.calendar
    lon, lat = np.array([middle.x]), np.array([middle.y])
    located, moment = areas_index().locate(lon, lat), np.array([now.astimezone(UTC).replace(tzinfo=None)], "datetime64[us]")
    public_lat, public_lon = h3.cell_to_latlng(h3.latlng_to_cell(middle.y, middle.x, PUBLIC_RESOLUTION))
    due_at = calendar.first_moment(notice.done_by + timedelta(days=1)) if notice.done_by else calendar.due_at(now, settings.CITY.deadline_working_days)
    return Case.objects.create(
        code=random_codes(1)[0], status=Status.CONFIRMED, problem=problem, amount=Amount.UNKNOWN, location=middle,
        public_location=Point(public_lon, public_lat, srid=4326), cell=int(cells_of(lon, lat)[0]),
        week=local_mondays(moment, settings.CITY.tz)[0].item(), observed_at=now, area_id=max(int(located.area_id[0]), 0) or None,
        body=body_for(point=(middle.x, middle.y), problem=problem), opened_at=now, due_at=due_at, counts=False,
    )  # fmt: skip


def _record(notice: Notice, actor: Member | None, what: str, *, before: str | None = None, **details: object) -> None:
    if notice.case_id is None:
        return
    case = Case.objects.select_for_update(no_key=True).get(pk=notice.case_id)  # the line says the state it is in
    CaseEvent.objects.create(
        case=case, actor=actor, kind=CaseEvent.Kind.NOTICE, at=timezone.now(), from_status=case.status if before is None else before,
        to_status=case.status, reason=notice.title, details={"notice": notice.pk, "what": what, **details},
    )  # fmt: skip

