"""`export_week 2024-W50 --out DIR`: freeze a week if that is still to be done, and write its files into a folder."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from analytics.weekly import editions
from analytics.weekly.figures import Moving
from analytics.weekly.freeze import NotOver, freeze
from analytics.weeks import parse_week, week_label

STEPS = ("hotspots", "figures", "xlsx", "gpkg", "csv", "store", "write")


class Command(BaseCommand):
    help = "Writes the weekly report of any week that is over: a spreadsheet, a GeoPackage and the hotspots as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("week", metavar="WEEK", help="as 2024-W50, or a date in it such as 2024-12-12")
        parser.add_argument("--out", metavar="DIR", required=True, help="folder for the files; made when it is missing")
        parser.add_argument("--final", action="store_true", help="make the edition final, from when on it is public")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["out"])
        if folder.exists() and not folder.is_dir():
            raise CommandError(f"{folder} is a file. Name a folder.")
        try:
            week = parse_week(options["week"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        before = editions.latest(week)
        with tqdm(total=len(STEPS), unit="step", disable=options["verbosity"] == 0, file=self.stderr) as bar:

            def step(name: str) -> None:
                bar.set_description(name)
                bar.update()

            try:
                edition = freeze(week, correct=True, step=step)
                step("write")
                paths = editions.write_files(edition, folder)
            except NotOver as error:
                raise CommandError(f"Week {week_label(week)} is not over yet. It can be frozen from the Monday after it.") from error
            except Moving as error:
                raise CommandError("Reports of this week are being taken in right now. Try again in a moment; nothing was written.") from error
            except OSError as error:
                raise CommandError(f"The files cannot be written: {error}.") from error
            bar.update(bar.total - bar.n)
        if options["final"]:
            editions.finalise(edition)
        found = "Nothing changed since edition" if before is not None and before.pk == edition.pk else "Edition"
        self.stdout.write(f"{found} {edition.edition} of week {week_label(week)} ({edition.status}), figures {edition.figures_sha256[:12]}:")
        for path in paths:
            self.stdout.write(f"  {path}")
