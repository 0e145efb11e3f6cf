"""What the city itself puts on the map: signs with a QR code, and notices about a stretch."""

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reports.models.case import Case, Status
from reports.models.place import Area, Place

_DONE = (Status.CLEANED, Status.VERIFIED, Status.REFUSED, Status.WITHDRAWN)  # one that was merged goes on in another


class Sign(models.Model):
    """A sign with a QR code at a known point: a beach post, a bin, a market. Scanning it prefills the place."""

    class Kind(models.TextChoices):
        BEACH = "beach", _("beach post")
        BIN = "bin", _("bin")
        MARKET = "market", _("market")
        OTHER = "other", _("other place")

    code = models.CharField(max_length=8, unique=True, help_text="Short Crockford base32, printed under the QR code")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.OTHER)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    location = models.PointField(srid=4326)
    accuracy_m = models.FloatField(default=15, help_text="How far from the sign the waste usually lies, metres")
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.SET_NULL, related_name="signs")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.SET_NULL, related_name="signs")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name", "code"]

    def __str__(self) -> str:
        return self.name


class NoticeQuerySet(models.QuerySet):
    def in_force(self, at=None):
        """Notices that are shown at a moment: begun, not over, and their case still to be done."""
        at = at or timezone.now()
        return self.standing().filter(starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))

    def standing(self):
        """Notices that nobody has ended, neither by hand nor by closing their case."""
        return self.filter(ended_at=None).filter(Q(case=None) | ~Q(case__status__in=_DONE))


class Notice(models.Model):
    """“After the storm: being cleaned, done by 25/11.” A stretch drawn by the staff; reports inside join its case."""

    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    text = models.CharField(max_length=400, blank=True)
    text_en = models.CharField(max_length=400, blank=True)
    stretch = models.MultiPolygonField(srid=4326)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="When it stops being shown")
    done_by = models.DateField(null=True, blank=True, help_text="The day that residents are promised")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Ended by hand before its time")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="notices", help_text="The parent case that reports inside join")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(name="notice_ends_after_it_starts", condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")))
        ]

    def __str__(self) -> str:
        return self.title
