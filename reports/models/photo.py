"""A photo on its way from hostile bytes to a picture that may be shown."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reports.models.case import Case
from reports.models.cleanup import Cleanup
from reports.models.queued import Queued, QueuedQuerySet
from reports.models.report import Report


class PhotoQuerySet(QueuedQuerySet):
    def public(self):
        """Photos that anybody may see at this moment: published, not flagged since, and of no report that was taken back."""
        return self.filter(state=Photo.State.PUBLISHED, flagged_at=None, report__withdrawn_at=None)

    def waiting_for_a_person(self):
        """Photos that somebody has to look at: never decided about, or flagged after they were published."""
        new = Q(state=Photo.State.CLEAN, looked_at=None)
        return self.filter(new | Q(state=Photo.State.PUBLISHED, flagged_at__isnull=False), report__withdrawn_at=None)


class Photo(Queued):
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
    public_large_sha256 = models.CharField(max_length=64, blank=True)
    public_large_name = models.CharField(max_length=120, blank=True, help_text="Blurred rendition, made when it is published")
    public_small_sha256 = models.CharField(max_length=64, blank=True)
    public_small_name = models.CharField(max_length=120, blank=True)
    phash = models.BigIntegerField(null=True, help_text="Perceptual hash (DCT) of what was sent, signed 64 bits, to find the same picture again")
    dhash = models.BigIntegerField(null=True, help_text="Perceptual hash (gradients), signed 64 bits")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)

    looked_at = models.DateTimeField(null=True, help_text="When a person last decided about it")
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True)
    flagged_at = models.DateTimeField(null=True, help_text="Somebody said that a person can be seen: hidden until a person looks")
    flags = models.PositiveIntegerField(default=0)

    received_at = models.DateTimeField()

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
            models.CheckConstraint(
                name="photo_published_is_blurred",
                condition=~Q(state="published") | (~Q(public_large_name="") & ~Q(public_small_name="") & ~Q(published_at=None)),
            ),
        ]
        indexes = [
            models.Index(name="photo_queue", fields=["next_try", "id"], condition=Q(processed_at=None, failed_at=None)),
            models.Index(name="photo_dead", fields=["id"], condition=~Q(failed_at=None)),
            # the reaper asks by name whether a row still knows a file
            models.Index(name="photo_original_name", fields=["original_name"]),
            models.Index(name="photo_large_name", fields=["large_name"]),
            models.Index(name="photo_small_name", fields=["small_name"]),
            models.Index(name="photo_public_large_name", fields=["public_large_name"]),
            models.Index(name="photo_public_small_name", fields=["public_small_name"]),
            models.Index(name="photo_to_look_at", fields=["received_at"], condition=Q(state="clean", looked_at=None) | Q(state="published", flagged_at__isnull=False)),
            # a repeat of the same bytes is a sign of a flood
            models.Index(name="photo_original_sha256", fields=["original_sha256"]),
        ]


class PhotoCheck(Queued):
    """The search for people, plates and nudity on a clean photo. The row is the queue; nobody has to serve it.

    A check that did not end in `done` never publishes anything: the photo waits for a person, who sees why.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("package missing")
        FAILED = "failed", _("failed")

    photo = models.OneToOneField(Photo, on_delete=models.CASCADE, related_name="check_for_people")
    faces = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    plates = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    nudity = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    boxes = models.JSONField(default=list, help_text="[{kind, x, y, w, h, score}], shares of width and height of the large rendition")
    held = models.BooleanField(default=False, help_text="The nudity check hit: held for a person, never deleted")
    model = models.CharField(max_length=200, blank=True, help_text="Names and versions of what decided")

    created_at = models.DateTimeField()

    objects = QueuedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="photo_check_queue", fields=["next_try", "id"], condition=Q(processed_at=None, failed_at=None)),
            models.Index(name="photo_check_dead", fields=["id"], condition=~Q(failed_at=None)),
        ]


class PhotoDecision(models.Model):
    """Who decided what about a photo's being public. Rows are added, never changed, and outlive the photo."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("made public")
        KEPT = "kept", _("looked at after a flag, and shown again")
        REJECTED = "rejected", _("not to be shown")
        FLAGGED = "flagged", _("hidden until a person looks")

    photo = models.ForeignKey(Photo, on_delete=models.DO_NOTHING, db_constraint=False, related_name="decisions")
    kind = models.CharField(max_length=9, choices=Kind)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Null is the system itself, or for a flag somebody on the public page",
    )
    reason = models.CharField(max_length=200, blank=True)
    boxes = models.JSONField(default=list, help_text="What was blurred, as in the photo's check")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the large rendition that became public")

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.CheckConstraint(name="photo_decision_known", condition=Q(kind__in=["published", "kept", "rejected", "flagged"]))]
