"""bin/manage import_reports FILE: many reports at once, by the same rules as one."""

import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from reports.geography.map_files import FileProblem
from reports.grouping.steps import group_pending
from reports.imports.bulk import Outcome, Wish, check_file, import_file
from reports.imports.lines import Mapping
from reports.models import Report

MAPPED = {
    "accuracy": "how far off the place may be, in metres",
    "area": "code of the ward or commune, where there is no point",
    "description": "what was written",
    "waste-types": "codes of waste types, separated by commas",
    "problem": "litter, dump, burning or uncollected",
    "amount": "bag, cart, truck or unknown",
    "reporter": "whatever tells reporters apart; only a keyed hash of it is kept, for 30 days. Without it every row is a reporter of its own",
    "id": "the source's own key of a row, so that a changed file can be imported again",
}


class Command(BaseCommand):
    help = "Imports reports from CSV, XLSX, GeoJSON, GeoPackage, shapefile or Parquet, and groups them into cases."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: object) -> ArgumentParser:
        kwargs["formatter_class"] = RawDescriptionHelpFormatter
        kwargs["epilog"] = (
            "A column given as “=dump” is the value “dump” in every row. Times are ISO 8601, dd/mm/yyyy with or without a time, or\n"
            "seconds since 1970; without a time zone they are the city's clocks. Importing a file again changes nothing: a row is\n"
            "known by --source and --id, or else by all that it holds."
        )
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--lon", default="", metavar="COLUMN", help="longitude; a map file's points are used without it")
        parser.add_argument("--lat", default="", metavar="COLUMN", help="latitude")
        parser.add_argument("--time", required=True, metavar="COLUMN", help="when it was seen")
        parser.add_argument("--days-since", type=date.fromisoformat, metavar="DATE", help="the time is a number of days since this date")
        for name, meaning in MAPPED.items():
            parser.add_argument(f"--{name}", default="", metavar="COLUMN", help=meaning)
        parser.add_argument("--source", default="", metavar="NAME", help="where the rows come from; else the file's name")
        parser.add_argument("--anywhere", action="store_true", help="take places outside the city too")
        parser.add_argument("--strict", action="store_true", help="take no row when one is bad")
        parser.add_argument("--dry-run", action="store_true", help="say what would be taken and take nothing")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write all bad lines with their reasons to this CSV")
        parser.add_argument("--layer", metavar="NAME", help="layer of a GeoPackage or sheet of a spreadsheet")
        parser.add_argument("--encoding", default="", metavar="NAME", help="of a text file, where it is not UTF-8")
        parser.add_argument("--crs", default="", metavar="SYSTEM", help="of a map file that names none, such as EPSG:4326")

    def handle(self, *, file: Path, strict: bool, dry_run: bool, **options: object) -> None:
        if bool(options["lon"]) != bool(options["lat"]):
            raise CommandError("Name both --lon and --lat, or neither.")
        mapping = Mapping(**{name: options[name] for name in Mapping.__dataclass_fields__})
        own = {name: options[name] for name in ("days_since", "anywhere", "layer", "encoding", "crs", "errors")}
        wish = Wish(path=file, mapping=mapping, source=options["source"] or file.stem, **own)
        try:
            if strict or dry_run:
                outcome = self._read("Checking", check_file, wish)
            if dry_run or (strict and outcome.bad):
                self._tell(file, outcome, wish, "would be taken")
                if strict and outcome.bad:
                    raise CommandError(f"Nothing was taken: {outcome.bad:,} of {outcome.rows:,} lines are bad (--strict).")
                return
            started = time.perf_counter()
            outcome = self._read("Importing", import_file, wish)
        except FileProblem as problem:
            raise CommandError(str(problem)) from problem
        seconds = time.perf_counter() - started
        self._tell(file, outcome, wish, "new")
        self.stdout.write(f"Imported in {seconds:.1f} s: {outcome.rows / max(seconds, 1e-9):,.0f} rows/s.")
        self._group()

    def _read(self, what: str, through, wish: Wish) -> Outcome:
        """Reads the file through, with a bar that is full when the file is read."""
        form = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
        with tqdm(total=1.0, desc=what, bar_format=form, file=self.stderr, mininterval=0.5) as bar:
            rows = 0

            def progress(read: int, share: float) -> None:
                nonlocal rows
                rows += read
                bar.set_postfix_str(f"{rows:,} rows", refresh=False)
                bar.update(share - bar.n)

            return through(wish, progress)

    def _group(self) -> None:
        waiting = Report.objects.unprocessed().count()
        if not waiting:
            return
        started = time.perf_counter()
        with tqdm(total=waiting, desc="Grouping", unit=" reports", file=self.stderr, mininterval=0.5) as bar:
            grouped = group_pending(bar.update)
        seconds = time.perf_counter() - started
        self.stdout.write(f"Grouped {grouped:,} reports into cases in {seconds:.1f} s: {grouped / max(seconds, 1e-9):,.0f} reports/s.")

    def _tell(self, file: Path, outcome: Outcome, wish: Wish, new: str) -> None:
        for problem in outcome.first_problems:
            self.stderr.write(f"{file.name}, line {problem.line}: {problem.reason}")
        if outcome.bad > len(outcome.first_problems):
            where = f"all of them are in {wish.errors}" if wish.errors else "name a file with --errors FILE to have them all"
            self.stderr.write(f"… and {outcome.bad - len(outcome.first_problems):,} more; {where}.")
        changed = f" ({outcome.changed:,} of these differ from what was imported before, which was kept)" if outcome.changed else ""
        self.stdout.write(f"{file.name}: {outcome.new:,} {new}, {outcome.there:,} already there{changed}, {outcome.bad:,} bad, of {outcome.rows:,} lines.")
        if outcome.without_zone:
            self.stdout.write(f"{outcome.without_zone:,} times name no time zone and were read as {settings.CITY.time_zone}.")
