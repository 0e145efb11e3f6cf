"""`bin/manage reap_photos`: remove the files that no row names, left behind by uploads that were cut off."""

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from reports.photos import limits, upkeep


class Command(BaseCommand):
    help = "Removes stored photo files that no row names and that are older than a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=float,
            default=limits.ORPHAN_HOURS,
            metavar="HOURS",
            help="age of an orphan (default 24)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only list them")

    def handle(self, older_than: float, dry_run: bool, **options: object) -> None:
        with tqdm(unit="file", disable=None) as bar:
            reaped = upkeep.reap_photos(older_than=timedelta(hours=older_than), dry_run=dry_run, tick=bar.update)
        for name in reaped.removed.names:
            self.stdout.write(name)
        done = "found" if dry_run else "removed"
        self.stdout.write(
            f"{reaped.files} files looked at, {reaped.removed.count} orphans {done}, {reaped.young} too young to tell."
        )
