"""`bin/manage member_leaves USERNAME --to OTHER`: deactivate a member and hand over their open cases."""

from django.core.management.base import BaseCommand, CommandError

from citylab import accounts
from citylab.models import Member


class Command(BaseCommand):
    help = "Deactivate a member who leaves and hand their open cases to another, or to nobody."

    def add_arguments(self, parser) -> None:
        parser.add_argument("username")
        parser.add_argument("--to", metavar="USERNAME")

    def handle(self, *args: object, **options) -> None:
        member = self._member(options["username"])
        successor = self._member(options["to"]) if options["to"] else None
        count = accounts.leave(member, None, successor)
        self.stdout.write(f"{member.username} left; {count} open cases went to {successor or 'nobody'}.")

    def _member(self, username: str) -> Member:
        member = Member.objects.filter(username=username, left_at=None).first()
        if member is None:
            raise CommandError(f"No member is called {username}.")
        return member
