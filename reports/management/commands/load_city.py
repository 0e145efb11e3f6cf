"""bin/manage load_city: brings the database up to the city pack; `bin/up` calls it at each start."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError

from citylab.cities.pack import city_pack
from reports.geography.city_stamp import is_loaded

LISTED_AHEAD = timedelta(days=60)  # a deadline near the turn of the year already needs the next year's days


class Command(BaseCommand):
    help = "Loads waste types, areas, bodies, routing and populations of the city pack. Does nothing when the pack did not change."

    requires_system_checks = []  # called at every start; the checks load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="load it even though nothing changed")

    def handle(self, *, force: bool, verbosity: int, **options: object) -> None:
        city = city_pack()
        known = city.calendar.known_until
        if known is None or known - city.calendar.today() < LISTED_AHEAD:
            listed = f"are listed only until {known:%d %B %Y}" if known else "are not listed"
            self.stderr.write(f"{city.name}: public holidays {listed}; later deadlines count weekends only. Add the next year to holidays.csv.")
        if not force and is_loaded(city):
            if verbosity:
                self.stdout.write(f"{city.name}: the city pack is loaded already.")
            return
        # Only now: the loaders bring the map libraries, which take longer than the question above.
        from reports.geography.assignment import assign_areas
        from reports.geography.city_load import load_city
        from reports.geography.map_files import FileProblem

        try:
            changes = load_city(city)
        except (FileProblem, ValueError) as problem:
            raise CommandError(f"The city pack “{city.id}” could not be loaded: {problem}") from problem
        if changes.moved_borders:
            assign_areas(changes.redrawn)
        if not verbosity:
            return
        self.stdout.write(
            f"{city.name}: loaded {len(city.waste_types)} waste types, {len(changes.added)} new and "
            f"{len(changes.redrawn) + len(changes.changed)} changed areas, {len(city.bodies)} bodies besides those of the units."
        )
