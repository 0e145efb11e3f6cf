"""Several merges of one place, taken back in whatever order: each side is as if only the merges that still hold had been made."""

from datetime import date, timedelta

import pytest

from reports import casework
from reports.casework import Stale, TooLate
from reports.history import first_broken_line
from reports.models import Case, CaseEvent, Report
from reports.notices import Words, open_notice
from tests.reports.test_casework_undo import state_of
from tests.reports.test_notices import box

pytestmark = pytest.mark.django_db


def counting(case: Case) -> set[int]:
    """The reports that count in this case."""
    return set(Report.objects.filter(case=case, counts=True).values_list("pk", flat=True))


@pytest.mark.parametrize("first", [0, 1])
def test_two_merges_are_taken_back_in_any_order(first, case, report, member):
    target, ones, who = case(counts=False), [case(), case()], member()
    report(target, reporter=b"phone", counts=False)
    for one in ones:
        report(one, reporter=b"phone")
    before = state_of(target, *ones)
    for one in ones:
        casework.merge(one, who, target)
    assert len(counting(target)) == 1
    casework.unmerge(ones[first], who)
    target.refresh_from_db()
    assert target.counts and len(counting(target)) == len(counting(ones[first])) == 1  # the other one speaks for the reporter now
    casework.unmerge(ones[1 - first], who)
    assert state_of(target, *ones) == before


def test_what_a_later_merge_set_aside_counts_again_where_it_goes_back_to(case, report, member):
    one, two, three, who = case(), case(), case(), member()
    mine, theirs = report(one, reporter=b"phone"), report(three, reporter=b"phone")
    casework.merge(one, who, two)
    casework.merge(two, who, three)
    assert counting(three) == {theirs.pk}
    casework.unmerge(one, who)
    assert (counting(one), counting(three)) == ({mine.pk}, {theirs.pk})


def test_whoever_forgot_the_devices_still_takes_a_merge_back_exactly(case, report, member):
    one, two, three, who = case(), case(), case(), member()
    for thing in (one, two, three):
        report(thing, reporter=b"phone")
    casework.merge(one, who, two)
    casework.merge(two, who, three)
    Report.objects.update(reporter=None)  # as after 30 days
    for thing in (one, two):
        casework.unmerge(thing, who)
    assert not Report.objects.filter(counts=False).exists()


def test_a_report_that_is_held_meanwhile_does_not_begin_to_count(case, report, member):
    one, two, who = case(), case(), member()
    report(two, reporter=b"phone")
    held = report(one, reporter=b"phone")
    casework.merge(one, who, two)
    Report.objects.filter(pk=held.pk).update(held="device")
    casework.unmerge(one, who)
    assert counting(one) == set()


def test_a_case_that_counts_by_another_merge_goes_on_counting(case, report, member):
    target, one, two, who = case(counts=False), case(), case(), member()
    report(target, reporter=b"silent", counts=False)
    report(one, reporter=b"a")
    report(two, reporter=b"b")
    for thing in (one, two):
        casework.merge(thing, who, target)
    casework.unmerge(one, who)
    assert Case.objects.get(pk=target.pk).counts
    casework.unmerge(two, who)
    assert not Case.objects.get(pk=target.pk).counts


def test_a_case_goes_on_counting_by_a_merge_whose_reporter_was_silent_there(case, report, member):
    target, one, two, who = case(counts=False), case(), case(), member()
    report(target, reporter=b"silent", counts=False)
    report(one, reporter=b"a")
    report(two, reporter=b"silent")  # who counts at the other place, and brought it in
    for thing in (one, two):
        casework.merge(thing, who, target)
    casework.unmerge(one, who)
    assert Case.objects.get(pk=target.pk).counts


def test_two_silent_cases_of_a_line_are_silent_again_when_what_made_both_count_is_gone(case, report, member):
    one, two, three, who = case(), case(counts=False), case(counts=False), member()
    report(one, reporter=b"a")
    casework.merge(one, who, two)
    casework.merge(two, who, three)
    assert Case.objects.get(pk=three.pk).counts
    casework.unmerge(one, who)
    assert set(Case.objects.filter(counts=True)) == {one}


def test_a_silent_reporter_s_later_word_does_not_make_a_case_count_after_a_merge_was_taken_back(case, report, member):
    target, one, who = case(counts=False), case(), member()
    report(target, reporter=b"phone", counts=False)
    report(target, reporter=b"phone")
    report(one, reporter=b"another")
    before = state_of(target, one)
    casework.merge(one, who, target)
    casework.unmerge(one, who)
    assert state_of(target, one) == before


def test_every_case_along_the_line_tells_what_left_it_and_an_older_look_at_it_is_refused(case, report, member):
    one, two, three, who = case(), case(), case(), member()
    report(one)
    casework.merge(one, who, two)
    casework.merge(two, who, three)
    seen = Case.objects.get(pk=three.pk).version
    casework.unmerge(one, who)
    assert [CaseEvent.objects.filter(case=thing).order_by("number").last().kind for thing in (two, three)] == ["gave_back", "gave_back"]
    with pytest.raises(Stale):
        casework.confirm(three, who, seen=seen)
    assert first_broken_line() is None


def test_a_merge_on_whose_other_side_somebody_went_on_is_no_longer_undone_but_still_unmerged(case, report, member):
    one, two, lan, minh = case(), case(), member(), member()
    sent = report(one)
    casework.merge(one, lan, two)
    casework.confirm(two, minh)
    with pytest.raises(TooLate):
        casework.undo(one, lan)
    assert casework.undoable(Case.objects.get(pk=one.pk), lan) is None
    casework.unmerge(one, lan)
    sent.refresh_from_db()
    assert sent.case == one


def test_a_chain_of_merges_is_undone_at_once_from_its_end(case, report, member):
    one, two, three, who = case(), case(), case(), member()
    report(one), report(two)
    before = state_of(one, two, three)
    casework.merge(one, who, two)
    casework.merge(two, who, three)
    done, left = casework.undo_all([one, two], who)
    assert ({thing.pk for thing in done}, left) == ({one.pk, two.pk}, [])
    assert state_of(one, two, three) == before
    assert first_broken_line() is None


# --- splitting ------------------------------------------------------------------------------------------------
def test_a_reporter_counts_on_both_sides_of_a_split(case, report, member, noon):
    thing = case()
    first = report(thing, reporter=b"phone")
    second = report(thing, reporter=b"phone", counts=False)
    new = casework.split(thing, member(), [second])
    assert (counting(thing), counting(new), new.counts) == ({first.pk}, {second.pk}, True)


def test_where_the_report_that_counted_leaves_another_of_its_reporter_counts_instead(case, report, member):
    thing = case()
    first = report(thing, reporter=b"phone")
    second = report(thing, reporter=b"phone", counts=False)
    new = casework.split(thing, member(), [first])
    assert (counting(thing), counting(new)) == ({second.pk}, {first.pk})


def test_a_split_lets_no_phone_count_a_fourth_time_in_a_cell_and_week(case, report, member):
    for _ in range(2):
        report(reporter=b"phone")
    thing = case()
    report(thing, reporter=b"phone")
    new = casework.split(thing, member(), [report(thing, reporter=b"phone", counts=False)])
    assert (counting(new), new.counts) == (set(), False)


def test_a_held_report_that_is_split_off_waits_for_its_look(case, report, member):
    thing = case()
    report(thing)
    new = casework.split(thing, member(), [report(thing, reporter=b"phone", counts=False, held="device")])
    assert (counting(new), new.counts) == (set(), False)


# --- deadlines ----------------------------------------------------------------------------------------
def due_of(one: Case) -> object:
    return Case.objects.get(pk=one.pk).due_at


@pytest.mark.parametrize("back", [casework.unmerge, casework.undo])
def test_a_late_place_stays_late_when_it_is_merged_into_a_newer_case(back, case, member, noon):
    late, new, who = case(due_at=noon - timedelta(days=3)), case(due_at=noon + timedelta(days=3)), member()
    casework.merge(late, who, new)
    assert due_of(new) == late.due_at and Case.objects.overdue(noon).get() == new
    back(Case.objects.get(pk=late.pk), who)
    assert (due_of(late), due_of(new)) == (late.due_at, new.due_at)


def test_a_case_without_a_deadline_takes_that_of_what_joins_it_and_gives_it_back(case, member, noon):
    dated, undated, who = case(due_at=noon), case(), member()
    casework.merge(dated, who, undated)
    assert due_of(undated) == noon
    casework.unmerge(dated, who)
    assert due_of(undated) is None


def test_many_merged_at_once_leave_the_earliest_deadline_and_give_it_back(case, member, noon):
    stays, who = case(due_at=noon + timedelta(days=9)), member()
    others = [case(due_at=noon + timedelta(days=days)) for days in (4, 2, 7)]
    casework.merge_all(others, who, stays)
    assert due_of(stays) == noon + timedelta(days=2)
    casework.undo_all(others, who)
    assert due_of(stays) == noon + timedelta(days=9)


def test_a_deadline_that_was_set_anew_after_a_merge_is_left_by_its_return(case, report, member, noon):
    early, stays, who = case(due_at=noon), case(due_at=noon + timedelta(days=5)), member()
    report(stays)
    casework.merge(early, who, stays)
    casework.change_kind(stays, who, problem="dump")
    new = due_of(stays)
    assert new not in (early.due_at, stays.due_at)
    casework.unmerge(early, who)
    assert due_of(stays) == new


def test_a_deadline_set_by_hand_is_the_case_s_own_though_a_merge_once_gave_it_the_same(case, member, noon):
    twin, who = case(), member()
    casework.change_kind(twin, who, problem="dump")
    day = due_of(twin)
    early, earlier, stays = case(due_at=day), case(due_at=day - timedelta(days=1)), case(due_at=day + timedelta(days=5))
    casework.merge(early, who, stays)
    casework.unmerge(early, who)
    casework.change_kind(stays, who, problem="dump")
    assert due_of(stays) == day
    casework.merge(earlier, who, stays)
    casework.unmerge(earlier, who)
    assert due_of(stays) == day


def test_what_a_notice_promised_stays_promised_when_a_late_case_is_merged_into_it(case, member, two_areas, noon):
    notice = open_notice(member(), box(), Words("Sau bão", done_by=date.today() + timedelta(days=40)))
    casework.merge(case(due_at=noon - timedelta(days=3)), member(), notice.case)
    assert due_of(notice.case) == notice.case.due_at
