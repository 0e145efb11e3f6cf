"""Two indexes of the open cases: in the order of their deadlines, those without one last, for the first and every later page of the
queue; and by their points, made again because the one of 0013 was made without its condition and held all cases.
"""

import datetime

import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models.functions import Coalesce

OPEN = models.Q(status__in=["new", "confirmed", "assigned", "in_progress", "on_hold"])
NEVER = models.Value(datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC), output_field=models.DateTimeField())


class Migration(migrations.Migration):
    dependencies = [("reports", "0014_access")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddIndex("case", models.Index(Coalesce("due_at", NEVER), "id", name="case_open_deadline", condition=OPEN)),
        migrations.RemoveIndex("case", "case_open_point"),
        migrations.AddIndex("case", django.contrib.postgres.indexes.GistIndex(models.F("location"), name="case_open_point", condition=OPEN)),
    ]
