"""The history of a case in words for people: each line with what it changed, who did it, and whether it was taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from citylab.models import Member
from citylab.permissions import visible
from citylab.templatetags.words import day, last_day, moment
from reports.models import Body, Case, CaseEvent, Cleanup, WasteType
from reports.models.case import Priority
from reports.models.report import Amount, Problem
from reports.templatetags.case_words import held_words

Kind = CaseEvent.Kind
Details = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line. words: what happened; more: details as short sentences; links: cases it names; report: code of a report.

    undone_by: the line that took it back; private: a note among the staff.
    """

    number: int
    kind: str
    words: str
    at: datetime
    who: str
    more: list[str] = field(default_factory=list)
    reason: str = ""
    links: list[str] = field(default_factory=list)
    report: str = ""
    undone_by: int | None = None
    private: bool = False


def history_of(case: Case, member: Member) -> list[Line]:
    """The lines of a case, the newest first; only cases that this member may open are named by code."""
    events = list(case.events.select_related("actor").order_by("-number", "-id"))
    undone = {int(event.details["undoes"]): event.number for event in events if event.kind == Kind.UNDONE and event.details.get("undoes")}
    names = _Names(events, member)
    return [_line(event, undone.get(event.number), names) for event in events]


class _Names:
    """The names behind the codes in the details, read at once."""

    def __init__(self, events: Iterable[CaseEvent], member: Member) -> None:
        details = [event.details for event in events]
        people = {str(one["to"]) for one in details if one.get("to")}
        codes = {str(one[name]) for one in details for name in ("into", "from", "with", "to") if one.get(name)}
        self.people = {person.username: person.display_name for person in Member.objects.filter(username__in=people)}
        self.bodies = {body.code: city_pack().named(body, get_language() or "") for body in Body.objects.filter(code__in=codes)}
        self.cases = set(visible(member, Case.objects.filter(code__in=codes)).values_list("code", flat=True))
        self.groups = {row.code: city_pack().named(row, get_language() or "") for row in WasteType.objects.filter(code__in=[one["was"].get("waste_group") for one in details if isinstance(one.get("was"), dict)])}


def _line(event: CaseEvent, undone_by: int | None, names: _Names) -> Line:
    details = event.details
    words = str(event.get_kind_display())
    if event.kind == Kind.UNDONE and details.get("undoes"):
        words = _("took back line %(number)s") % {"number": details["undoes"]}
    if event.kind == Kind.VERDICT:
        words = _("somebody there says: clean") if details.get("clean") else _("somebody there says: not clean")
    if event.kind == Kind.CLEANED and details.get("nothing_found"):
        words = _("looked at, nothing found")
    linked = [str(details[name]) for name in _CASES.get(event.kind, ()) if details.get(name)]
    return Line(
        number=event.number, kind=event.kind, words=words, at=event.at, who=event.actor.display_name if event.actor else event.details.get("team", "") if event.kind != Kind.ASSIGNED else "",
        more=[part for part in (_MORE[event.kind](details, names) if event.kind in _MORE else []) if part], reason=event.reason,
        links=[code for code in linked if code in names.cases], report=str(details.get("report", "")), undone_by=undone_by,
        private=event.kind == Kind.NOTED,
    )  # fmt: skip


def _assigned(details: Details, names: _Names) -> list[str]:
    to = [str(details.get("team", "")), names.people.get(str(details.get("to", "")), str(details.get("to", "")))]
    planned = _date(details.get("day"))
    return [", ".join(part for part in to if part), _("for %(day)s") % {"day": day(planned)} if planned else ""]


def _held(details: Details, names: _Names) -> list[str]:
    return [_("waits for: %(who)s") % {"who": details["waits_for"]}] if details.get("waits_for") else []


def _visited(details: Details, names: _Names) -> list[str]:
    outcome = details.get("outcome")
    return [str(Cleanup.Outcome(outcome).label)] if outcome in Cleanup.Outcome.values else []


def _rerouted(details: Details, names: _Names) -> list[str]:
    before, after = (names.bodies.get(str(details.get(name, "")), str(details.get(name, ""))) for name in ("from", "to"))
    return [_("from %(before)s to %(after)s") % {"before": before, "after": after} if before else after]


def _kind_changed(details: Details, names: _Names) -> list[str]:
    was = details.get("was", {})
    parts = []
    for name, choices in (("problem", Problem), ("amount", Amount)):
        if name in was and details.get(name) in choices.values:
            before = choices(was[name]).label if was[name] in choices.values else was[name]
            parts.append(_("from %(before)s to %(after)s") % {"before": before, "after": choices(details[name]).label})
    if "waste_group" in was:
        before = names.groups.get(was["waste_group"], was["waste_group"])
        parts.append(_("the kind of waste was %(before)s") % {"before": before or _("unknown")})
    return parts


def _moved(details: Details, names: _Names) -> list[str]:
    point = details.get("was", {}).get("location")
    return [_("it was at %(lat)s, %(lon)s") % {"lat": f"{point[1]:.5f}", "lon": f"{point[0]:.5f}"}] if point else []


def _prioritised(details: Details, names: _Names) -> list[str]:
    after, before = details.get("priority"), details.get("was", {}).get("priority")
    if after not in Priority.values:
        return []
    if before not in Priority.values:
        return [str(Priority(after).label)]
    return [_("from %(before)s to %(after)s") % {"before": Priority(before).label, "after": Priority(after).label}]


def _reports(details: Details, names: _Names) -> list[str]:
    count = details.get("reports")
    count = len(count) if isinstance(count, list) else count
    return [ngettext("%(n)s report", "%(n)s reports", count) % {"n": count}] if isinstance(count, int) else []


def _absorbed(details: Details, names: _Names) -> list[str]:
    joint = details.get("due", {}).get("joint")
    due = [_("deadline %(day)s: the earlier one holds for both") % {"day": last_day(datetime.fromisoformat(joint))}] if joint else []
    return [*_reports(details, names), *due]


def _cleaned(details: Details, names: _Names) -> list[str]:
    return [_("exception: %(why)s") % {"why": details["exception"]}] if details.get("exception") else []


def _resumed(details: Details, names: _Names) -> list[str]:
    since = details.get("was", {}).get("waits_since")
    return [_("waited since %(moment)s") % {"moment": moment(datetime.fromisoformat(since))}] if since else []


def _handed_over(details: Details, names: _Names) -> list[str]:
    return [names.people.get(str(details.get("to", "")), str(details.get("to", ""))) or _("to nobody in particular")]


def _held_report(details: Details, names: _Names) -> list[str]:
    return [held_words(str(details.get("held", "")))]


def _date(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None


_MORE: dict[str, Callable[[Details, _Names], list[str]]] = {
    Kind.ASSIGNED: _assigned, Kind.ON_HOLD: _held, Kind.VISITED: _visited, Kind.REROUTED: _rerouted, Kind.KIND_CHANGED: _kind_changed,
    Kind.MOVED: _moved, Kind.PRIORITISED: _prioritised, Kind.MERGED: _reports, Kind.ABSORBED: _absorbed, Kind.GAVE_BACK: _reports, Kind.SPLIT: _reports,
    Kind.SPLIT_OFF: _reports, Kind.CLEANED: _cleaned, Kind.RESUMED: _resumed, Kind.HANDED_OVER: _handed_over, Kind.HELD: _held_report,
    Kind.RELEASED: _held_report,
}  # fmt: skip

# kind → where its details name another case
_CASES: dict[str, tuple[str, ...]] = {
    Kind.MERGED: ("into",), Kind.ABSORBED: ("from",), Kind.UNMERGED: ("from",), Kind.GAVE_BACK: ("to",), Kind.SPLIT: ("into",),
    Kind.SPLIT_OFF: ("from",), Kind.LINKED: ("with",),
}  # fmt: skip
