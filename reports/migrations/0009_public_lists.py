"""Indexes for the public lists: clean places by day, cases due in some weeks, what was cleaned in a week."""

from django.db import migrations, models

CLEAN = models.Q(status__in=["cleaned", "verified"])


class Migration(migrations.Migration):

    dependencies = [
        ("reports", "0008_held_reports_in_the_history"),
    ]

    operations = [
        migrations.AddIndex(model_name="case", index=models.Index(name="case_cleaned", fields=["cleaned_at", "id"], condition=CLEAN)),
        migrations.AddIndex(model_name="case", index=models.Index(name="case_clean_due", fields=["due_at"], condition=CLEAN)),
        migrations.AddIndex(
            model_name="caseevent", index=models.Index(name="event_cleaned_at", fields=["at"], condition=models.Q(kind="cleaned"))
        ),
    ]
