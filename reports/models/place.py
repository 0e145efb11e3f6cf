"""Where things are, who is responsible there, and what kinds of waste exist: the city's own data."""

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


class ValidityRange(Func):
    """daterange(valid_from, valid_to, '[)'): the days on which an area is in force."""

    function = "daterange"
    output_field = DateRangeField()


class AreaQuerySet(models.QuerySet):
    def current(self, on):
        """Areas in force on a day."""
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def units(self):
        """Wards, communes and the like: the pieces that share out the city."""
        return self.filter(layer=Area.Layer.UNIT)


class Area(models.Model):
    """A polygon with validity dates: an administrative unit, or an overlay such as a beach, port or canal."""

    class Layer(models.TextChoices):
        UNIT = "unit", _("administrative unit")
        OVERLAY = "overlay", _("overlay")

    layer = models.CharField(max_length=10, choices=Layer, default=Layer.UNIT)
    kind = models.SlugField(max_length=30, help_text="ward, commune, special-zone, beach, port, canal …, as the city pack names them")
    code = models.CharField(max_length=40, help_text="The statistics office's code, or the city's own for an overlay")
    name = models.CharField(max_length=120)
    full_name = models.CharField(max_length=160, blank=True, help_text="With its kind, as people write it: “Phường …”")
    name_en = models.CharField(max_length=120, blank=True)
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True, help_text="Former and other names")
    search = models.TextField(blank=True, help_text="Names and aliases in lower case without diacritics")
    polygon = models.MultiPolygonField(srid=4326)
    seat = models.PointField(srid=4326, null=True, blank=True)
    area_km2 = models.FloatField(null=True, blank=True)
    approximate = models.BooleanField(default=False, help_text="A drawing aid: never routes a case, never enters a ward table")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, help_text="First day on which it is no longer in force")

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("area"), _("areas")
        constraints = [
            models.CheckConstraint(
                name="area_ends_after_it_begins", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))
            ),
            ExclusionConstraint(
                name="area_validity_does_not_overlap",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    ("layer", RangeOperators.EQUAL),
                    (ValidityRange("valid_from", "valid_to", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [GinIndex(name="area_search_trgm", fields=["search"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.full_name or self.name


class Place(models.Model):
    """A named point used in words and in search: a market, a beach post, a street."""

    kind = models.SlugField(max_length=30)
    code = models.CharField(max_length=60, unique=True, help_text="Stable key of the source, so that loading twice changes nothing")
    name = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160, blank=True)
    search = models.TextField(blank=True, help_text="Names in lower case without diacritics")
    location = models.PointField(srid=4326)
    listed = models.BooleanField(default=False, help_text="Its surroundings are always analysed for hotspots")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.SET_NULL, related_name="places")

    class Meta:
        verbose_name, verbose_name_plural = _("place"), _("places")
        indexes = [GinIndex(name="place_search_trgm", fields=["search"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.name


class Body(models.Model):
    """An organisation that is responsible for cases."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160, blank=True)
    short_name = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.SET_NULL, related_name="bodies")

    class Meta:
        verbose_name, verbose_name_plural = _("responsible body"), _("responsible bodies")

    def __str__(self) -> str:
        return self.short_name or self.name


class Route(models.Model):
    """One line of the routing table: this place and kind go to that body. The lowest `priority` that fits wins."""

    priority = models.PositiveSmallIntegerField(default=100, help_text="Overlays come before units, units before the city's default")
    area_kind = models.SlugField(max_length=30, blank=True, help_text="Any area of this kind; empty is the whole city")
    area_code = models.CharField(max_length=40, blank=True, help_text="Only the area with this code")
    problem = models.CharField(max_length=12, blank=True, help_text="Only this kind of problem")
    waste_group = models.SlugField(max_length=30, blank=True, help_text="Only this group of waste")
    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="routes")

    class Meta:
        ordering = ["priority", "id"]
        constraints = [
            models.UniqueConstraint(
                name="route_once", fields=["area_kind", "area_code", "problem", "waste_group"]
            )
        ]


class WasteType(models.Model):
    """A row of the taxonomy, with the codes by which other programmes know it."""

    code = models.SlugField(max_length=40, primary_key=True)
    group = models.SlugField(max_length=30, db_index=True)
    name = models.CharField(max_length=100, help_text="In the city's language")
    name_en = models.CharField(max_length=100)
    unep = models.CharField(max_length=60, blank=True)
    g_code = models.CharField(max_length=60, blank=True)
    ospar = models.CharField(max_length=60, blank=True)
    taco = models.CharField(max_length=60, blank=True)
    mean_mass_g = models.FloatField(null=True, blank=True)
    resident = models.BooleanField(default=False, help_text="One of the dozen tiles that a resident sees")
    hazard = models.CharField(max_length=20, blank=True, help_text="Why nobody should touch it: needle, chemical …")
    icon = models.SlugField(max_length=30, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(name="waste_mass_is_positive", condition=Q(mean_mass_g=None) | Q(mean_mass_g__gt=0))
        ]

    def __str__(self) -> str:
        return self.name


class Population(models.Model):
    """People living in a unit, with the year and the source of the figure."""

    area_code = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    people = models.PositiveIntegerField()
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(name="population_once_a_year", fields=["area_code", "year"])]


class Deadline(models.Model):
    """How many working days the city gives itself for a kind and an amount; the most particular line that fits wins."""

    problem = models.CharField(max_length=12, blank=True, help_text="Empty is every kind of problem")
    amount = models.CharField(max_length=8, blank=True, help_text="Empty is every amount")
    working_days = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("deadline"), _("deadlines")
        constraints = [
            models.UniqueConstraint(name="deadline_once", fields=["problem", "amount"]),
            models.CheckConstraint(name="deadline_1_to_365", condition=Q(working_days__gte=1, working_days__lte=365)),
        ]
