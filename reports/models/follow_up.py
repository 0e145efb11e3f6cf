"""What comes after a report: a note, a voice, a verdict on the clean-up, a message to the reporter, a request about data."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reports.models.case import Case
from reports.models.queued import QueuedLetter, QueuedQuerySet
from reports.models.report import Report


class VoiceNote(models.Model):
    """A short recording instead of typed words. Private; the file goes after 30 days."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="voice_note")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True, help_text="Name in the private store; empty once deleted")
    size = models.PositiveIntegerField()
    format = models.CharField(max_length=8)
    received_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(name="voice_name", fields=["name"])]


class Note(models.Model):
    """Words that the reporter added later. Never public."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]


class Verdict(models.Model):
    """“Clean” or “not clean”, said of one clean-up by somebody who was there. Weighed by how they know."""

    class Source(models.TextChoices):
        REPORTER = "reporter", _("the reporter")
        NEAR = "near", _("somebody within 100 m")
        SIGN = "sign", _("somebody at the QR sign")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="verdicts")
    cleaned_at = models.DateTimeField(help_text="Which clean-up it is about")
    clean = models.BooleanField()
    source = models.CharField(max_length=8, choices=Source)
    report = models.ForeignKey(Report, null=True, on_delete=models.CASCADE, related_name="verdicts")
    reporter = models.BinaryField(max_length=32, null=True, help_text="Keyed hash of the device, deleted after 30 days")
    distance_m = models.FloatField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(name="verdict_reporter_once", fields=["report", "cleaned_at"], condition=~Q(report=None)),
            models.UniqueConstraint(
                name="verdict_device_once", fields=["case", "cleaned_at", "reporter"], condition=Q(report=None) & ~Q(reporter=None)
            ),
            models.CheckConstraint(name="verdict_source_known", condition=Q(source__in=["reporter", "near", "sign"])),
        ]


class Message(QueuedLetter):
    """One message to one reporter, at most one of each kind. The row is the queue; it waits 60 s, so that an undo cancels it."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        CLEANED = "cleaned", _("cleaned, with photo")
        REFUSED = "refused", _("cannot be handled")

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=8, choices=Kind)
    channel = models.CharField(max_length=12, blank=True, help_text="A name in the channel table, once one was chosen")
    recipient = models.BinaryField(max_length=32, null=True, help_text="Keyed hash of the address it went to, deleted after 30 days")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    objects = QueuedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="message_kind_once", fields=["report", "kind"]),
            models.CheckConstraint(name="message_kind_known", condition=Q(kind__in=["received", "cleaned", "refused"])),
        ]
        indexes = [
            models.Index(name="message_queue", fields=["next_try", "id"], condition=Q(processed_at=None, failed_at=None)),
            models.Index(name="message_dead", fields=["id"], condition=~Q(failed_at=None)),
            models.Index(name="message_recipient", fields=["recipient", "claimed_at"], condition=~Q(recipient=None)),
        ]


class DataRequest(models.Model):
    """What a reporter asks about their own data; answered within two working days."""

    class Kind(models.TextChoices):
        SEE = "see", _("see the data")
        CORRECT = "correct", _("correct the contact")
        WITHDRAW = "withdraw", _("withdraw consent or the report")
        DELETE = "delete", _("delete everything")
        OTHER = "other", _("something else")

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="data_requests")
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(name="data_request_kind_known", condition=Q(kind__in=["see", "correct", "withdraw", "delete", "other"]))
        ]
        indexes = [models.Index(name="data_request_open", fields=["due_at"], condition=Q(closed_at=None))]


class PrivateLook(models.Model):
    """A member opened something private: an original photo, a voice note, a contact. Rows are added, never changed."""

    class What(models.TextChoices):
        ORIGINAL = "original", _("original photo")
        VOICE = "voice", _("voice note")
        CONTACT = "contact", _("contact details")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=What)
    report_code = models.CharField(max_length=10, blank=True)
    object_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.CheckConstraint(name="look_what_known", condition=Q(what__in=["original", "voice", "contact"]))]
