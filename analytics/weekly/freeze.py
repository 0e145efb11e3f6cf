"""An edition is frozen: read, written into files, stored, and put into the database, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from analytics.models import WeeklyFile, WeeklyReport
from analytics.weekly.canonical import sha256_of
from analytics.weekly.editions import latest
from analytics.weekly.figures import read
from analytics.weekly.files import make_files
from analytics.weekly.period import Period
from analytics.weeks import week_label
from reports.photos import store

STORE = "editions"

Step = Callable[[str], None]


class NotOver(Exception):
    """The week has not ended yet, so it has no figures to freeze."""

    def __init__(self, week: date) -> None:
        super().__init__(f"week {week_label(week)} is not over")
        self.week = week


def freeze(week: date, *, correct: bool = False, step: Step = lambda name: None) -> WeeklyReport:
    """The newest edition of the week of the day `week`, made now if there is none.

    correct: read the figures again; when they differ, they become the next edition, and the earlier ones stay. A new
    edition is a draft. Two callers at once make one edition: the second waits, then finds that of the first.
    Raises NotOver before the end of the week, and `figures.Moving` when the data does not stand still.
    """
    period = Period.of(week)
    if timezone.now() < period.end:
        raise NotOver(period.monday)
    with transaction.atomic():
        _wait_for_turn(period.monday)
        last = latest(period.monday)
        if last is not None and not correct:
            return last
        content = read(period.monday, step)
        if last is not None and last.figures_sha256 == sha256_of(content.figures):
            return last
        edition = WeeklyReport(
            week=period.monday, edition=last.edition + 1 if last else 1, run=content.run, created_at=timezone.now(),
            figures=content.figures, figures_sha256=sha256_of(content.figures),
        )  # fmt: skip
        made = make_files(content, edition, step)
        step("store")
        # The files are durable before the rows that name them. After a failure they stay behind, named by nobody.
        stored = [(file, *store.put(STORE, file.body, f".{file.kind}")) for file in made]
        edition.save(force_insert=True)
        WeeklyFile.objects.bulk_create(
            WeeklyFile(weekly=edition, kind=file.kind, name=name, filename=file.filename, size=len(file.body), sha256=digest)
            for file, digest, name in stored
        )
    return edition


def _wait_for_turn(monday: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"weekly:{monday.isoformat()}"])
