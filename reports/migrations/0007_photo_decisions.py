"""Who decided what about a photo; and a check for each photo that was clean before checks existed."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

CHECKS_FOR_CLEAN_PHOTOS = """
    INSERT INTO reports_photocheck (photo_id, faces, plates, nudity, boxes, held, model, created_at, next_try, attempts, last_error)
    SELECT id, 'waiting', 'waiting', 'waiting', '[]', false, '', now(), now(), 0, '' FROM reports_photo
    WHERE state = 'clean' AND NOT EXISTS (SELECT FROM reports_photocheck c WHERE c.photo_id = reports_photo.id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0006_message_claims'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='photocheck',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name='PhotoDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('published', 'made public'), ('kept', 'looked at after a flag, and shown again'), ('rejected', 'not to be shown'), ('flagged', 'hidden until a person looks')], max_length=9)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('boxes', models.JSONField(default=list, help_text="What was blurred, as in the photo's check")),
                ('sha256', models.CharField(blank=True, help_text='Of the large rendition that became public', max_length=64)),
                ('actor', models.ForeignKey(help_text='Null is the system itself, or for a flag somebody on the public page', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('photo', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='decisions', to='reports.photo')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='photodecision',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['published', 'kept', 'rejected', 'flagged'])), name='photo_decision_known'),
        ),
        migrations.RunSQL(CHECKS_FOR_CLEAN_PHOTOS, migrations.RunSQL.noop),
    ]
