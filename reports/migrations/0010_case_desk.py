"""The case desk: more states, versions, priorities, teams and days; what a visit found."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('citylab', '0002_relations'),
        ('reports', '0009_public_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='case',
            name='case_open_is_not_closed',
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='caseevent',
            name='event_kind_known',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='case_open_due',
        ),
        migrations.AddField(
            model_name='case',
            name='planned_for',
            field=models.DateField(help_text='The day on which the team is to go there', null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='priority',
            field=models.PositiveSmallIntegerField(choices=[(0, 'low'), (1, 'normal'), (2, 'high'), (3, 'urgent')], db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='case',
            name='reopened_at',
            field=models.DateTimeField(help_text='When it was last opened again; null once it is cleaned', null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='team',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='citylab.team'),
        ),
        migrations.AddField(
            model_name='case',
            name='version',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Grows with each verb: whoever saw an older one is told what changed'),
        ),
        migrations.AddField(
            model_name='case',
            name='waits_for',
            field=models.CharField(blank=True, db_default='', default='', help_text='While on hold: who outside must act', max_length=120),
        ),
        migrations.AddField(
            model_name='case',
            name='waits_since',
            field=models.DateTimeField(help_text='While on hold: since when, so that the deadline moves by as many working days', null=True),
        ),
        migrations.AddField(
            model_name='caseevent',
            name='hash',
            field=models.BinaryField(db_default=b'', default=b'', help_text='SHA-256 over the hash before it and this line', max_length=32),
        ),
        migrations.AddField(
            model_name='caseevent',
            name='number',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='1, 2, 3 … within the case; given by the database'),
        ),
        migrations.AddField(
            model_name='cleanup',
            name='distance_m',
            field=models.FloatField(help_text='How far from the case the phone was that took the after-photo; null is unknown', null=True),
        ),
        migrations.AddField(
            model_name='cleanup',
            name='exception',
            field=models.CharField(blank=True, db_default='', default='', help_text='Why the photo counts though it was not taken within 100 m', max_length=200),
        ),
        migrations.AddField(
            model_name='cleanup',
            name='outcome',
            field=models.CharField(choices=[('cleaned', 'cleaned'), ('partly', 'partly cleaned, needs a larger vehicle'), ('nothing_found', 'nothing found'), ('not_reached', 'could not be reached')], db_default='cleaned', default='cleaned', max_length=13),
        ),
        migrations.AddField(
            model_name='cleanup',
            name='team',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cleanups', to='citylab.team'),
        ),
        migrations.AlterField(
            model_name='case',
            name='status',
            field=models.CharField(choices=[('new', 'received'), ('confirmed', 'confirmed'), ('assigned', 'assigned'), ('in_progress', 'in progress'), ('on_hold', 'on hold'), ('cleaned', 'cleaned, with photo'), ('verified', 'checked clean'), ('refused', 'cannot be handled'), ('merged', 'same as another'), ('withdrawn', 'withdrawn by its only reporter')], default='new', max_length=12),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='from_status',
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='kind',
            field=models.CharField(choices=[('opened', 'opened'), ('confirmed', 'confirmed'), ('refused', 'refused'), ('assigned', 'assigned'), ('started', 'work begun'), ('on_hold', 'put on hold'), ('resumed', 'taken up again'), ('cleaned', 'cleaned'), ('visited', 'visited, not cleaned'), ('verified', 'checked clean'), ('reopened', 'reopened'), ('merged', 'merged into another'), ('absorbed', 'another was merged into it'), ('unmerged', 'merge taken back'), ('gave_back', 'another was taken out of it again'), ('split', 'reports split off'), ('split_off', 'opened with reports of another'), ('handed_over', 'handed over'), ('rerouted', 'passed on to another body'), ('moved', 'place corrected'), ('kind_changed', 'kind corrected'), ('prioritised', 'priority set'), ('noted', 'note'), ('linked', 'linked with another'), ('undone', 'undone'), ('withdrawn', 'withdrawn by its only reporter'), ('verdict', 'somebody said whether it is clean'), ('notice', 'opened for a notice'), ('held', 'a report held for a look'), ('released', 'a held report released')], max_length=12),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='to_status',
            field=models.CharField(max_length=12),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('status__in', ('new', 'confirmed', 'assigned', 'in_progress', 'on_hold'))), fields=['due_at'], name='case_open_due'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('status__in', ('new', 'confirmed', 'assigned', 'in_progress', 'on_hold'))), fields=['-observed_at', '-id'], name='case_open_seen'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('status__in', ('new', 'confirmed', 'assigned', 'in_progress', 'on_hold'))), fields=['area', '-observed_at', '-id'], name='case_open_area'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('planned_for', None), _negated=True), fields=['planned_for', 'team'], name='case_planned'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['new', 'confirmed', 'assigned', 'in_progress', 'on_hold', 'cleaned', 'verified', 'refused', 'merged', 'withdrawn'])), name='case_status_known'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', [0, 1, 2, 3])), name='case_priority_known'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'on_hold'), models.Q(('waits_since', None), _negated=True)), models.Q(models.Q(('status', 'on_hold'), _negated=True), ('waits_since', None)), _connector='OR'), name='case_on_hold_waits'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ('new', 'confirmed', 'assigned', 'in_progress', 'on_hold')), ('closed_at', None)), models.Q(models.Q(('status__in', ('new', 'confirmed', 'assigned', 'in_progress', 'on_hold')), _negated=True), models.Q(('closed_at', None), _negated=True)), _connector='OR'), name='case_open_is_not_closed'),
        ),
        migrations.AddConstraint(
            model_name='caseevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['opened', 'confirmed', 'refused', 'assigned', 'started', 'on_hold', 'resumed', 'cleaned', 'visited', 'verified', 'reopened', 'merged', 'absorbed', 'unmerged', 'gave_back', 'split', 'split_off', 'handed_over', 'rerouted', 'moved', 'kind_changed', 'prioritised', 'noted', 'linked', 'undone', 'withdrawn', 'verdict', 'notice', 'held', 'released'])), name='event_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='cleanup',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['cleaned', 'partly', 'nothing_found', 'not_reached'])), name='cleanup_outcome_known'),
        ),
    ]
