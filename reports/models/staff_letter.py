"""A letter to a member of the staff: the digest of a day, or a hazard at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StaffLetterQuerySet(models.QuerySet):
    def unprocessed(self) -> StaffLetterQuerySet:
        """Letters that wait, or whose sending has begun: the queue."""
        return self.filter(processed_at=None, failed_at=None)

    def dead(self) -> StaffLetterQuerySet:
        """Letters that could not be sent, or of which nobody knows whether they were, until a person decides."""
        return self.exclude(failed_at=None)


class StaffLetter(models.Model):
    """One letter to one member about one day or one case, never twice. The row is the queue; its words are found when it is sent."""

    class Kind(models.TextChoices):
        DIGEST = "digest", _("the day’s work")
        HAZARD = "hazard", _("hazard")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=8, choices=Kind)
    about = models.CharField(max_length=10, help_text="The day (2026-11-30) or the code of the case")
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, help_text="When a worker began to hand it over; without sent_at nobody knows whether it went out")
    sent_at = models.DateTimeField(null=True)

    processed_at = models.DateTimeField(null=True)
    next_try = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, help_text="Why it was not sent, in a word, or the kind of the last error")

    objects = StaffLetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="staff_letter_once", fields=["member", "kind", "about"]),
            models.CheckConstraint(name="staff_letter_kind_known", condition=Q(kind__in=["digest", "hazard"])),
        ]
        indexes = [
            models.Index(name="staff_letter_queue", fields=["next_try", "id"], condition=Q(processed_at=None, failed_at=None)),
            models.Index(name="staff_letter_dead", fields=["id"], condition=~Q(failed_at=None)),
        ]
