"""`load_demo`: a year of invented reports and of work on them, labelled as such on every page. `bin/up --demo` calls it."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from analytics.demonstration import year
from analytics.demonstration.invented_photos import add_photos
from analytics.demonstration.invented_teams import send_out
from analytics.refresh import NothingToAnalyse, refresh
from analytics.synthetic import Source
from analytics.weekly.freeze import freeze
from analytics.weeks import monday_of
from reports.models import Case, Report

ANALYSED_WEEKS = 8
FROZEN_WEEKS = 4


class Command(BaseCommand):
    help = "Loads a year of invented reports with known sources, through the same doors as real ones. Never beside real reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=year.DAYS, help="length of the story, which ends today")
        parser.add_argument("--cases-a-week", type=int, default=year.CASES_A_WEEK, help="about so many")
        parser.add_argument("--sources", type=Path, metavar="FILE", help="write where the litter comes from to this CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 3660 or not 1 <= options["cases_a_week"] <= 10_000:
            raise CommandError("Give 1 to 3,660 days and 1 to 10,000 cases a week.")
        if year.is_finished() and not options["sources"]:
            send_out()
            self.stdout.write("The demonstration data is there already.")
            return
        try:
            story = year.begin(options["days"], options["cases_a_week"])
        except year.RealReports as mixed:
            raise CommandError(
                "There are reports in the database already. Demonstration data is never mixed with real reports; "
                "nothing was changed."
            ) from mixed
        if options["sources"]:
            _write_sources(options["sources"], story.sources)
        if year.is_finished():
            return
        quiet = options["verbosity"] == 0
        with tqdm(total=len(story.days), desc="Days", unit=" days", file=self.stderr, disable=quiet, mininterval=0.5) as bar:
            year.tell(story, bar.update)
        add_photos()
        self._analyse(quiet)
        send_out()
        year.finish()
        self.stdout.write(
            f"Loaded {Report.objects.count():,} invented reports in {Case.objects.count():,} cases, "
            f"from {len(story.sources)} sources and everywhere. Every page says that they are invented."
        )

    def _analyse(self, quiet: bool) -> None:
        this_week = monday_of(timezone.localdate())
        weeks = [this_week - timedelta(weeks=back) for back in range(ANALYSED_WEEKS, -1, -1)]
        with tqdm(weeks, desc="Weeks", unit=" weeks", file=self.stderr, disable=quiet) as bar:
            for week in bar:
                try:
                    refresh(week)
                except NothingToAnalyse:
                    continue
                if this_week - timedelta(weeks=FROZEN_WEEKS) <= week < this_week:
                    freeze(week)


def _write_sources(path: Path, sources: list[Source]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["lon", "lat", "spread_m", "fate"])
        writer.writerows([f"{one.lon:.6f}", f"{one.lat:.6f}", f"{one.spread_m:.0f}", one.fate] for one in sources)
