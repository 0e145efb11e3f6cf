"""What one resident sent, once."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from reports.models.case import Case
from reports.models.place import Area, Place, WasteType
from reports.models.queued import Queued, QueuedQuerySet


class Problem(models.TextChoices):
    LITTER = "litter", _("litter")
    DUMP = "dump", _("dumped waste")
    BURNING = "burning", _("burning waste")
    UNCOLLECTED = "uncollected", _("uncollected waste")


class Amount(models.TextChoices):
    BAG = "bag", _("a bag")
    CART = "cart", _("a cart")
    TRUCK = "truck", _("a truck")
    UNKNOWN = "unknown", _("not sure")


class LocationSource(models.TextChoices):
    GPS = "gps", _("the phone's position")
    MAP = "map", _("picked on the map")
    PLACE = "place", _("a named place")
    ADDRESS = "address", _("an address")
    AREA = "area", _("only the area is known")
    EXIF_HINT = "exif_hint", _("offered by the photo and confirmed")
    CHAT = "chat", _("a chat message")
    IMPORT = "import", _("an import")


class Channel(models.TextChoices):
    WEB = "web", _("web form")
    API = "api", _("API")
    OPEN311 = "open311", "Open311"
    CHAT = "chat", _("chat")
    IMPORT = "import", _("import")
    PHONE = "phone", _("telephone")
    COUNTER = "counter", _("at the counter")


class Report(Queued):
    """One report, which waits for its grouping. Its content never changes, except that privacy rules remove parts of it."""

    uuid = models.UUIDField(unique=True, help_text="Made by the phone; never published")
    code = models.CharField(max_length=10, help_text="Crockford base32 of SHA-256 of the UUID")
    body_hash = models.BinaryField(max_length=32, help_text="SHA-256 of the sent content, so that a repeat is recognised")
    channel = models.CharField(max_length=8, choices=Channel)
    language = models.CharField(max_length=8, blank=True)

    location = models.PointField(srid=4326, null=True, spatial_index=False)
    accuracy_m = models.FloatField(null=True)
    location_source = models.CharField(max_length=10, choices=LocationSource)
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="reports")
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="reports", db_index=False)
    cell = models.BigIntegerField(null=True, help_text="H3 cell, resolution 10; null when only the area is known")
    week = models.DateField(help_text="Monday of the local ISO week of observed_at")

    observed_at = models.DateTimeField()
    observed_clamped = models.BooleanField(default=False, help_text="The phone's clock ran ahead; the time of receipt was taken")
    received_at = models.DateTimeField()

    problem = models.CharField(max_length=12, choices=Problem, default=Problem.LITTER)
    amount = models.CharField(max_length=8, choices=Amount, default=Amount.UNKNOWN)
    waste_types = models.ManyToManyField(WasteType, through="ReportWasteType", related_name="reports")
    waste_group = models.CharField(max_length=30, blank=True, help_text="Group of its first waste type; empty is unknown")
    description = models.TextField(blank=True)
    photos_expected = models.PositiveSmallIntegerField(default=0)
    external_ref = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="The number under which another channel of the city knows it, such as 1022"
    )
    voice_expected = models.BooleanField(default=False, db_default=False, help_text="A voice note was announced instead of typed words")
    sign = models.ForeignKey("reports.Sign", null=True, on_delete=models.SET_NULL, related_name="reports", db_index=False, help_text="The QR sign it was sent from")
    held = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="Why a person looks first: a flood by device, place or photo; empty is not held")
    redacted_at = models.DateTimeField(null=True, help_text="When privacy rules removed parts of the content")
    withdrawn_at = models.DateTimeField(null=True)

    reporter = models.BinaryField(max_length=32, null=True, help_text="Keyed hash of the device, deleted after 30 days; null is a reporter of its own")
    counts = models.BooleanField(help_text="Frozen: one reporter once per case, at most three times per cell and week")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="reports", db_index=False)
    same_case = models.ForeignKey(
        Case, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, help_text="The resident said: yes, this one"
    )
    other_place = models.BooleanField(default=False, help_text="The resident said: no, another place")

    objects = QueuedQuerySet.as_manager()

    class Meta:
        constraints = [
            # Not `unique=True`, which would add an index for LIKE: nobody looks for the beginning of a code.
            models.UniqueConstraint(name="report_code_once", fields=["code"]),
            models.CheckConstraint(name="report_has_a_place", condition=~Q(location=None) | ~Q(area=None)),
            models.CheckConstraint(name="report_cell_goes_with_point", condition=Q(location=None, cell=None) | (~Q(location=None) & ~Q(cell=None))),
            models.CheckConstraint(
                name="report_says_something",
                condition=~Q(description="") | Q(photos_expected__gt=0) | Q(voice_expected=True) | Q(channel=Channel.IMPORT) | ~Q(redacted_at=None),
            ),
            models.CheckConstraint(name="report_photos_at_most_three", condition=Q(photos_expected__lte=3)),
            models.CheckConstraint(name="report_accuracy_not_negative", condition=Q(accuracy_m=None) | Q(accuracy_m__gte=0)),
            models.CheckConstraint(name="report_week_is_a_monday", condition=Q(week__iso_week_day=1)),
            models.CheckConstraint(name="report_not_from_the_future", condition=Q(observed_at__lte=F("received_at"))),
            models.CheckConstraint(name="report_problem_known", condition=Q(problem__in=Problem.values)),
            models.CheckConstraint(name="report_amount_known", condition=Q(amount__in=Amount.values)),
            models.CheckConstraint(name="report_source_known", condition=Q(location_source__in=LocationSource.values)),
            models.CheckConstraint(name="report_channel_known", condition=Q(channel__in=Channel.values)),
            models.CheckConstraint(name="report_code_is_ten_letters", condition=Q(code__regex=r"^[0-9A-HJKMNP-TV-Z]{10}$")),
        ]
        indexes = [
            models.Index(name="report_cell_week", fields=["cell", "week"]),
            models.Index(name="report_queue", fields=["next_try", "id"], condition=Q(processed_at=None, failed_at=None)),
            models.Index(name="report_reporter", fields=["reporter", "cell", "week"], condition=~Q(reporter=None)),
            models.Index(name="report_dead", fields=["id"], condition=~Q(failed_at=None)),
            # Most reports name no place and no case when they arrive: those stay out of these indexes, which makes
            # taking a report cheaper.
            models.Index(name="report_case", fields=["case"], condition=~Q(case=None)),
            models.Index(name="report_place", fields=["place"], condition=~Q(place=None)),
            models.Index(name="report_same_case", fields=["same_case"], condition=~Q(same_case=None)),
            models.Index(name="report_sign", fields=["sign"], condition=~Q(sign=None)),
            models.Index(name="report_external", fields=["external_ref"], condition=~Q(external_ref="")),
            models.Index(name="report_vague", fields=["case"], condition=Q(accuracy_m__gt=100) & ~Q(case=None)),  # as `VAGUE_M` of the queue
            models.Index(name="report_held", fields=["id"], condition=~Q(held="")),
        ]

    def __str__(self) -> str:
        return self.code


class ReportWasteType(models.Model):
    """What a resident saw, one row for each kind."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="waste_links")
    waste_type = models.ForeignKey(WasteType, on_delete=models.PROTECT, related_name="report_links")

    class Meta:
        constraints = [models.UniqueConstraint(name="report_waste_once", fields=["report", "waste_type"])]


class Contact(models.Model):
    """How to reach the reporter: encrypted, apart from the report, deleted 90 days after closing.

    Each purpose was agreed to with a box of its own; `stopped_at` is when the reporter stopped all messages.
    """

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="contact")
    sealed = models.BinaryField(help_text="Fernet token of the JSON contact")
    purposes = ArrayField(models.CharField(max_length=20), default=list, help_text="progress: news of this report; questions: the city may ask back")
    consent_text = models.TextField(help_text="The words that were agreed to")
    consented_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

