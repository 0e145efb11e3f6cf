"""A case that its only reporter withdrew is not counted: the functions of migration 0009 with one state more."""

from importlib import import_module

from django.db import migrations

counters = import_module("analytics.migrations.0009_cases_that_count")

NOW = "counts AND status NOT IN ('refused', 'merged', 'withdrawn')"


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0009_cases_that_count"),
        ("reports", "0005_resident_site"),
    ]

    operations = [migrations.RunSQL(counters._with(NOW), counters._with(counters.NOW))]
