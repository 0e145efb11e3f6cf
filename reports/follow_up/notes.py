"""Words that the reporter adds later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reports.clean_text import clean_text
from reports.follow_up.locking import lock_open_to_changes
from reports.follow_up.not_taken import NotTaken
from reports.models import Note, Report
from reports.rules import MAX_TEXT

MOST_NOTES = 20  # a conversation belongs on the telephone


def add_note(report: Report, text: str, *, now: datetime | None = None) -> Note:
    """Add words to a report; the content it was sent with stays. The same words again are the same note.

    Raises NotTaken: nothing_said, text_too_long, too_many_notes, withdrawn, erased.
    """
    text = clean_text(text)
    if not text:
        raise NotTaken("nothing_said")
    if len(text) > MAX_TEXT:
        raise NotTaken("text_too_long", length=len(text), limit=MAX_TEXT)
    with transaction.atomic():
        locked = lock_open_to_changes(report)
        if (again := locked.notes.filter(text=text).first()) is not None:
            return again
        if locked.notes.count() >= MOST_NOTES:
            raise NotTaken("too_many_notes", limit=MOST_NOTES)
        return Note.objects.create(report=locked, text=text, at=now or timezone.now())
