"""A made-up history of cases for the tests of the weekly report, kept beside the database as plain lists."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
from django.db import connection

from reports.models import Area
from tests.rows import case_row, copy_rows, forget_history, report_row

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = date(2026, 10, 19)  # the week that the tests freeze
CENTRE = h3.latlng_to_cell(16.055, 108.205, 10)
TOWN = sorted(h3.grid_disk(CENTRE, 12))
# What may follow each state: kind of event, state it leads to.
NEXT = {
    "new": [("confirmed", "confirmed"), ("refused", "refused"), ("cleaned", "cleaned")],
    "confirmed": [("refused", "refused"), ("cleaned", "cleaned")],
    "cleaned": [("verified", "verified"), ("reopened", "confirmed")],
    "verified": [("reopened", "confirmed")],
    "refused": [("reopened", "confirmed")],
}


def monday_midnight(weeks: int = 0) -> datetime:
    """The first moment, by the city's clocks, of the week so many weeks after MONDAY."""
    return datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=ZONE) + timedelta(weeks=weeks)


@dataclass
class Story:
    """One case as it really went: (moment, kind, state) in order."""

    seen: datetime
    due: datetime
    area: int | None
    events: list[tuple[datetime, str, str]] = field(default_factory=list)
    nothing_found: bool = False
    pk: int = 0

    def state_at(self, moment: datetime) -> str:
        """Read forwards from the beginning."""
        state = "new"
        for at, _kind, to in self.events:
            if at < moment:
                state = to
        return state

    @property
    def week(self) -> date:
        local = self.seen.astimezone(ZONE).date()
        return local - timedelta(days=local.weekday())


def invent(areas: list[Area | None], n: int = 160, seed: int = 7, until: datetime | None = None) -> list[Story]:
    """Stories over the seven weeks up to and beyond the week; events at `until` and later are left out."""
    chance = random.Random(seed)
    stories = []
    for number in range(n):
        seen = monday_midnight(-5) + timedelta(minutes=chance.randrange(7 * 7 * 24 * 60))
        area = chance.choice(areas)
        story = Story(seen.astimezone(UTC), (seen + timedelta(days=chance.randrange(2, 9))).astimezone(UTC), area and area.pk)
        story.pk = 1_000_000 + number
        state, at = "new", seen
        for _step in range(chance.randrange(5)):
            at += timedelta(minutes=chance.randrange(30, 9 * 24 * 60))
            kind, state = chance.choice(NEXT[state])
            story.events.append((at.astimezone(UTC), kind, state))
        story.nothing_found = chance.random() < 0.2
        story.events = [event for event in story.events if until is None or event[0] < until]
        stories.append(story)
    return stories


def write(stories: list[Story]) -> None:
    """The stories as rows: cases in their last state, events, and one counting report each."""
    rows, events, reports = [], [], []
    for story in stories:
        story.pk = story.pk or _next_id()
        cell = TOWN[story.pk % len(TOWN)]
        state = story.events[-1][2] if story.events else "new"
        last = {kind: at for at, kind, _to in story.events}
        closed = None if state in ("new", "confirmed") else [at for at, kind, _to in story.events if kind in ("cleaned", "refused")][-1]
        rows.append(
            case_row(
                cell, story.week, state, id=story.pk, code=f"{story.pk:010X}", observed_at=story.seen, opened_at=story.seen, due_at=story.due, area_id=story.area,
                closed_at=closed, cleaned_at=last.get("cleaned"), verified_at=last.get("verified") if state == "verified" else None,
            )
        )  # fmt: skip
        reports.append(report_row(cell, story.week, observed_at=story.seen, received_at=story.seen, area_id=story.area, case_id=story.pk))
        before = ""
        for at, kind, to in [(story.seen, "opened", "new"), *story.events]:
            found = "true" if kind == "cleaned" and story.nothing_found else "false"
            events.append(
                {"case_id": story.pk, "kind": kind, "at": at, "from_status": before, "to_status": to, "reason": "=secret words",
                 "details": f'{{"nothing_found": {found}}}' if kind == "cleaned" else "{}"}
            )  # fmt: skip
            before = to
    copy_rows("reports_case", rows)
    copy_rows("reports_caseevent", events)
    copy_rows("reports_report", reports)


def forget() -> None:
    """Empty the tables again; history cannot be deleted row by row by the application, but a test's owner may."""
    forget_history()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reports_report; DELETE FROM reports_case")


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('reports_case', 'id'))")
        return cursor.fetchone()[0]
