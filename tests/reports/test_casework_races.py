"""Somebody is in the middle of a change while somebody else begins another: the second waits, looks again, and loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from reports import casework, notifications
from reports.follow_up import give_verdict
from reports.history import first_broken_line
from reports.models import Case, CaseEvent, Message
from reports.notices import Words, edit_notice, open_notice
from tests.reports.test_notices import box

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meanwhile():
    """`meanwhile(first, second)`: `first` is done and not yet committed when `second` begins; returns what `second` gave or raised.
    With `to_its_end`, `second` must go through before `first` is committed."""

    def run(first: Callable[[], object], second: Callable[[], object], *, to_its_end: bool = False) -> object:
        found: list[object] = []

        def other() -> None:
            try:
                found.append(second())
            except Exception as error:
                found.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=other)
        with transaction.atomic():
            first()
            thread.start()
            if to_its_end:
                thread.join(60)
            else:
                _until_it_waits(thread)
        thread.join(60)
        assert not thread.is_alive()
        return found[0]

    return run


def _until_it_waits(thread: threading.Thread) -> None:
    """Until the other connection waits for a lock, or has gone through without."""
    while thread.is_alive():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)


def test_what_is_merged_onward_at_this_moment_comes_back_from_where_it_went(case, report, member, meanwhile):
    one, two, three, who = case(), case(), case(), member()
    sent = report(one)
    casework.merge(one, who, two)
    meanwhile(lambda: casework.merge(two, who, three), lambda: casework.unmerge(one, who))
    sent.refresh_from_db()
    assert sent.case == one
    assert CaseEvent.objects.filter(case=three).order_by("number").last().kind == "gave_back"
    assert first_broken_line() is None


def test_a_line_of_a_notice_says_the_state_that_its_case_has_by_then(two_areas, member, meanwhile):
    who = member()
    notice = open_notice(who, box(), Words("Sau bão"))
    meanwhile(lambda: casework.refuse(notice.case, who, "private land"), lambda: edit_notice(notice, who, Words("Đang dọn")))
    last = CaseEvent.objects.filter(case=notice.case).order_by("number").last()
    assert (last.kind, last.from_status, last.to_status) == ("notice", "refused", "refused")
    assert first_broken_line() is None


def test_a_verdict_on_a_case_that_was_merged_waits_for_nobody_who_holds_that_case(case, report, member, after_photo, meanwhile):
    one, two, who = case(), case(), member()
    sent = report(one)
    casework.merge(one, who, two)
    casework.clean(two, who, casework.Visit(photos=(after_photo(two),), distance_m=5))

    def verdict() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        return give_verdict(one, False, "reporter", report=sent)

    kept = meanwhile(lambda: Case.objects.select_for_update(no_key=True).get(pk=one.pk), verdict, to_its_end=True)
    assert getattr(kept, "clean", kept) is False
    assert Case.objects.get(pk=two.pk).status == "confirmed"


def test_a_letter_that_a_worker_takes_at_this_moment_is_not_taken_back(told, member, meanwhile):
    sent = told()
    casework.refuse(sent.case, member(), "private land")
    message = Message.objects.get(kind="refused")

    def claim() -> None:
        Message.objects.filter(pk=message.pk).update(claimed_at=timezone.now())

    taken_back = meanwhile(claim, lambda: notifications.cancel(sent.case, "refused"))
    message.refresh_from_db()
    assert (taken_back, message.cancelled_at) == (0, None)


def test_two_who_merge_the_same_cases_crosswise_never_wait_in_a_circle(case, report, member):
    who = [member(), member()]
    for _ in range(15):
        pair = [case(), case()]
        sent = [report(thing) for thing in pair]
        start, found = threading.Barrier(2), []

        def merge(at: int, pair=pair, start=start, found=found) -> None:
            start.wait()
            try:
                found.append(casework.merge(pair[at], who[at], pair[1 - at]))
            except casework.NotDone as why:
                found.append(why)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=merge, args=[at]) for at in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        kinds = sorted(isinstance(one, casework.NotDone) for one in found)
        assert kinds == [False, True]
        stays = Case.objects.get(pk__in=[thing.pk for thing in pair], merged_into=None)
        assert stays.reports.count() == len(sent)
