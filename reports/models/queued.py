"""Rows that are a queue: the relay leases what waits, a worker does it, and what failed for good stays until a person decides."""

from __future__ import annotations

from typing import Self

from django.db import models


class QueuedQuerySet(models.QuerySet):
    def unprocessed(self) -> Self:
        """What waits, or has begun: the queue."""
        return self.filter(processed_at=None, failed_at=None)

    def dead(self) -> Self:
        """What failed for good, until a person tries it again."""
        return self.exclude(failed_at=None)


class Queued(models.Model):
    """The columns of a queue. Each table has its own partial indexes beside them: `(next_try, id)` of what waits, `id` of what failed."""

    processed_at = models.DateTimeField(null=True)
    next_try = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        abstract = True


class QueuedLetter(Queued):
    """A letter in a queue: handed over at most once, so a claim is noted before (`reports/notifications/sending.py`)."""

    claimed_at = models.DateTimeField(null=True, help_text="When a worker began to hand it over; without sent_at nobody knows whether it went out")
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, help_text="Why it was not sent, in a word, or the kind of the last error")

    class Meta:
        abstract = True
