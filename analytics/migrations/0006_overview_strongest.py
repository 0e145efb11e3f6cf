"""A coarse hexagon of the map stands for the strongest cell in it, which a click opens."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_frozen")]

    operations = [
        migrations.AddField(
            model_name="hotspotoverview",
            name="observed",
            field=models.IntegerField(default=0, help_text="The highest `observed` of the run's cells in it"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="hotspotoverview",
            name="strongest",
            field=models.BigIntegerField(
                default=0, help_text="The run's cell in it with the highest `observed`, a hot one if there is any"
            ),
            preserve_default=False,
        ),
    ]
