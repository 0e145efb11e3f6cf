"""One real pile of waste at one place, what was done about it, and its history."""

from datetime import timedelta

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reports.models.place import Area, Body


class Status(models.TextChoices):
    NEW = "new", _("received")
    CONFIRMED = "confirmed", _("confirmed")
    CLEANED = "cleaned", _("cleaned, with photo")
    VERIFIED = "verified", _("checked clean")
    REFUSED = "refused", _("cannot be handled")
    MERGED = "merged", _("same as another")
    WITHDRAWN = "withdrawn", _("withdrawn by its only reporter")


OPEN = (Status.NEW, Status.CONFIRMED)
NOT_WASTE = (Status.REFUSED, Status.MERGED, Status.WITHDRAWN)


class CaseQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status__in=OPEN)

    def counted(self):
        """Cases that the counters count: real waste, once, and told by somebody whose report counts."""
        return self.filter(counts=True).exclude(status__in=NOT_WASTE)

    def with_held_reports(self):
        """Cases with a report that waits for a look: part of a flood, perhaps."""
        return self.filter(models.Exists(self._reports().exclude(held="")))

    def not_only_held(self):
        """Cases that somebody tells of whose report is not held, or that the city opened itself."""
        return self.filter(Q(counts=True) | models.Exists(self._reports().filter(held="")) | ~models.Exists(self._reports()))

    @staticmethod
    def _reports():
        from reports.models.report import Report

        return Report.objects.filter(case=models.OuterRef("pk"))

    def overdue(self, on):
        """Open cases whose deadline has passed by the moment `on`."""
        return self.open().filter(due_at__lt=on)

    def lasting(self, on=None, days: int = 30):
        """Open cases that have been open for longer than `days`."""
        return self.open().filter(observed_at__lt=(on or timezone.now()) - timedelta(days=days))


class Case(models.Model):
    """One pile of waste. Its place, cell, week and time are those of the report that opened it."""

    code = models.CharField(max_length=10, unique=True, help_text="Random Crockford base32; says nothing about the reporter")
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    problem = models.CharField(max_length=12)
    waste_group = models.CharField(max_length=30, blank=True)
    amount = models.CharField(max_length=8)

    location = models.PointField(srid=4326, null=True)
    public_location = models.PointField(srid=4326, null=True, help_text="Centre of the resolution-11 cell: the only point that is public")
    cell = models.BigIntegerField(null=True)
    week = models.DateField()
    observed_at = models.DateTimeField()
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="cases")
    body = models.ForeignKey(Body, null=True, on_delete=models.PROTECT, related_name="cases")

    recurs_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="recurrences")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")

    counts = models.BooleanField(
        default=True, db_default=True,
        help_text="Opened by a report that counts; frozen, but turns true when somebody else's counting report joins",
    )

    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    cleaned_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="cases"
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="case_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="case_cell_goes_with_point", condition=Q(location=None, cell=None) | (~Q(location=None) & ~Q(cell=None))),
            models.CheckConstraint(name="case_has_a_place", condition=~Q(location=None) | ~Q(area=None)),
            models.CheckConstraint(name="case_week_is_a_monday", condition=Q(week__iso_week_day=1)),
            models.CheckConstraint(
                name="case_merged_into_another",
                condition=(Q(status=Status.MERGED) & ~Q(merged_into=None) & ~Q(merged_into=F("id")))
                | (~Q(status=Status.MERGED) & Q(merged_into=None)),
            ),
            models.CheckConstraint(
                name="case_clean_has_a_time", condition=~Q(status__in=[Status.CLEANED, Status.VERIFIED]) | ~Q(cleaned_at=None)
            ),
            models.CheckConstraint(
                name="case_verified_has_a_time", condition=~Q(status=Status.VERIFIED) | ~Q(verified_at=None)
            ),
            models.CheckConstraint(
                name="case_open_is_not_closed",
                condition=(Q(status__in=OPEN) & Q(closed_at=None)) | (~Q(status__in=OPEN) & ~Q(closed_at=None)),
            ),
        ]
        indexes = [
            models.Index(name="case_cell_week", fields=["cell", "week"]),
            models.Index(name="case_open_due", fields=["due_at"], condition=Q(status__in=OPEN)),
            models.Index(name="case_observed", fields=["observed_at", "id"]),
            # the public list of clean places, and the cases that were due in some weeks
            models.Index(name="case_cleaned", fields=["cleaned_at", "id"], condition=Q(status__in=["cleaned", "verified"])),
            models.Index(name="case_clean_due", fields=["due_at"], condition=Q(status__in=["cleaned", "verified"])),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class CaseEvent(models.Model):
    """One line of a case's history. Rows are added, never changed: the application's role may not."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("opened")
        CONFIRMED = "confirmed", _("confirmed")
        REFUSED = "refused", _("refused")
        CLEANED = "cleaned", _("cleaned")
        VERIFIED = "verified", _("checked clean")
        REOPENED = "reopened", _("reopened")
        MERGED = "merged", _("merged into another")
        ABSORBED = "absorbed", _("another was merged into it")
        HANDED_OVER = "handed_over", _("handed over")
        WITHDRAWN = "withdrawn", _("withdrawn by its only reporter")
        VERDICT = "verdict", _("somebody said whether it is clean")
        NOTICE = "notice", _("opened for a notice")
        HELD = "held", _("a report held for a look")
        RELEASED = "released", _("a held report released")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Null is the system itself"
    )
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.CheckConstraint(name="event_kind_known", condition=Q(kind__in=[
            "opened", "confirmed", "refused", "cleaned", "verified", "reopened", "merged", "absorbed", "handed_over", "withdrawn", "verdict",
            "notice", "held", "released",
        ]))]
        indexes = [models.Index(name="event_cleaned_at", fields=["at"], condition=Q(kind="cleaned"))]  # what was cleaned in a week


class Cleanup(models.Model):
    """One visit to a case: its after-photo, a grade, how much was taken, or that nothing was found."""

    class Grade(models.TextChoices):
        A = "A", _("no litter")
        B = "B", _("mostly free of litter")
        C = "C", _("litter in many places")
        D = "D", _("heavily littered")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="cleanups")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cleanups")
    at = models.DateTimeField()
    grade = models.CharField(max_length=1, choices=Grade, blank=True)
    bags = models.PositiveIntegerField(null=True)
    kg = models.DecimalField(max_digits=9, decimal_places=1, null=True)
    nothing_found = models.BooleanField(default=False)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="cleanup_kg_not_negative", condition=Q(kg=None) | Q(kg__gte=0)),
            models.CheckConstraint(
                name="cleanup_nothing_weighs_nothing",
                condition=Q(nothing_found=False) | (Q(kg=None) & Q(bags=None)),
            ),
        ]
