"""Indexes of the queue: open cases by their point, and reports whose position says little."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0012_desk_tables")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddIndex(
            "case",
            django.contrib.postgres.indexes.GistIndex(
                name="case_open_point", fields=["location"], condition=models.Q(status__in=["new", "confirmed", "assigned", "in_progress", "on_hold"])
            ),
        ),
        migrations.AddIndex(
            "report",
            models.Index(name="report_vague", fields=["case"], condition=models.Q(accuracy_m__gt=100) & ~models.Q(case=None)),
        ),
    ]
