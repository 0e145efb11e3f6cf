"""`refresh_hotspots [--until 2024-W52] [--domain default|data|FILE]`: analyse now, and show what came out."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from analytics.models import HotspotRun
from analytics.refresh import Domain, NothingToAnalyse, refresh
from analytics.runs import hot_rows
from analytics.weeks import parse_week, week_label

STEPS = ("counters", "analysis", "places", "rows")


class Command(BaseCommand):
    help = "Tests where cases pile up beyond chance in the weeks up to one week, and stores the result for the map."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until", metavar="WEEK", help="last week, as 2024-W52 or a date in it (default: this week)")
        parser.add_argument(
            "--domain", default="default", metavar="default|data|FILE",
            help="cells to test: around cases and listed places, around cases only, or inside the polygons of a file",
        )  # fmt: skip
        parser.add_argument("--resolution", type=int, choices=(8, 9, 10), help="fix the size of the cells")
        parser.add_argument("--window", type=int, choices=(2, 4, 8, 12), help="fix the number of weeks that are tested")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            until = parse_week(options["until"]) if options["until"] else None
            domain = Domain.named(options["domain"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        newest = HotspotRun.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        with tqdm(total=len(STEPS), unit="step", disable=options["verbosity"] == 0, file=self.stderr) as bar:

            def step(name: str) -> None:
                bar.set_description(name)
                bar.update()

            try:
                run = refresh(until, domain, resolution=options["resolution"], window=options["window"], step=step)
            except NothingToAnalyse as nothing:
                raise CommandError("There is no case in these weeks yet, so there is nothing to analyse.") from nothing
        if run.pk <= newest:
            self.stdout.write(f"Nothing changed since run {run.pk} of {run.created_at:%Y-%m-%d %H:%M} UTC.")
        self._tell(run)

    def _tell(self, run: HotspotRun) -> None:
        asked = run.parameters
        self.stdout.write(
            f"Run {run.pk}: {run.window_weeks} weeks to {week_label(run.until)}, resolution {run.resolution}, "
            f"{run.cells:,} cells tested, {asked['n_cases_window']:,} cases, dispersion {run.dispersion:.2f}: "
            f"{run.hot:,} hot cells in {run.seconds:.1f} s."
        )
        for row in hot_rows(run)[:10]:
            self.stdout.write(
                f"  {row.observed:>5} cases where {row.expected:.1f} are expected, q {row.q:.2g}: {row.place_words}"
            )
