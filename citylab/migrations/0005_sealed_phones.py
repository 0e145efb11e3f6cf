"""The keys of members' phones are sealed, those that were set up before too: the phones go on."""

from django.db import migrations

from citylab.second_step_key import sealed

PLAIN = 40  # hexadecimal digits of a key as it was kept before


def seal(apps, schema_editor):
    for phone in apps.get_model("otp_totp", "TOTPDevice").objects.all():
        if len(phone.key) == PLAIN:
            phone.key = sealed(bytes.fromhex(phone.key))
            phone.save(update_fields=["key"])


class Migration(migrations.Migration):
    dependencies = [("citylab", "0004_access"), ("otp_totp", "0003_add_timestamps")]

    operations = [
        migrations.CreateModel(
            name="Phone",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("otp_totp.totpdevice",),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
