"""`bin/manage invite FILE`: accounts from a CSV of officers, each with a one-time link."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from citylab import accounts
from citylab.models import Member


class Command(BaseCommand):
    help = "Make accounts from a CSV (username, name, email, role, areas) and print a one-time link for each."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--again", metavar="USERNAME", help="a fresh link for a member who lost theirs")

    def handle(self, *args: object, **options) -> None:
        if options["again"]:
            member = Member.objects.filter(username=options["again"], left_at=None).first()
            if member is None:
                raise CommandError(f"No member is called {options['again']}.")
            self.stdout.write(accounts.make_link(member))
            return
        if options["file"] is None:
            raise CommandError("Name the CSV file, or --again USERNAME.")
        try:
            lines = options["file"].read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        invited = accounts.invite(lines)
        for username, link in invited.links.items():
            self.stdout.write(f"{username}\t{link}")
        for username in invited.without_area:
            self.stderr.write(f"{username} is a ward officer without an area and sees nothing until an administrator gives one.")
        for username in invited.already:
            self.stderr.write(f"{username} has an account already; --again {username} makes a fresh link.")
        for line, reason in invited.errors:
            self.stderr.write(f"line {line}: {reason}")
        if invited.errors:
            raise CommandError(f"{len(invited.errors)} lines were not taken; the others were.")
