"""Cases opened by a report that does not count are not counted. Those that are there count as their reports do."""

from django.db import migrations, models

AS_THEIR_REPORTS = """
UPDATE reports_case AS c SET counts = false
WHERE EXISTS (SELECT FROM reports_report r WHERE r.case_id = c.id)
  AND NOT EXISTS (SELECT FROM reports_report r WHERE r.case_id = c.id AND r.counts);
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_cheaper_report_indexes")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="counts",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Opened by a report that counts; frozen, but turns true when somebody else's counting report joins",
            ),
        ),
        migrations.RunSQL(AS_THEIR_REPORTS, migrations.RunSQL.noop),
    ]
