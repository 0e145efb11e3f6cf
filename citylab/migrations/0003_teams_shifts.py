"""A team has a capacity and a shift."""

import datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('citylab', '0002_relations'),
    ]

    operations = [
        migrations.AddField(
            model_name='team',
            name='active',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='team',
            name='capacity',
            field=models.PositiveSmallIntegerField(db_default=12, default=12, help_text='Waste sites that it can clean in a shift'),
        ),
        migrations.AddField(
            model_name='team',
            name='ends_at',
            field=models.TimeField(db_default=datetime.time(17, 0), default=datetime.time(17, 0), help_text='When its shift ends; its links end then'),
        ),
        migrations.AddField(
            model_name='team',
            name='starts_at',
            field=models.TimeField(db_default=datetime.time(7, 0), default=datetime.time(7, 0), help_text="When its shift begins, by the city's clocks"),
        ),
    ]
