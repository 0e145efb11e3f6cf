"""bin/manage load_areas FILE: administrative units or overlays from GeoJSON, GeoPackage or a shapefile."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from citylab.cities.pack import city_pack
from reports.geography.area_files import COLUMNS, AreaDefaults, read_areas_from
from reports.geography.area_store import store_areas
from reports.geography.assignment import assign_areas
from reports.geography.city_load import sync_responsibilities
from reports.geography.map_files import FileProblem, read_map_file
from reports.models import Area


class Command(BaseCommand):
    help = (
        "Loads units or overlays (beach, port, canal …) from a map file. Former units are kept with the day on which they ended; "
        "real polygons take the place of approximate ones. Safe to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--layer", choices=Area.Layer.values, default="", help="unit or overlay, where the file does not say"
        )
        parser.add_argument(
            "--kind", default="", help="kind of area as the city pack names it, where the file does not say"
        )
        parser.add_argument(
            "--valid-from", type=date.fromisoformat, help="first day in force, where the file does not say"
        )
        parser.add_argument(
            "--complete", action="store_true", help="these are all units: end those that are not among them"
        )
        parser.add_argument("--crs", default="", help="reference system to assume, such as EPSG:4326")
        parser.add_argument("--file-layer", help="name of the layer, where the file has several")
        parser.add_argument("--strict", action="store_true", help="load nothing when a row is wrong")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and load nothing")
        for field in COLUMNS:
            parser.add_argument(
                f"--{field.replace('_', '-')}-column", metavar="NAME", help=f"this file's column for {field}"
            )

    def handle(self, *, file: Path, strict: bool, dry_run: bool, complete: bool, **options: object) -> None:
        city = city_pack()
        defaults = AreaDefaults(
            valid_from=options["valid_from"] or city.areas.valid_from,
            layer=options["layer"],
            kind=options["kind"],
            columns=tuple((field, options[f"{field}_column"]) for field in COLUMNS if options[f"{field}_column"]),
        )
        try:
            records, problems = read_areas_from(
                read_map_file(file, options["crs"], options["file_layer"]), city, defaults
            )
        except FileProblem as problem:
            raise CommandError(str(problem)) from problem
        for problem in problems:
            self.stderr.write(f"{file.name}, {problem}")
        if problems and (strict or not records or complete):
            raise CommandError(f"Nothing was loaded: {len(problems)} of {len(records) + len(problems)} rows are wrong.")
        with transaction.atomic():
            changes = store_areas(records, complete=complete)
            sync_responsibilities(city)
            moved = assign_areas(changes.redrawn) if changes.moved_borders else 0
            if dry_run:
                transaction.set_rollback(True)
        for note in changes.notes:
            self.stderr.write(note)
        self.stdout.write(
            f"{len(changes.added)} added, {len(changes.redrawn)} redrawn, {len(changes.changed)} renamed, {len(changes.ended)} ended, "
            f"{changes.unchanged} unchanged, {len(problems)} left out; {moved} reports and cases now name another area."
            + (" Nothing was kept (--dry-run)." if dry_run else "")
        )
