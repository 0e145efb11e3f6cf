"""`bin/manage hash_photos`: gives photos of earlier versions the hashes by which the same picture is found again."""

from django.core.management.base import BaseCommand
from tqdm import tqdm

from reports.photos import fingerprints


class Command(BaseCommand):
    help = "Computes the perceptual hashes of photos that were checked before there were any; new photos get theirs with the check."

    def handle(self, **options: object) -> None:
        with tqdm(total=fingerprints.without_hashes().count(), unit="photo", disable=None) as bar:
            done, unreadable = fingerprints.hash_waiting(tick=bar.update)
        self.stdout.write(f"{done} photos hashed." + (f" {unreadable} could not be read: run check_photos." if unreadable else ""))
