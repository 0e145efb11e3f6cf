"""bin/manage analyse FILE: hotspots of any file of reports, without a database."""

from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from zoneinfo import available_timezones

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from analytics.analyse_file import analyse_file, summary
from analytics.report_points import Row
from analytics.scale import RESOLUTIONS, WINDOWS


class Command(BaseCommand):
    help = (
        "Finds hotspots in a file of reports (CSV, XLSX, GeoJSON, GeoPackage, Parquet) and writes every tested hexagon to a "
        "GeoPackage, GeoJSON or CSV. Needs no database. Reports of one place are counted as one case."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--lon", metavar="COLUMN", help="longitude in degrees; a map file's geometry is used without it"
        )
        parser.add_argument("--lat", metavar="COLUMN", help="latitude in degrees")
        parser.add_argument("--time", metavar="COLUMN", required=True, help="2024-12-25T07:30, 25/12/2024 07:30 …")
        parser.add_argument(
            "--days-since", type=date.fromisoformat, metavar="DATE", help="the time is a number of days since this date"
        )
        parser.add_argument(
            "--timezone", default=settings.TIME_ZONE, metavar="NAME", help="whose clocks make the weeks (%(default)s)"
        )
        parser.add_argument(
            "--until", metavar="WEEK", help="last week, such as 2024-W52; else the last whole week of the file"
        )
        parser.add_argument(
            "--domain",
            default="data",
            metavar="data|FILE",
            help="what is tested: around all cases, or a file of polygons",
        )
        parser.add_argument(
            "--resolution", type=int, choices=RESOLUTIONS, help="H3 resolution; else as fine as the cases allow"
        )
        parser.add_argument("--window", type=int, choices=WINDOWS, help="weeks; else as few as the cases allow")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".gpkg, .geojson or .csv")

    def handle(self, *, file: Path, out: Path, timezone: str, **options: object) -> None:
        if timezone not in available_timezones():
            raise CommandError(f"“{timezone}” is not a time zone such as Asia/Ho_Chi_Minh.")
        names = ("lon", "lat", "time", "days_since", "until", "domain", "resolution", "window")

        def progress(rows: Iterable[Row]) -> Iterable[Row]:
            return tqdm(rows, desc="Reading", unit=" lines", file=self.stderr)

        with ExitStack() as open_bars:
            bars: list[tqdm] = []

            def step(name: str) -> None:
                """The second bar, of steps, appears when the first, of lines, is full."""
                if not bars:
                    bars.append(open_bars.enter_context(tqdm(total=3, unit=" steps", file=self.stderr, mininterval=0)))
                bars[0].set_description(name)
                bars[0].update()

            try:
                analysed = analyse_file(
                    file,
                    out,
                    timezone=timezone,
                    progress=progress,
                    step=step,
                    **{name: options[name] for name in names},
                )
            except (ValueError, OSError) as problem:
                raise CommandError(str(problem)) from problem
        self.stdout.write(summary(analysed))
