"""The editions that there are: questions that pages, the interface and the command ask."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import storages
from django.db.models import QuerySet

from analytics.models import WeeklyFile, WeeklyReport
from analytics.weeks import monday_of


def editions() -> QuerySet[WeeklyReport]:
    """All editions, newest week and newest edition first, with their files."""
    return WeeklyReport.objects.prefetch_related("files").order_by("-week", "-edition")


def of_week(week: date) -> QuerySet[WeeklyReport]:
    """The editions of the week that a day lies in, newest first."""
    return editions().filter(week=monday_of(week))


def latest(week: date | None = None) -> WeeklyReport | None:
    """The newest edition of a week; without a week, of the newest week that has one."""
    return (of_week(week) if week else editions()).first()


def published() -> QuerySet[WeeklyReport]:
    """What the public may know: of each week the newest edition that is final, newest week first."""
    final = WeeklyReport.objects.filter(status=WeeklyReport.Status.FINAL)
    newest = final.order_by("week", "-edition").distinct("week").values("pk")
    return editions().filter(pk__in=newest)


def finalise(edition: WeeklyReport) -> WeeklyReport:
    """Make a draft final, from when on it is public. A final edition stays final; a correction is a new draft."""
    WeeklyReport.objects.filter(pk=edition.pk).update(status=WeeklyReport.Status.FINAL)
    edition.refresh_from_db(fields=["status"])
    return edition


def open_file(file: WeeklyFile) -> File:
    """The stored file for reading. Raises OSError when the store has lost it."""
    return storages["editions"].open(file.name, "rb")


def write_files(edition: WeeklyReport, folder: Path) -> list[Path]:
    """Copy the files of an edition into a folder, which is made when it is missing; what has their names is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file in edition.files.order_by("kind"):
        path = folder / file.filename
        part = path.with_name(f".{path.name}.part")
        with open_file(file) as source, part.open("wb") as target:
            for chunk in source.chunks():
                target.write(chunk)
        part.replace(path)
        written.append(path)
    return written
