"""Periodic jobs that happen once a period, however many clocks tick."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from citylab.models import JobRun


@contextmanager
def once_a_period(job: str, period: str) -> Iterator[bool]:
    """Yield True to the one caller who may do the job for this period, False to every other.

    The advisory lock lasts until the transaction ends and the row is written in it: a job that fails leaves no row
    and is done again; a second caller meanwhile goes away empty-handed.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"job:{job}:{period}"])
            free = cursor.fetchone()[0]
        if not free or JobRun.objects.filter(job=job, period=period).exists():
            yield False
            return
        yield True
        JobRun.objects.create(job=job, period=period)
