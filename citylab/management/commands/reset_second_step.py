"""`bin/manage reset_second_step USERNAME`: for a member whose phone and recovery codes are gone."""

from django.core.management.base import BaseCommand, CommandError

from citylab import second_step
from citylab.models import Member


class Command(BaseCommand):
    help = "Let a member sign in with the password alone again; an administrator then has to set the second step up anew."

    def add_arguments(self, parser) -> None:
        parser.add_argument("username")

    def handle(self, *args: object, **options) -> None:
        member = Member.objects.filter(username=options["username"], left_at=None).first()
        if member is None:
            raise CommandError(f"No member is called {options['username']}.")
        second_step.switch_off(member)
        self.stdout.write(f"{member.username} signs in with the password alone.")
