"""A case's history: rows that are added and never changed, each sealed with the hash of the one before."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reports.models.case import Case


class EventKind(models.TextChoices):
    OPENED = "opened", _("opened")
    CONFIRMED = "confirmed", _("confirmed")
    REFUSED = "refused", _("refused")
    ASSIGNED = "assigned", _("assigned")
    STARTED = "started", _("work begun")
    ON_HOLD = "on_hold", _("put on hold")
    RESUMED = "resumed", _("taken up again")
    CLEANED = "cleaned", _("cleaned")
    VISITED = "visited", _("visited, not cleaned")
    VERIFIED = "verified", _("checked clean")
    REOPENED = "reopened", _("reopened")
    MERGED = "merged", _("merged into another")
    ABSORBED = "absorbed", _("another was merged into it")
    UNMERGED = "unmerged", _("merge taken back")
    GAVE_BACK = "gave_back", _("another was taken out of it again")
    SPLIT = "split", _("reports split off")
    SPLIT_OFF = "split_off", _("opened with reports of another")
    HANDED_OVER = "handed_over", _("handed over")
    REROUTED = "rerouted", _("passed on to another body")
    MOVED = "moved", _("place corrected")
    KIND_CHANGED = "kind_changed", _("kind corrected")
    PRIORITISED = "prioritised", _("priority set")
    NOTED = "noted", _("note")
    LINKED = "linked", _("linked with another")
    UNDONE = "undone", _("undone")
    WITHDRAWN = "withdrawn", _("withdrawn by its only reporter")
    VERDICT = "verdict", _("somebody said whether it is clean")
    NOTICE = "notice", _("opened for a notice")
    HELD = "held", _("a report held for a look")
    RELEASED = "released", _("a held report released")


class CaseEvent(models.Model):
    """One line of a case's history. The database numbers and hashes it (reports/migrations/0011_sealed_history.py) and
    refuses to change or delete it; the application's role has no right to. What residents wrote is never part of it."""

    Kind = EventKind

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=EventKind)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Null is the system itself"
    )
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    number = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="1, 2, 3 … within the case; given by the database")
    hash = models.BinaryField(max_length=32, default=b"", db_default=b"", editable=False, help_text="SHA-256 over the hash before it and this line")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(name="event_kind_known", condition=Q(kind__in=EventKind.values)),
            models.UniqueConstraint(name="event_number_once", fields=["case", "number"]),
        ]
        indexes = [models.Index(name="event_cleaned_at", fields=["at"], condition=Q(kind="cleaned"))]  # what was cleaned in a week
