"""`bin/manage check_photos`: is every photo that a row names there, and is it what it was?"""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from reports.models import Photo
from reports.photos import upkeep


class Command(BaseCommand):
    help = "Compares every stored photo with the SHA-256 on its row; exit code 1 when one is missing or damaged."

    def handle(self, **options: object) -> None:
        with tqdm(total=Photo.objects.count(), unit="photo", disable=None) as bar:
            checked = upkeep.check_photos(tick=bar.update)
        for name in checked.missing.names:
            self.stdout.write(_("missing: %(name)s") % {"name": name})
        for name in checked.damaged.names:
            self.stdout.write(_("damaged: %(name)s") % {"name": name})
        counts = {"files": checked.files, "missing": checked.missing.count, "damaged": checked.damaged.count}
        if not checked.is_whole:
            raise CommandError(
                _("%(files)s files checked: %(missing)s missing, %(damaged)s damaged. Bring them back from a backup.") % counts
            )
        self.stdout.write(_("%(files)s files checked, all are there and whole.") % counts)
