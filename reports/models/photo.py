"""A photo on its way from hostile bytes to a picture that may be shown."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reports.models.case import Case, Cleanup
from reports.models.report import Report


class PhotoQuerySet(models.QuerySet):
    def unprocessed(self):
        return self.filter(processed_at=None, failed_at=None)

    def dead(self):
        return self.exclude(failed_at=None)


class Photo(models.Model):
    """One photo of a report or of a clean-up. Private until it is published."""

    class State(models.TextChoices):
        QUARANTINED = "quarantined", _("waiting for the check")
        CLEAN = "clean", _("checked, private")
        PUBLISHED = "published", _("published")
        REJECTED = "rejected", _("could not be used")

    class Kind(models.TextChoices):
        REPORT = "report", _("sent with the report")
        BEFORE = "before", _("before cleaning")
        AFTER = "after", _("after cleaning")

    report = models.ForeignKey(Report, null=True, on_delete=models.CASCADE, related_name="photos")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="photos", help_text="Set for photos of a clean-up")
    cleanup = models.ForeignKey(Cleanup, null=True, on_delete=models.PROTECT, related_name="photos")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.REPORT)
    position = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=11, choices=State, default=State.QUARANTINED)
    reject_reason = models.CharField(max_length=200, blank=True)

    original_sha256 = models.CharField(max_length=64)
    original_name = models.CharField(max_length=120, blank=True, help_text="Name in the private store; empty once deleted")
    original_size = models.PositiveIntegerField()
    original_format = models.CharField(max_length=8)
    large_sha256 = models.CharField(max_length=64, blank=True)
    large_name = models.CharField(max_length=120, blank=True)
    small_sha256 = models.CharField(max_length=64, blank=True)
    small_name = models.CharField(max_length=120, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)

    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    next_try = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="photo_position_once", fields=["report", "position"], condition=Q(kind="report")),
            models.CheckConstraint(
                name="photo_belongs_somewhere",
                condition=Q(kind="report", report__isnull=False) | Q(kind__in=["before", "after"], case__isnull=False),
            ),
            models.CheckConstraint(name="photo_position_1_to_3", condition=Q(position__gte=1, position__lte=3)),
            models.CheckConstraint(name="photo_state_known", condition=Q(state__in=["quarantined", "clean", "published", "rejected"])),
            models.CheckConstraint(
                name="photo_shown_has_renditions",
                condition=Q(state__in=["quarantined", "rejected"]) | (~Q(large_name="") & ~Q(small_name="")),
            ),
        ]
        indexes = [
            models.Index(name="photo_queue", fields=["next_try", "id"], condition=Q(processed_at=None, failed_at=None)),
            models.Index(name="photo_dead", fields=["id"], condition=~Q(failed_at=None)),
            # the reaper asks by name whether a row still knows a file
            models.Index(name="photo_original_name", fields=["original_name"]),
            models.Index(name="photo_large_name", fields=["large_name"]),
            models.Index(name="photo_small_name", fields=["small_name"]),
        ]
