"""A letter to a member of the staff: the digest of a day, or a hazard at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reports.models.queued import QueuedLetter, QueuedQuerySet


class StaffLetter(QueuedLetter):
    """One letter to one member about one day or one case, never twice. The row is the queue; its words are found when it is sent."""

    class Kind(models.TextChoices):
        DIGEST = "digest", _("the day’s work")
        HAZARD = "hazard", _("hazard")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=8, choices=Kind)
    about = models.CharField(max_length=10, help_text="The day (2026-11-30) or the code of the case")
    created_at = models.DateTimeField()

    objects = QueuedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="staff_letter_once", fields=["member", "kind", "about"]),
            models.CheckConstraint(name="staff_letter_kind_known", condition=Q(kind__in=["digest", "hazard"])),
        ]
        indexes = [
            models.Index(name="staff_letter_queue", fields=["next_try", "id"], condition=Q(processed_at=None, failed_at=None)),
            models.Index(name="staff_letter_dead", fields=["id"], condition=~Q(failed_at=None)),
        ]
