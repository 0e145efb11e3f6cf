"""A report that is still being written on pages without JavaScript, kept on the server under the phone's UUID."""

from django.db import models


class Draft(models.Model):
    """What one phone has filled in so far. It is never a report, and goes when it is sent or after a day.

    `answers`: the fields as they were typed. `photos`: [{name, size, sha256, stored}], at most three, whose bytes lie in
    the private store without a row of their own. `voice`: the same for a voice note, or empty.
    """

    uuid = models.UUIDField(primary_key=True, help_text="Made by the phone; becomes the report's")
    answers = models.JSONField(default=dict)
    photos = models.JSONField(default=list)
    voice = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(name="draft_created", fields=["created_at"])]
