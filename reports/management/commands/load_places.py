"""bin/manage load_places FILE: named places for words and search."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from citylab.cities.pack import city_pack
from reports.geography.map_files import FileProblem
from reports.geography.place_files import PlaceDefaults, read_place_rows, read_places_from, store_places


class Command(BaseCommand):
    help = (
        "Loads named places (markets, schools, beaches …) from a map file or a CSV with lon and lat. They are used in words "
        "(“near the market”) and in the search. Safe to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", default="", help="kind of place, where the file does not say")
        parser.add_argument("--crs", default="", help="reference system to assume, such as EPSG:4326")
        parser.add_argument("--strict", action="store_true", help="load nothing when a row is wrong")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and load nothing")

    def handle(self, *, file: Path, kind: str, crs: str, strict: bool, dry_run: bool, **options: object) -> None:
        defaults = PlaceDefaults(listed=city_pack().listed_places, kind=kind)
        try:
            records, problems = read_places_from(read_place_rows(file, crs), defaults)
        except FileProblem as problem:
            raise CommandError(str(problem)) from problem
        for problem in problems:
            self.stderr.write(f"{file.name}, {problem}")
        if problems and (strict or not records):
            raise CommandError(f"Nothing was loaded: {len(problems)} of {len(records) + len(problems)} rows are wrong.")
        with transaction.atomic():
            changes = store_places(records)
            if dry_run:
                transaction.set_rollback(True)
        self.stdout.write(
            f"{changes.added} added, {changes.changed} changed, {changes.unchanged} unchanged, {changes.passed_over} passed over "
            f"(no name or no landmark), {changes.outside} outside the city, {len(problems)} wrong."
            + (" Nothing was kept (--dry-run)." if dry_run else "")
        )
