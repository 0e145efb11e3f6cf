"""What an action asks for: which verb, on which cases, as the member saw them, and the verb's own words. Read from one form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.contrib.gis.geos import Point
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from citylab.models import Member, Team
from citylab.permissions import ROLES, Audience, visible
from reports import codes
from reports.casework.errors import Missing
from reports.models import Case
from reports.models.case import Priority

VERBS = ("confirm", "publish", "assign", "refuse", "priority", "merge", "move")
FOR_ONE = ("publish", "move")  # a photo is looked at before it is published, and two piles do not lie at one point


@dataclass(frozen=True)
class Asked:
    """verb: one of `VERBS`. seen: versions by code. view: the query of a list whose every case is meant, as it was at `as_of`."""

    verb: str
    codes: tuple[str, ...] = ()
    seen: dict[str, int] = field(default_factory=dict)
    view: str | None = None
    as_of: datetime | None = None
    level: str = ""
    words: QueryDict = field(default_factory=QueryDict)

    @classmethod
    def read(cls, form: QueryDict) -> Asked:
        """From `request.POST`. Raises `Missing` for a verb that is none."""
        verb, _colon, value = form.get("verb", "").partition(":")  # “priority:3” is a button of its own for each priority
        if verb not in VERBS:
            raise Missing("a verb")
        seen = {}
        for pair in form.getlist("seen"):
            code, _colon, version = pair.rpartition(":")
            if version.isdecimal() and len(version) < 10:
                seen[code] = int(version)
        whole = form.get("all") == "1"
        return cls(
            verb, tuple(dict.fromkeys(form.getlist("case"))), seen, form.get("view", "") if whole else None,
            _moment(form.get("as_of", "")) if whole else None, value or form.get("priority", ""), form,
        )  # fmt: skip

    @property
    def is_for_one(self) -> bool:
        return self.view is None and len(self.codes) == 1

    def versions(self, cases: list[Case]) -> dict[int, int]:
        """What the member saw, by id."""
        return {case.pk: self.seen[case.code] for case in cases if case.code in self.seen}

    # --- the verbs' own words: each raises `Missing` for what is not there ---
    @property
    def reason(self) -> str:
        return self.words.get("reason", "")[:4000]

    def hands(self, actor: Member) -> dict[str, Team | Member | date | None]:
        """Who is to go there, and when: `team`, `member`, `day` as casework's `assign` takes them."""
        kind, _colon, name = self.words.get("to", "").partition(":")
        team = Team.objects.filter(pk=int(name), active=True).first() if kind == "team" and name.isdecimal() and len(name) < 10 else None
        member = assignable().filter(username=name).first() if kind == "member" else None
        if name == "me" and kind == "member":
            member = actor
        if team is None and member is None:
            raise Missing("a team or a person")
        try:
            day = date.fromisoformat(self.words["day"]) if self.words.get("day") else None
        except ValueError:
            raise Missing("a day") from None
        if day is not None and day < timezone.localdate():
            raise Missing("a day")
        return {"team": team, "member": member, "day": day}

    @property
    def priority(self) -> int:
        if self.level not in map(str, Priority.values):
            raise Missing("a priority")
        return int(self.level)

    @property
    def point(self) -> Point:
        """As maps write it, latitude first: “1.25, 2.5”; a decimal comma needs a semicolon between the two."""
        text = self.words.get("point", "")
        lat, _sign, lon = text.replace(",", ".").partition(";") if ";" in text else text.partition(",")
        try:
            point = Point(float(lon), float(lat), srid=4326)
        except ValueError:
            raise Missing("a point") from None
        if not (-180 <= point.x <= 180 and -90 <= point.y <= 90):  # which no NaN is
            raise Missing("a point")
        return point

    def into(self, actor: Member, cases: list[Case]) -> Case:
        """The case that stays. Of several that are merged without a word about it, the one that was seen first."""
        text = next((text.strip() for text in reversed(self.words.getlist("into")) if text.strip()), "")  # typed, else one of those offered
        if not text and len(cases) > 1:
            return min(cases, key=lambda case: (case.observed_at, case.pk))
        case = visible(actor, Case.objects.all()).filter(code=codes.parse_code(text) or text.upper()).first()
        if case is None:
            raise Missing("another case")
        return case


def assignable():
    """Members to whom a case may be given: active ones who work on cases."""
    return Member.objects.filter(is_active=True, role__in=ROLES[Audience.CASEWORKERS])


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


