"""Two people at once: nothing is counted twice, nothing is lost, nobody waits for ever."""

import threading

import pytest
from django.db import connection

from reports.follow_up import NotTaken, add_note, give_verdict, withdraw_report
from reports.models import Note, Verdict, VoiceNote
from reports.voice import VoiceRefused, receive_voice
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once():
    """Runs functions in threads that start together; returns what each gave or raised, in order."""

    def run(works) -> list:
        barrier, found = threading.Barrier(len(works)), [None] * len(works)

        def one(number, work):
            barrier.wait()
            try:
                found[number] = work()
            except Exception as error:
                found[number] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        return found

    return run


def test_two_reporters_who_withdraw_at_once_leave_no_open_case(report, case, at_once):
    shared = case()
    both = [report(shared), report(shared)]
    at_once([lambda sent=sent: withdraw_report(sent) for sent in both])
    shared.refresh_from_db()
    assert shared.status == "withdrawn"
    assert shared.events.filter(kind="withdrawn").count() == 1


def test_one_verdict_sent_eight_times_at_once_is_one(report, case, at_once):
    cleaned = case("cleaned", at=_recently())
    sent = report(cleaned)
    at_once([lambda: give_verdict(cleaned, False, "reporter", report=sent)] * 8)
    assert Verdict.objects.count() == 1
    assert list(cleaned.events.values_list("kind", flat=True)) == ["verdict", "reopened"]


def test_two_others_at_once_reopen_once(case, at_once):
    cleaned = case("cleaned", at=_recently())
    at_once([lambda device=device: give_verdict(cleaned, False, "near", reporter=device) for device in (b"a" * 32, b"b" * 32)])
    cleaned.refresh_from_db()
    assert cleaned.status == "confirmed" and cleaned.events.filter(kind="reopened").count() == 1


def test_a_voice_sent_twice_at_once_is_one_and_another_is_refused(report, at_once):
    sent = report()
    found = at_once([lambda: receive_voice(sent, recording())] * 4)
    assert sorted(created for _note, created in found) == [False, False, False, True]
    assert VoiceNote.objects.count() == 1


def test_what_comes_while_the_report_is_withdrawn_is_gone_with_it_or_refused(report, at_once):
    for _attempt in range(5):
        sent = report()
        found = at_once([
            lambda sent=sent: withdraw_report(sent), lambda sent=sent: add_note(sent, "x"), lambda sent=sent: receive_voice(sent, recording()),
        ])  # fmt: skip
        assert not Note.objects.filter(report=sent).exists()
        assert not VoiceNote.objects.filter(report=sent).exclude(name="").exists()
        assert all(not isinstance(what, Exception) or isinstance(what, NotTaken | VoiceRefused) for what in found), found


def _recently():
    from datetime import timedelta

    from django.utils import timezone

    return timezone.now() - timedelta(days=2)
