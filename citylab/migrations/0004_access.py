"""What members may do and sign in with: the permission for contacts, the second step, the digest; keys of partners."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('citylab', '0003_teams_shifts'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='member',
            options={'verbose_name': 'member', 'verbose_name_plural': 'members'},
        ),
        migrations.AlterModelOptions(
            name='team',
            options={'verbose_name': 'team', 'verbose_name_plural': 'teams'},
        ),
        migrations.AddField(
            model_name='member',
            name='opens_contacts',
            field=models.BooleanField(blank=True, help_text='Whether they may open contact details; null is as the role has it', null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='second_step_at',
            field=models.DateTimeField(blank=True, help_text='Since when signing in takes a code of their phone as well', null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='wants_digest',
            field=models.BooleanField(db_default=True, default=True, help_text='Gets the letter of 07:00, and hazards at once'),
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Whose it is, and what for', max_length=80)),
                ('start', models.CharField(help_text='Its first letters, to tell it from others', max_length=12)),
                ('key_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('used_at', models.DateTimeField(blank=True, help_text='When it was last used, to the minute or so', null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code_hash', models.CharField(max_length=64, unique=True)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
