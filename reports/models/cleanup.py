"""One visit of a crew to a case."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reports.models.case import Case


class Cleanup(models.Model):
    """One visit to a case: its after-photo, a grade, how much was taken, or that nothing was found."""

    class Outcome(models.TextChoices):
        CLEANED = "cleaned", _("cleaned")
        PARTLY = "partly", _("partly cleaned, needs a larger vehicle")
        NOTHING_FOUND = "nothing_found", _("nothing found")
        NOT_REACHED = "not_reached", _("could not be reached")

    class Grade(models.TextChoices):
        A = "A", _("no litter")
        B = "B", _("mostly free of litter")
        C = "C", _("litter in many places")
        D = "D", _("heavily littered")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="cleanups")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cleanups")
    team = models.ForeignKey("citylab.Team", null=True, on_delete=models.SET_NULL, related_name="cleanups")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=13, choices=Outcome, default=Outcome.CLEANED, db_default=Outcome.CLEANED.value)
    grade = models.CharField(max_length=1, choices=Grade, blank=True)
    bags = models.PositiveIntegerField(null=True)
    kg = models.DecimalField(max_digits=9, decimal_places=1, null=True)
    nothing_found = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    distance_m = models.FloatField(null=True, help_text="How far from the case the phone was that took the after-photo; null is unknown")
    exception = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="Why the photo counts though it was not taken within 100 m")

    class Meta:
        constraints = [
            models.CheckConstraint(name="cleanup_outcome_known", condition=Q(outcome__in=["cleaned", "partly", "nothing_found", "not_reached"])),
            models.CheckConstraint(name="cleanup_kg_not_negative", condition=Q(kg=None) | Q(kg__gte=0)),
            models.CheckConstraint(
                name="cleanup_nothing_weighs_nothing",
                condition=Q(nothing_found=False) | (Q(kg=None) & Q(bags=None)),
            ),
        ]
