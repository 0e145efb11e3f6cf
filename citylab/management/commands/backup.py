"""`bin/manage backup DIR`."""

import base64
from pathlib import Path

import environ
from django.core.management.base import BaseCommand, CommandError

from citylab import backup
from citylab.sealing import Unsealable


class Command(BaseCommand):
    help = "Write the database and the photos into a new folder below DIR; sealed when CITYLAB_BACKUP_KEY is set."

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: object, **options) -> None:
        key = environ.Env()("CITYLAB_BACKUP_KEY", default="")
        try:
            done = backup.backup(
                options["folder"],
                key=base64.urlsafe_b64decode(key) if key else None,
                progress=lambda step: self.stderr.write(f"backup: {step}"),
            )
        except (backup.BackupError, Unsealable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.folder}: {done.rows} rows, {done.files} files")
