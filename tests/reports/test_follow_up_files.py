"""Files that no row names any more go; those that another row still names stay."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages

from reports import voice
from reports.follow_up import withdraw_report
from reports.photos import upkeep
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db(transaction=True)


def test_files_that_were_let_go_are_taken_by_the_reaper_and_files_of_others_stay(report):
    gone, kept = report(), report()
    note, _ = voice.receive_voice(gone, recording())
    other, _ = voice.receive_voice(kept, recording("ogg"))
    withdraw_report(gone)
    removed = upkeep.reap_photos(older_than=timedelta(0)).removed
    assert removed.names == [f"voice/{note.name}"]
    assert storages["voice"].exists(other.name) and not storages["voice"].exists(note.name)


def test_one_file_of_two_reports_stays_until_neither_names_it(report):
    first, second = report(), report()
    note, _ = voice.receive_voice(first, recording())
    voice.receive_voice(second, recording())
    withdraw_report(first)
    assert upkeep.reap_photos(older_than=timedelta(0)).removed.count == 0
    withdraw_report(second)
    assert upkeep.reap_photos(older_than=timedelta(0)).removed.names == [f"voice/{note.name}"]
