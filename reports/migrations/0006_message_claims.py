"""A message is claimed before it is sent, and a flood to one address is noticed."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_resident_site")]

    operations = [
        migrations.AddField(
            "message", "claimed_at",
            models.DateTimeField(help_text="When a worker began to hand it over; without sent_at nobody knows whether it went out", null=True),
        ),
        migrations.AddField(
            "message", "recipient",
            models.BinaryField(help_text="Keyed hash of the address it went to, deleted after 30 days", max_length=32, null=True),
        ),
        migrations.AlterField(
            "message", "channel",
            models.CharField(blank=True, help_text="A name in the channel table, once one was chosen", max_length=12),
        ),
        migrations.AlterField(
            "message", "last_error",
            models.TextField(blank=True, help_text="Why it was not sent, in a word, or the kind of the last error"),
        ),
        migrations.AddIndex(
            "message", models.Index(name="message_recipient", fields=["recipient", "claimed_at"], condition=~Q(recipient=None)),
        ),
    ]  # fmt: skip
