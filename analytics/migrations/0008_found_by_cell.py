"""Rows of an analysis are found by the numbers of their cells; keeping a spatial index cost a sixth of each analysis."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0007_counters_one_index")]

    operations = [
        migrations.RemoveIndex(model_name="hotspot", name="hotspot_run_polygon"),
        migrations.RemoveIndex(model_name="hotspotoverview", name="overview_run_polygon"),
    ]
