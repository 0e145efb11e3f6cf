"""Letters to the staff; names of tables for the administration."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0013_queue_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='area',
            options={'verbose_name': 'area', 'verbose_name_plural': 'areas'},
        ),
        migrations.AlterModelOptions(
            name='body',
            options={'verbose_name': 'responsible body', 'verbose_name_plural': 'responsible bodies'},
        ),
        migrations.AlterModelOptions(
            name='deadline',
            options={'verbose_name': 'deadline', 'verbose_name_plural': 'deadlines'},
        ),
        migrations.AlterModelOptions(
            name='place',
            options={'verbose_name': 'place', 'verbose_name_plural': 'places'},
        ),
        migrations.AlterModelOptions(
            name='replytemplate',
            options={'ordering': ['position', 'name'], 'verbose_name': 'reply template', 'verbose_name_plural': 'reply templates'},
        ),
        migrations.AlterModelOptions(
            name='savedview',
            options={'ordering': ['position', 'name'], 'verbose_name': 'saved view', 'verbose_name_plural': 'saved views'},
        ),
        migrations.CreateModel(
            name='StaffLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('digest', 'the day’s work'), ('hazard', 'hazard')], max_length=8)),
                ('about', models.CharField(help_text='The day (2026-11-30) or the code of the case', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('claimed_at', models.DateTimeField(help_text='When a worker began to hand it over; without sent_at nobody knows whether it went out', null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('processed_at', models.DateTimeField(null=True)),
                ('next_try', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failed_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True, help_text='Why it was not sent, in a word, or the kind of the last error')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='letters', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('failed_at', None), ('processed_at', None)), fields=['next_try', 'id'], name='staff_letter_queue'), models.Index(condition=models.Q(('failed_at', None), _negated=True), fields=['id'], name='staff_letter_dead')],
                'constraints': [models.UniqueConstraint(fields=('member', 'kind', 'about'), name='staff_letter_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['digest', 'hazard'])), name='staff_letter_kind_known')],
            },
        ),
    ]
