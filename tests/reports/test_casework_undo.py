"""Merging, splitting and undoing: what moved moves back exactly, and the history keeps every step."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reports import casework
from reports.casework import Missing, NotAllowed, NotPossible, TooLate, Visit
from reports.casework.changing import plain
from reports.models import Body, Case, CaseEvent, Message, Photo, Report
from reports.models.case import Status

pytestmark = pytest.mark.django_db


def state_of(*cases: Case) -> list:
    """All that a merge or an undo may touch: the cases but for their versions, their reports, and who counts."""
    columns = [field.attname for field in Case._meta.concrete_fields if field.attname != "version"]
    return [
        [[plain(value) for value in row] for row in Case.objects.filter(pk__in=[case.pk for case in cases]).order_by("pk").values_list(*columns)],
        sorted(Report.objects.values_list("pk", "case", "counts")),
        sorted(Photo.objects.values_list("pk", "case")),
    ]


@pytest.fixture
def twins(case, report):
    """Two cases told by overlapping reporters; the second counts by its own."""
    one, two = case("confirmed"), case(counts=False)
    report(one, reporter=b"phone")
    report(one, reporter=b"another")
    report(two, reporter=b"phone", counts=False)
    return one, two


def test_a_merge_is_taken_back_exactly(twins, member):
    one, two = twins
    before, person = state_of(one, two), member()
    casework.merge(one, person, two)
    assert state_of(one, two) != before
    two.refresh_from_db()
    assert two.counts and two.reports.count() == 3
    casework.unmerge(one, person)
    assert state_of(one, two) == before


def test_an_undo_of_a_merge_is_as_exact(twins, member):
    one, two = twins
    before, person = state_of(one, two), member()
    casework.merge(one, person, two)
    undone = casework.undo(one, person)
    assert undone.status == Status.CONFIRMED
    assert state_of(one, two) == before
    kinds = {case: list(CaseEvent.objects.filter(case=case).order_by("number").values_list("kind", flat=True)) for case in (one, two)}
    assert kinds == {one: ["merged", "undone"], two: ["absorbed", "gave_back"]}


def test_reports_that_came_after_a_merge_stay_where_they_are(twins, report, member):
    one, two = twins
    casework.merge(one, member(), two)
    late = report(two)
    casework.unmerge(one, member())
    late.refresh_from_db()
    assert late.case == two and one.reports.count() == 2


def test_what_was_merged_onward_comes_back_from_there(twins, case, member):
    one, two = twins
    three = case()
    casework.merge(one, member(), two)
    casework.merge(two, member(), three)
    casework.unmerge(one, member())
    assert (one.reports.count(), two.reports.count(), three.reports.count()) == (2, 0, 1)


def test_many_are_merged_into_one_that_may_be_among_them(case, report, member):
    cases = [case() for _ in range(4)]
    for one in cases:
        report(one)
    outcome = casework.merge_all(cases, member(), cases[1])
    assert (len(outcome.done), outcome.not_done) == (3, [])
    assert cases[1].reports.count() == 4
    assert set(Case.objects.exclude(pk=cases[1].pk).values_list("status", "merged_into")) == {("merged", cases[1].pk)}


def test_reports_split_off_open_a_case_of_their_own(case, report, member):
    thing = case("confirmed")
    staying, leaving = report(thing), report(thing)
    new = casework.split(thing, member(), [leaving])
    leaving.refresh_from_db()
    assert (leaving.case, new.status, new.cell) == (new, Status.NEW, leaving.cell)
    assert list(thing.reports.all()) == [staying]
    assert new.events.get().details["from"] == thing.code
    assert new.due_at is not None


@pytest.mark.parametrize("which", [slice(0, 0), slice(0, 2)])
def test_neither_none_nor_all_reports_can_be_split_off(which, case, report, member):
    thing = case()
    reports = [report(thing), report(thing)]
    with pytest.raises(Missing):
        casework.split(thing, member(), reports[which])
    assert Case.objects.count() == 1


@pytest.mark.parametrize("verb", ["confirm", "refuse", "assign", "start", "hold", "resume", "verify", "reopen", "move", "change_kind", "set_priority", "reroute"])
def test_every_verb_of_the_desk_can_be_undone_within_a_minute(verb, case, member, report):
    person = member()
    status = {"start": "confirmed", "resume": "on_hold", "verify": "cleaned", "reopen": "cleaned"}.get(verb, "new")
    thing = case(status)
    report(thing)
    before = state_of(thing)
    {
        "confirm": lambda: casework.confirm(thing, person),
        "refuse": lambda: casework.refuse(thing, person, "private land"),
        "assign": lambda: casework.assign(thing, person, member=person),
        "start": lambda: casework.start(thing, person),
        "hold": lambda: casework.hold(thing, person, "power company", "cable"),
        "resume": lambda: casework.resume(thing, person),
        "verify": lambda: casework.verify(thing, person),
        "reopen": lambda: casework.reopen(thing, person, "still there"),
        "move": lambda: casework.move(thing, person, 108.2151234567, 16.0551234567),
        "change_kind": lambda: casework.change_kind(thing, person, problem="dump", amount="truck"),
        "set_priority": lambda: casework.set_priority(thing, person, 3),
        "reroute": lambda: casework.reroute(thing, person, Body.objects.create(code="PORT", name="Port"), "quay"),
    }[verb]()
    assert state_of(thing) != before
    casework.undo(thing, person)
    assert state_of(thing) == before
    last = thing.events.order_by("number").last()
    assert (last.kind, last.details["undoes"], last.details["verb"]) == ("undone", 1, verb)


def test_an_undo_is_not_undone_and_happens_once(case, member):
    thing, person = case(), member()
    casework.confirm(thing, person)
    casework.undo(thing, person)
    with pytest.raises(TooLate):
        casework.undo(thing, person)


def test_nobody_undoes_what_somebody_else_did_or_went_on_from(case, member):
    thing, lan, minh = case(), member(), member()
    casework.confirm(thing, lan)
    with pytest.raises(TooLate):
        casework.undo(thing, minh)
    casework.note(thing, minh, "seen on my way")
    with pytest.raises(TooLate):
        casework.undo(thing, lan)


def test_after_a_minute_it_is_too_late(case, member, monkeypatch):
    thing, person = case(), member()
    casework.confirm(thing, person)
    later = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr("reports.casework.undoing.timezone.now", lambda: later)
    with pytest.raises(TooLate):
        casework.undo(thing, person)


def test_a_clean_up_with_its_photos_is_not_undone_but_answered_by_reopening(case, member, after_photo):
    thing, person = case(), member()
    casework.clean(thing, person, Visit(photos=(after_photo(thing),), distance_m=12))
    with pytest.raises(TooLate):
        casework.undo(thing, person)


def test_an_officer_takes_back_a_wrong_move_even_out_of_their_own_ward(case, member, two_areas):
    west, east = two_areas
    officer, stranger = member("officer", areas=[west]), member("officer", areas=[west])
    thing = case(area=west)
    casework.move(thing, officer, 108.215, 16.055)
    assert Case.objects.get(pk=thing.pk).area == east
    with pytest.raises(NotAllowed):
        casework.confirm(thing, officer)
    with pytest.raises(TooLate):
        casework.undo(thing, stranger)
    assert casework.undo(thing, officer).area == west


def test_news_that_was_undone_is_told_to_nobody_and_news_that_holds_again_waits_again(told, member):
    report = told()
    thing, person = report.case, member()
    casework.refuse(thing, person, "private land")
    assert Message.objects.get(kind="refused").cancelled_at is None
    casework.undo(thing, person)
    assert Message.objects.get(kind="refused").cancelled_at is not None
    casework.refuse(thing, person, "private land")
    casework.reopen(thing, person, "public after all")
    assert Message.objects.get(kind="refused").cancelled_at is not None
    casework.undo(thing, person)
    assert Message.objects.get(kind="refused").cancelled_at is None


def test_unmerging_what_was_never_merged_is_refused(case, member):
    with pytest.raises(NotPossible):
        casework.unmerge(case(), member())


def test_many_refused_at_once_are_all_told_and_an_undo_tells_none(told, case, member):
    reports, who = [told(case()) for _ in range(3)], member()
    cases = [sent.case for sent in reports]
    casework.act_on_all(cases, casework.refusing(who, "storm"))
    assert set(Message.objects.filter(kind="refused", cancelled_at=None).values_list("report", flat=True)) == {sent.pk for sent in reports}
    casework.undo_all(cases, who)
    assert not Message.objects.filter(kind="refused", cancelled_at=None).exists()


def test_photos_of_a_case_go_with_a_merge_and_come_back_and_those_of_a_visit_stay_with_it(case, report, member, after_photo):
    one, two, who = case("assigned"), case(), member()
    report(one)
    loose, visited = after_photo(one), after_photo(one)
    casework.visit(one, who, Visit(photos=(visited,), note="needs a lorry"), "partly")
    before = state_of(one, two)
    casework.merge(one, who, two)
    assert (Photo.objects.get(pk=loose.pk).case, Photo.objects.get(pk=visited.pk).case) == (two, one)
    casework.unmerge(one, who)
    assert state_of(one, two) == before


def test_a_case_opened_again_is_neither_checked_nor_closed(case, member):
    thing = casework.reopen(case("verified"), member(), "still there")
    thing.refresh_from_db()
    assert (thing.verified_at, thing.closed_at) == (None, None)
    assert thing.cleaned_at is not None  # that it had been clean stays known


# --- many at once ----------------------------------------------------------------------------------------
def test_what_cannot_be_done_to_one_hinders_no_other(case, member, two_areas):
    west, east = two_areas
    officer = member("officer", areas=[west])
    fine, done, foreign, stale = case(), case("cleaned"), case(area=east), case()
    told = []
    outcome = casework.act_on_all([fine, done, foreign, stale], casework.confirming(officer, {stale.pk: 7, fine.pk: 0}), tick=told.append)
    assert [one.pk for one in outcome.done] == [fine.pk]
    assert {one.pk: type(why).__name__ for one, why in outcome.not_done} == {done.pk: "NotPossible", foreign.pk: "NotAllowed", stale.pk: "Stale"}
    assert sum(told) == 4
    assert set(Case.objects.values_list("pk", "status")) == {(fine.pk, "confirmed"), (done.pk, "cleaned"), (foreign.pk, "new"), (stale.pk, "new")}
    assert CaseEvent.objects.count() == 1


def test_a_thousand_cases_take_a_handful_of_statements(case, member, django_assert_max_num_queries):
    first = case()
    fields = {field.attname: getattr(first, field.attname) for field in Case._meta.concrete_fields if not field.primary_key}
    Case.objects.bulk_create(Case(**{**fields, "code": f"{number:010d}"}) for number in range(999))
    person = member()
    with django_assert_max_num_queries(40):
        outcome = casework.act_on_all(Case.objects.all(), casework.refusing(person, "storm", {}))
    assert len(outcome.done) == 1000 and Case.objects.filter(status="refused").count() == 1000
    done, left = casework.undo_all(outcome.done[:5], person)
    assert (len(done), left) == (5, [])
