"""What all reports add up to: the counters, frozen analyses, and editions of the weekly report."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CellWeek(models.Model):
    """Cases and counting reports of one H3 cell (resolution 10) in one local ISO week.

    Database triggers on the two source tables are the only writer (migration 0003).
    """

    pk = models.CompositePrimaryKey("cell", "week")
    cell = models.BigIntegerField()
    week = models.DateField(help_text="Monday")
    cases = models.IntegerField(default=0)
    reports = models.IntegerField(default=0)

    class Meta:
        db_table = "analytics_cell_week"
        constraints = [models.CheckConstraint(name="cell_week_not_negative", condition=Q(cases__gte=0, reports__gte=0))]


class HotspotRun(models.Model):
    """One frozen analysis. It is written whole, in one transaction, and never changed."""

    until = models.DateField(help_text="Monday of the last week of the window")
    created_at = models.DateTimeField(auto_now_add=True)
    data_cutoff = models.DateTimeField(help_text="Nothing received later is in it")
    counters_version = models.CharField(max_length=64, help_text="Fingerprint of the counters that went in")
    resolution = models.PositiveSmallIntegerField()
    window_weeks = models.PositiveSmallIntegerField()
    domain_kind = models.CharField(max_length=20, help_text="default, data, or file")
    domain = models.BinaryField(help_text="The tested cells: int64 little-endian, sorted, zlib")
    cells = models.PositiveIntegerField()
    dispersion = models.FloatField()
    alpha = models.FloatField()
    hot = models.PositiveIntegerField()
    parameters = models.JSONField(default=dict)
    code_version = models.CharField(max_length=64)
    seconds = models.FloatField(help_text="How long it took")

    class Meta:
        indexes = [models.Index(name="run_until", fields=["-until", "-id"])]
        constraints = [
            models.CheckConstraint(name="run_scale_known", condition=Q(resolution__in=[8, 9, 10], window_weeks__in=[2, 4, 8, 12]))
        ]


class Hotspot(models.Model):
    """One tested cell of a run. `hot` is the verdict after false-discovery control.

    Rows are found by place through the numbers of their cells (`analytics/tile_cells.py`), without a spatial index.
    Only cells with a case in themselves or around them, or with a report, are kept as rows. Every other cell of the run's
    domain has observed 0 and p and q 1; it is nobody's hotspot, and nobody's proof of cleanliness either.
    """

    run = models.ForeignKey(HotspotRun, on_delete=models.CASCADE, related_name="rows", db_index=False)
    cell = models.BigIntegerField()
    cases = models.IntegerField(help_text="Cases of the cell itself in the window")
    reports = models.IntegerField(help_text="Counting reports of the cell itself in the window: the reporting effort")
    observed = models.IntegerField(help_text="Cases of the cell and its six neighbours in the window")
    expected = models.FloatField()
    ratio = models.FloatField()
    p = models.FloatField()
    q = models.FloatField()
    gi_star = models.FloatField()
    hot = models.BooleanField()
    polygon = models.PolygonField(srid=3857, spatial_index=False)
    area = models.ForeignKey("reports.Area", null=True, on_delete=models.SET_NULL, related_name="hotspots")
    place_words = models.CharField(max_length=200, blank=True, help_text="The place in words, for hot cells")

    class Meta:
        constraints = [models.UniqueConstraint(name="hotspot_once_a_run", fields=["run", "cell"])]
        indexes = [models.Index(name="hotspot_hot", fields=["run", "q"], condition=Q(hot=True))]


class HotspotOverview(models.Model):
    """The rows of a run gathered into a coarser cell, for the small scales of the map. Tests nothing."""

    run = models.ForeignKey(HotspotRun, on_delete=models.CASCADE, related_name="overview", db_index=False)
    resolution = models.PositiveSmallIntegerField()
    cell = models.BigIntegerField()
    cases = models.IntegerField(help_text="Cases in the window")
    reports = models.IntegerField(help_text="Counting reports in the window")
    observed = models.IntegerField(help_text="The highest `observed` of the run's cells in it")
    hot_cells = models.IntegerField(help_text="How many hot cells of the run lie in it")
    strongest = models.BigIntegerField(help_text="The run's cell in it with the highest `observed`, a hot one if there is any")
    polygon = models.PolygonField(srid=3857, spatial_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="overview_once_a_run", fields=["run", "cell"])]


class WeeklyReport(models.Model):
    """An edition of one week: frozen figures, files and hashes. A correction is a new edition.

    The database refuses every change of an edition but the one from draft to final (migration 0005).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        FINAL = "final", _("final")

    week = models.DateField(help_text="Monday")
    edition = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=5, choices=Status, default=Status.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey(HotspotRun, null=True, on_delete=models.PROTECT, related_name="editions")
    figures = models.JSONField()
    figures_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-week", "-edition"]
        constraints = [
            models.UniqueConstraint(name="weekly_edition_once", fields=["week", "edition"]),
            models.CheckConstraint(name="weekly_week_is_a_monday", condition=Q(week__iso_week_day=1)),
        ]


class WeeklyFile(models.Model):
    """A file of an edition, in the private store, with its hash."""

    weekly = models.ForeignKey(WeeklyReport, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=8, help_text="xlsx, gpkg, csv")
    name = models.CharField(max_length=120, help_text="Name in the store")
    filename = models.CharField(max_length=80, help_text="Name for the person who downloads it")
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(name="weekly_file_once", fields=["weekly", "kind"])]
