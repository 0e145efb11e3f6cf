"""What the desk keeps: saved views, reply templates, links for crews, deadlines; hashes of photos, numbers of other channels."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('citylab', '0003_teams_shifts'),
        ('reports', '0011_sealed_history'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CrewLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(help_text='The day whose assignments it shows')),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Deadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('problem', models.CharField(blank=True, help_text='Empty is every kind of problem', max_length=12)),
                ('amount', models.CharField(blank=True, help_text='Empty is every amount', max_length=8)),
                ('working_days', models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ReplyTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verb', models.CharField(choices=[('refuse', 'cannot be handled'), ('hold', 'put on hold'), ('reopen', 'reopen'), ('reroute', 'pass on to another body')], max_length=12)),
                ('problem', models.CharField(blank=True, choices=[('litter', 'litter'), ('dump', 'dumped waste'), ('burning', 'burning waste'), ('uncollected', 'uncollected waste')], help_text='Empty is every kind', max_length=12)),
                ('name', models.CharField(max_length=80)),
                ('text', models.TextField(max_length=1000)),
                ('active', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=100)),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('query', models.CharField(help_text='As in the address of the queue, without the question mark', max_length=500)),
                ('shared', models.BooleanField(default=False, help_text='Everybody at the desk sees it; else only its owner')),
                ('position', models.PositiveSmallIntegerField(default=100)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='report',
            name='report_channel_known',
        ),
        migrations.AddField(
            model_name='photo',
            name='dhash',
            field=models.BigIntegerField(help_text='Perceptual hash (gradients), signed 64 bits', null=True),
        ),
        migrations.AddField(
            model_name='photo',
            name='phash',
            field=models.BigIntegerField(help_text='Perceptual hash (DCT) of what was sent, signed 64 bits, to find the same picture again', null=True),
        ),
        migrations.AddField(
            model_name='report',
            name='external_ref',
            field=models.CharField(blank=True, db_default='', default='', help_text='The number under which another channel of the city knows it, such as 1022', max_length=40),
        ),
        migrations.AlterField(
            model_name='report',
            name='channel',
            field=models.CharField(choices=[('web', 'web form'), ('api', 'API'), ('open311', 'Open311'), ('chat', 'chat'), ('import', 'import'), ('phone', 'telephone'), ('counter', 'at the counter')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('external_ref', ''), _negated=True), fields=['external_ref'], name='report_external'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['web', 'api', 'open311', 'chat', 'import', 'phone', 'counter'])), name='report_channel_known'),
        ),
        migrations.AddField(
            model_name='crewlink',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='crewlink',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='citylab.team'),
        ),
        migrations.AddConstraint(
            model_name='deadline',
            constraint=models.UniqueConstraint(fields=('problem', 'amount'), name='deadline_once'),
        ),
        migrations.AddConstraint(
            model_name='deadline',
            constraint=models.CheckConstraint(condition=models.Q(('working_days__gte', 1), ('working_days__lte', 365)), name='deadline_1_to_365'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='views', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner', None), _negated=True), ('shared', True), _connector='OR'), name='view_of_nobody_is_shared'),
        ),
    ]
