"""`bin/manage first_admin_link`: the one-time address that makes the first administrator."""

from django.core.management.base import BaseCommand, CommandError

from citylab import accounts


class Command(BaseCommand):
    help = "Print a one-time link that makes the first administrator."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--if-none", action="store_true", help="say nothing when there is an administrator already")

    def handle(self, *args: object, **options: object) -> None:
        link = accounts.first_administrator_link()
        if link:
            self.stdout.write(link)
        elif not options["if_none"]:
            raise CommandError("There is an administrator already. “bin/manage invite FILE” makes links for members.")
