"""The counters are read whole or by cell: an index by week would only make every new report dearer."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0006_overview_strongest")]

    operations = [migrations.RemoveIndex(model_name="cellweek", name="cell_week_week")]
