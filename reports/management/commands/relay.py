"""`bin/manage relay`: publishes waiting rows to the broker until it is told to stop."""

import signal

from django.core.management.base import BaseCommand

from reports import relay


class Command(BaseCommand):
    help = "Publish the ids of waiting reports and photos to the workers, until stopped."

    def handle(self, *args: object, **options: object) -> None:
        stopped = False

        def stop(*_: object) -> None:
            nonlocal stopped
            stopped = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        relay.run(lambda: stopped)
