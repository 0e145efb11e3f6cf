"""`bin/manage verify_history`: whether the history of every case is still what was written."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from reports.history import first_broken_line
from reports.models import Case


class Command(BaseCommand):
    help = "Compute the hashes of every case's history anew, and name the first line that is not as it was written."

    def handle(self, *args: object, **options: object) -> None:
        last = Case.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        with tqdm(total=last, unit=" cases", disable=None) as bar:
            broken = first_broken_line(bar.update)
        if broken is not None and not broken.number:
            raise CommandError(f"Case {broken.case}: all of its history is gone.")
        if broken is not None:
            raise CommandError(
                f"Case {broken.case}: line {broken.number} of its history ({broken.kind}, row {broken.event}) is not as it was written, "
                "or what followed it is gone."
            )
        self.stdout.write("The history of every case is as it was written.")
