"""One real pile of waste at one place, what was done about it, and its history."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reports.models.place import Area, Body


class Status(models.TextChoices):
    NEW = "new", _("received")
    CONFIRMED = "confirmed", _("confirmed")
    ASSIGNED = "assigned", _("assigned")
    IN_PROGRESS = "in_progress", _("in progress")
    ON_HOLD = "on_hold", _("on hold")
    CLEANED = "cleaned", _("cleaned, with photo")
    VERIFIED = "verified", _("checked clean")
    REFUSED = "refused", _("cannot be handled")
    MERGED = "merged", _("same as another")
    WITHDRAWN = "withdrawn", _("withdrawn by its only reporter")


class Priority(models.IntegerChoices):
    """How bad it is, as a person judged it."""

    LOW = 0, _("low")
    NORMAL = 1, _("normal")
    HIGH = 2, _("high")
    URGENT = 3, _("urgent")


OPEN = (Status.NEW, Status.CONFIRMED, Status.ASSIGNED, Status.IN_PROGRESS, Status.ON_HOLD)
RUNNING = (Status.NEW, Status.CONFIRMED, Status.ASSIGNED, Status.IN_PROGRESS)  # open, and the deadline is not paused
NOT_WASTE = (Status.REFUSED, Status.MERGED, Status.WITHDRAWN)

NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # stands for a deadline that is not set, where cases are put in order
DUE_OR_NEVER = Coalesce("due_at", Value(NEVER, output_field=models.DateTimeField()))


def in_sql(states: Iterable[str]) -> str:
    """States as SQL's IN takes them: `'new', 'confirmed'`."""
    return ", ".join(f"'{Status(state).value}'" for state in states)


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
        """Cases whose deadline has passed by the moment `on`; one on hold is never late, its deadline is paused."""
        return self.filter(status__in=RUNNING, due_at__lt=on)

    def due_soon(self, on, hours: int = 24):
        """Cases that are not late at `on` and will be within so many hours."""
        return self.filter(status__in=RUNNING, due_at__gte=on, due_at__lt=on + timedelta(hours=hours))

    def on_time(self):
        """Cases that were cleaned before their deadline, and stayed so."""
        return self.filter(status__in=[Status.CLEANED, Status.VERIFIED], cleaned_at__lt=F("due_at"))

    def reopened(self):
        """Open cases that had been closed before."""
        return self.open().exclude(reopened_at=None)

    def lasting(self, on=None, days: int = 30):
        """Open cases that have been open for longer than `days`."""
        return self.open().filter(observed_at__lt=(on or timezone.now()) - timedelta(days=days))


class Case(models.Model):
    """One pile of waste. Its place, cell, week and time are those of the report that opened it."""

    code = models.CharField(max_length=10, unique=True, help_text="Random Crockford base32; says nothing about the reporter")
    version = models.PositiveIntegerField(default=0, db_default=0, help_text="Grows with each verb: whoever saw an older one is told what changed")
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL, db_default=Priority.NORMAL.value)
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
    reopened_at = models.DateTimeField(null=True, help_text="When it was last opened again; null once it is cleaned")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="cases"
    )
    team = models.ForeignKey("citylab.Team", null=True, on_delete=models.SET_NULL, related_name="cases")
    planned_for = models.DateField(null=True, help_text="The day on which the team is to go there")
    waits_for = models.CharField(max_length=120, blank=True, default="", db_default="", help_text="While on hold: who outside must act")
    waits_since = models.DateTimeField(null=True, help_text="While on hold: since when, so that the deadline moves by as many working days")

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
            models.CheckConstraint(name="case_priority_known", condition=Q(priority__in=Priority.values)),
            models.CheckConstraint(
                name="case_on_hold_waits",
                condition=(Q(status=Status.ON_HOLD) & ~Q(waits_since=None)) | (~Q(status=Status.ON_HOLD) & Q(waits_since=None)),
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
            # the desk: what is open, by deadline, by age and around a place; what a team goes to on a day
            models.Index(DUE_OR_NEVER, "id", name="case_open_deadline", condition=Q(status__in=OPEN)),
            models.Index(name="case_open_seen", fields=["-observed_at", "-id"], condition=Q(status__in=OPEN)),
            models.Index(name="case_open_area", fields=["area", "-observed_at", "-id"], condition=Q(status__in=OPEN)),
            # an expression, since Django forgets the condition of an index on a geometry that is named in `fields`
            GistIndex(F("location"), name="case_open_point", condition=Q(status__in=OPEN)),
            models.Index(name="case_planned", fields=["planned_for", "team"], condition=~Q(planned_for=None)),
            # the public list of clean places, and the cases that were due in some weeks
            models.Index(name="case_cleaned", fields=["cleaned_at", "id"], condition=Q(status__in=["cleaned", "verified"])),
            models.Index(name="case_clean_due", fields=["due_at"], condition=Q(status__in=["cleaned", "verified"])),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def is_late(self, on) -> bool:
        """Whether its deadline has passed by the moment `on`; while it is on hold the deadline is paused."""
        return self.status in RUNNING and self.due_at is not None and self.due_at < on
