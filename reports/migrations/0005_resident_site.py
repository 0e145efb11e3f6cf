"""The resident's site: drafts, signs, notices, voice notes, verdicts, messages, public photos and requests about data."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0004_case_counts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DataRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('see', 'see the data'), ('correct', 'correct the contact'), ('withdraw', 'withdraw consent or the report'), ('delete', 'delete everything'), ('other', 'something else')], max_length=8)),
                ('text', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('answer', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['due_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('uuid', models.UUIDField(help_text="Made by the phone; becomes the report's", primary_key=True, serialize=False)),
                ('answers', models.JSONField(default=dict)),
                ('photos', models.JSONField(default=list)),
                ('voice', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('touched_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('received', 'received'), ('cleaned', 'cleaned, with photo'), ('refused', 'cannot be handled')], max_length=8)),
                ('channel', models.CharField(help_text='A name in the channel table', max_length=12)),
                ('created_at', models.DateTimeField()),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('processed_at', models.DateTimeField(null=True)),
                ('next_try', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failed_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('title_en', models.CharField(blank=True, max_length=120)),
                ('text', models.CharField(blank=True, max_length=400)),
                ('text_en', models.CharField(blank=True, max_length=400)),
                ('stretch', django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(blank=True, help_text='When it stops being shown', null=True)),
                ('done_by', models.DateField(blank=True, help_text='The day that residents are promised', null=True)),
                ('ended_at', models.DateTimeField(blank=True, help_text='Ended by hand before its time', null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-starts_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='PhotoCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('faces', models.CharField(choices=[('waiting', 'waiting'), ('done', 'done'), ('skipped', 'package missing'), ('failed', 'failed')], default='waiting', max_length=8)),
                ('plates', models.CharField(choices=[('waiting', 'waiting'), ('done', 'done'), ('skipped', 'package missing'), ('failed', 'failed')], default='waiting', max_length=8)),
                ('nudity', models.CharField(choices=[('waiting', 'waiting'), ('done', 'done'), ('skipped', 'package missing'), ('failed', 'failed')], default='waiting', max_length=8)),
                ('boxes', models.JSONField(default=list, help_text='[{kind, x, y, w, h, score}], shares of width and height of the large rendition')),
                ('held', models.BooleanField(default=False, help_text='The nudity check hit: held for a person, never deleted')),
                ('model', models.CharField(blank=True, help_text='Names and versions of what decided', max_length=200)),
                ('processed_at', models.DateTimeField(null=True)),
                ('next_try', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('failed_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='PrivateLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('original', 'original photo'), ('voice', 'voice note'), ('contact', 'contact details')], max_length=8)),
                ('report_code', models.CharField(blank=True, max_length=10)),
                ('object_id', models.BigIntegerField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Sign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Short Crockford base32, printed under the QR code', max_length=8, unique=True)),
                ('kind', models.CharField(choices=[('beach', 'beach post'), ('bin', 'bin'), ('market', 'market'), ('other', 'other place')], default='other', max_length=8)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('location', django.contrib.gis.db.models.fields.PointField(srid=4326)),
                ('accuracy_m', models.FloatField(default=15, help_text='How far from the sign the waste usually lies, metres')),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Verdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cleaned_at', models.DateTimeField(help_text='Which clean-up it is about')),
                ('clean', models.BooleanField()),
                ('source', models.CharField(choices=[('reporter', 'the reporter'), ('near', 'somebody within 100 m'), ('sign', 'somebody at the QR sign')], max_length=8)),
                ('reporter', models.BinaryField(help_text='Keyed hash of the device, deleted after 30 days', max_length=32, null=True)),
                ('distance_m', models.FloatField(null=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='VoiceNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('name', models.CharField(blank=True, help_text='Name in the private store; empty once deleted', max_length=120)),
                ('size', models.PositiveIntegerField()),
                ('format', models.CharField(max_length=8)),
                ('received_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='caseevent',
            name='event_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='report',
            name='report_says_something',
        ),
        migrations.AddField(
            model_name='contact',
            name='purposes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, help_text='progress: news of this report; questions: the city may ask back', size=None),
        ),
        migrations.RunSQL(
            "UPDATE reports_contact SET purposes = ARRAY[purpose]",
            "UPDATE reports_contact SET purpose = coalesce(purposes[1], 'progress')",
        ),
        migrations.RemoveField(
            model_name='contact',
            name='purpose',
        ),
        migrations.AddField(
            model_name='contact',
            name='stopped_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='photo',
            name='flagged_at',
            field=models.DateTimeField(help_text='Somebody said that a person can be seen: hidden until a person looks', null=True),
        ),
        migrations.AddField(
            model_name='photo',
            name='flags',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='photo',
            name='looked_at',
            field=models.DateTimeField(help_text='When a person last decided about it', null=True),
        ),
        migrations.AddField(
            model_name='photo',
            name='looked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='photo',
            name='public_large_name',
            field=models.CharField(blank=True, help_text='Blurred rendition, made when it is published', max_length=120),
        ),
        migrations.AddField(
            model_name='photo',
            name='public_large_sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='photo',
            name='public_small_name',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='photo',
            name='public_small_sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='photo',
            name='published_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='report',
            name='held',
            field=models.CharField(blank=True, db_default='', default='', help_text='Why a person looks first: a flood by device, place or photo; empty is not held', max_length=20),
        ),
        migrations.AddField(
            model_name='report',
            name='voice_expected',
            field=models.BooleanField(db_default=False, default=False, help_text='A voice note was announced instead of typed words'),
        ),
        migrations.AlterField(
            model_name='case',
            name='status',
            field=models.CharField(choices=[('new', 'received'), ('confirmed', 'confirmed'), ('cleaned', 'cleaned, with photo'), ('verified', 'checked clean'), ('refused', 'cannot be handled'), ('merged', 'same as another'), ('withdrawn', 'withdrawn by its only reporter')], default='new', max_length=10),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='kind',
            field=models.CharField(choices=[('opened', 'opened'), ('confirmed', 'confirmed'), ('refused', 'refused'), ('cleaned', 'cleaned'), ('verified', 'checked clean'), ('reopened', 'reopened'), ('merged', 'merged into another'), ('absorbed', 'another was merged into it'), ('handed_over', 'handed over'), ('withdrawn', 'withdrawn by its only reporter'), ('verdict', 'somebody said whether it is clean'), ('notice', 'opened for a notice')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='photo',
            index=models.Index(fields=['public_large_name'], name='photo_public_large_name'),
        ),
        migrations.AddIndex(
            model_name='photo',
            index=models.Index(fields=['public_small_name'], name='photo_public_small_name'),
        ),
        migrations.AddIndex(
            model_name='photo',
            index=models.Index(condition=models.Q(models.Q(('looked_at', None), ('state', 'clean')), models.Q(('flagged_at__isnull', False), ('state', 'published')), _connector='OR'), fields=['received_at'], name='photo_to_look_at'),
        ),
        migrations.AddIndex(
            model_name='photo',
            index=models.Index(fields=['original_sha256'], name='photo_original_sha256'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['new', 'confirmed', 'cleaned', 'verified', 'refused', 'merged', 'withdrawn'])), name='case_status_known'),
        ),
        migrations.AddConstraint(
            model_name='caseevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['opened', 'confirmed', 'refused', 'cleaned', 'verified', 'reopened', 'merged', 'absorbed', 'handed_over', 'withdrawn', 'verdict', 'notice'])), name='event_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='photo',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), models.Q(models.Q(('public_large_name', ''), _negated=True), models.Q(('public_small_name', ''), _negated=True), models.Q(('published_at', None), _negated=True)), _connector='OR'), name='photo_published_is_blurred'),
        ),
        migrations.AddField(
            model_name='datarequest',
            name='closed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='datarequest',
            name='report',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='data_requests', to='reports.report'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(fields=['created_at'], name='draft_created'),
        ),
        migrations.AddField(
            model_name='message',
            name='report',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='reports.report'),
        ),
        migrations.AddField(
            model_name='note',
            name='report',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='reports.report'),
        ),
        migrations.AddField(
            model_name='notice',
            name='case',
            field=models.ForeignKey(help_text='The parent case that reports inside join', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='reports.case'),
        ),
        migrations.AddField(
            model_name='notice',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='photocheck',
            name='photo',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='check_for_people', to='reports.photo'),
        ),
        migrations.AddField(
            model_name='privatelook',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sign',
            name='area',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='signs', to='reports.area'),
        ),
        migrations.AddField(
            model_name='sign',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sign',
            name='place',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='signs', to='reports.place'),
        ),
        migrations.AddField(
            model_name='report',
            name='sign',
            field=models.ForeignKey(db_index=False, help_text='The QR sign it was sent from', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports', to='reports.sign'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('sign', None), _negated=True), fields=['sign'], name='report_sign'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('held', ''), _negated=True), fields=['id'], name='report_held'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('description', ''), _negated=True), ('photos_expected__gt', 0), ('voice_expected', True), ('channel', 'import'), models.Q(('redacted_at', None), _negated=True), _connector='OR'), name='report_says_something'),
        ),
        migrations.AddField(
            model_name='verdict',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='verdicts', to='reports.case'),
        ),
        migrations.AddField(
            model_name='verdict',
            name='report',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='verdicts', to='reports.report'),
        ),
        migrations.AddField(
            model_name='voicenote',
            name='report',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='voice_note', to='reports.report'),
        ),
        migrations.AddIndex(
            model_name='datarequest',
            index=models.Index(condition=models.Q(('closed_at', None)), fields=['due_at'], name='data_request_open'),
        ),
        migrations.AddConstraint(
            model_name='datarequest',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['see', 'correct', 'withdraw', 'delete', 'other'])), name='data_request_kind_known'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('failed_at', None), ('processed_at', None)), fields=['next_try', 'id'], name='message_queue'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('failed_at', None), _negated=True), fields=['id'], name='message_dead'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('report', 'kind'), name='message_kind_once'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['received', 'cleaned', 'refused'])), name='message_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at', None), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='notice_ends_after_it_starts'),
        ),
        migrations.AddIndex(
            model_name='photocheck',
            index=models.Index(condition=models.Q(('failed_at', None), ('processed_at', None)), fields=['next_try', 'id'], name='photo_check_queue'),
        ),
        migrations.AddIndex(
            model_name='photocheck',
            index=models.Index(condition=models.Q(('failed_at', None), _negated=True), fields=['id'], name='photo_check_dead'),
        ),
        migrations.AddConstraint(
            model_name='privatelook',
            constraint=models.CheckConstraint(condition=models.Q(('what__in', ['original', 'voice', 'contact'])), name='look_what_known'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.UniqueConstraint(condition=models.Q(('report', None), _negated=True), fields=('report', 'cleaned_at'), name='verdict_reporter_once'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.UniqueConstraint(condition=models.Q(('report', None), models.Q(('reporter', None), _negated=True)), fields=('case', 'cleaned_at', 'reporter'), name='verdict_device_once'),
        ),
        migrations.AddConstraint(
            model_name='verdict',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['reporter', 'near', 'sign'])), name='verdict_source_known'),
        ),
        migrations.AddIndex(
            model_name='voicenote',
            index=models.Index(fields=['name'], name='voice_name'),
        ),
    ]
