"""Two more lines in a case's history: a report held for a look, and a held report released."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0007_photo_decisions'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='caseevent',
            name='event_kind_known',
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='kind',
            field=models.CharField(choices=[('opened', 'opened'), ('confirmed', 'confirmed'), ('refused', 'refused'), ('cleaned', 'cleaned'), ('verified', 'checked clean'), ('reopened', 'reopened'), ('merged', 'merged into another'), ('absorbed', 'another was merged into it'), ('handed_over', 'handed over'), ('withdrawn', 'withdrawn by its only reporter'), ('verdict', 'somebody said whether it is clean'), ('notice', 'opened for a notice'), ('held', 'a report held for a look'), ('released', 'a held report released')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='caseevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['opened', 'confirmed', 'refused', 'cleaned', 'verified', 'reopened', 'merged', 'absorbed', 'handed_over', 'withdrawn', 'verdict', 'notice', 'held', 'released'])), name='event_kind_known'),
        ),
    ]
