"""`bin/manage check_photos`: is every photo that a row names there, and is it what it was?"""

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from reports.models import Photo
from reports.photos import upkeep


class Command(BaseCommand):
    help = "Compares every stored photo with the SHA-256 on its row; exit code 1 when one is missing or damaged."

    def handle(self, **options: object) -> None:
        with tqdm(total=Photo.objects.count(), unit="photo", disable=None) as bar:
            checked = upkeep.check_photos(tick=bar.update)
        for name in checked.missing.names:
            self.stdout.write(f"missing: {name}")
        for name in checked.damaged.names:
            self.stdout.write(f"damaged: {name}")
        if not checked.is_whole:
            raise CommandError(
                f"{checked.files} files checked: {checked.missing.count} missing, {checked.damaged.count} damaged. "
                "Bring them back from a backup with the restore command."
            )
        self.stdout.write(f"{checked.files} files checked, all are there and whole.")
