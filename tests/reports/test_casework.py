"""A case changes by verbs, along the transition table, with an event each time."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from reports import casework
from reports.casework import Missing, NotAllowed, NotPossible, Visit
from reports.models import Body, Case, CaseEvent
from reports.models.case import OPEN, Priority, Status
from reports.progress import STATUSES

pytestmark = pytest.mark.django_db


def do(verb, case, actor, *, photo=None, into=None):
    """Call a verb with what it needs."""
    return {
        "confirm": lambda: casework.confirm(case, actor),
        "refuse": lambda: casework.refuse(case, actor, "private land"),
        "clean": lambda: casework.clean(case, actor, Visit(distance_m=8, photos=(photo(case),))),
        "verify": lambda: casework.verify(case, actor),
        "reopen": lambda: casework.reopen(case, actor, "still there"),
        "merge": lambda: casework.merge(case, actor, into()),
        "withdraw": lambda: casework.withdraw(case),
        "assign": lambda: casework.assign(case, actor, member=actor),
        "start": lambda: casework.start(case, actor),
        "hold": lambda: casework.hold(case, actor, "power company", "cable in the way"),
        "resume": lambda: casework.resume(case, actor),
        "unmerge": lambda: casework.unmerge(case, actor),
        "reroute": lambda: casework.reroute(case, actor, Body.objects.get_or_create(code="PORT", name="Port")[0], "on the quay"),
        "move": lambda: casework.move(case, actor, 108.215, 16.055),
        "change_kind": lambda: casework.change_kind(case, actor, problem="dump"),
        "set_priority": lambda: casework.set_priority(case, actor, Priority.URGENT),
        "visit": lambda: casework.visit(case, actor, Visit(distance_m=8, photos=(), note="gate locked"), "not_reached"),
        "note": lambda: casework.note(case, actor, "asked the harbour master"),
        "link": lambda: casework.link(case, actor, into()),
    }[verb]()


@pytest.fixture
def made(case, after_photo):
    """A case in a state, made without verbs."""

    def make(status: str) -> Case:
        if status != Status.MERGED:
            return case(status=status)
        thing = case()
        casework.merge(thing, None, case())
        thing.refresh_from_db()
        return thing

    return make


# What leads back leads to the state before; a case of the fixture has no history, so that is where one begins to be worked on.
BACK_TO = {"resume": Status.CONFIRMED, "unmerge": Status.NEW}


@pytest.mark.parametrize("verb", [*casework.TRANSITIONS, *sorted(set(casework.CHANGES) - {"undo", "split"})])
@pytest.mark.parametrize("status", Status.values)
def test_a_verb_leads_where_the_table_says_and_nowhere_else(verb, status, made, case, after_photo, member, two_areas):
    thing = made(status)
    before = thing.events.count()
    if status in casework.sources_of(verb):
        changed = do(verb, thing, member(), photo=after_photo, into=case)
        target = casework.TRANSITIONS[verb][1] if verb in casework.TRANSITIONS else status
        assert changed.status == (target or BACK_TO[verb])
        event = thing.events.last()
        assert (event.from_status, event.to_status) == (status, changed.status)
        thing.refresh_from_db()
        assert (thing.status, thing.version) == (changed.status, changed.version)
    else:
        with pytest.raises(NotPossible):
            do(verb, thing, member(), photo=after_photo, into=case)
        thing.refresh_from_db()
        assert (thing.status, thing.events.count()) == (status, before)


def test_every_state_can_be_reached_and_left():
    reached, frontier = {Status.NEW}, [Status.NEW]
    while frontier:
        here = frontier.pop()
        for sources, target in casework.TRANSITIONS.values():
            if here in sources and target and target not in reached:
                reached.add(target)
                frontier.append(target)
    assert reached == set(Status)
    assert set().union(*(sources for sources, _ in casework.TRANSITIONS.values())) == set(Status)


def test_every_state_has_a_word_for_the_public_but_that_of_a_merged_case_which_is_told_as_the_one_that_stayed():
    assert set(casework.TOLD_AS) == set(Status) - {Status.MERGED}
    assert set(casework.TOLD_AS.values()) < set(STATUSES)


def test_cleaning_without_an_after_photo_is_refused(case, member):
    with pytest.raises(Missing):
        casework.clean(case(), member(), Visit(distance_m=8, photos=()))


def test_a_rejected_photo_is_no_proof_of_cleaning(case, member, after_photo):
    thing = case()
    with pytest.raises(Missing):
        casework.clean(thing, member(), Visit(distance_m=8, photos=(after_photo(thing, state="rejected"),)))


@pytest.mark.parametrize("far", [None, 100.1, 5000])
def test_a_photo_from_afar_or_from_nobody_knows_where_needs_an_exception_in_words(case, member, after_photo, far):
    thing = case()
    with pytest.raises(Missing, match="exception"):
        casework.clean(thing, member(), Visit(photos=(after_photo(thing),), distance_m=far, exception=" "))
    casework.clean(thing, member(), Visit(photos=(after_photo(thing),), distance_m=far, exception="bãi bị rào"))
    assert thing.cleanups.get().exception == thing.events.get(kind="cleaned").details["exception"] == "bãi bị rào"


def test_a_photo_from_within_a_hundred_metres_speaks_for_itself(case, member, after_photo):
    thing = case()
    casework.clean(thing, member(), Visit(photos=(after_photo(thing),), distance_m=100.0))
    assert "exception" not in thing.events.get(kind="cleaned").details


def test_what_was_begun_can_be_given_to_another_team(case):
    from citylab.models import Team

    thing = case(status="in_progress")
    assert casework.assign(thing, None, team=Team.objects.create(name="Xe lớn")).status == "assigned"


def test_a_cleaning_keeps_its_photo_grade_bags_and_weight(case, member, after_photo):
    thing, photo = case("confirmed"), None
    photo = after_photo(thing)
    casework.clean(thing, member(), Visit(distance_m=8, photos=(photo,), grade="B", bags=4, kg=Decimal("12.5")))
    cleanup = thing.cleanups.get()
    assert (cleanup.grade, cleanup.bags, cleanup.kg) == ("B", 4, Decimal("12.5"))
    assert list(cleanup.photos.all()) == [photo]


@pytest.mark.parametrize(("verb", "status"), [("refuse", "new"), ("reopen", "cleaned")])
def test_refusing_and_reopening_need_a_reason(verb, status, case, member):
    with pytest.raises(Missing):
        getattr(casework, verb)(case(status), member(), "  ")


def test_an_officer_works_only_in_their_own_areas(case, member, two_areas):
    west, east = two_areas
    officer = member("officer", areas=[east])
    with pytest.raises(NotAllowed):
        casework.confirm(case(area=west), officer)
    assert casework.confirm(case(area=east), officer).status == Status.CONFIRMED


def test_an_officer_cannot_merge_into_a_case_outside_their_areas(case, member, two_areas):
    west, east = two_areas
    officer = member("officer", areas=[east])
    with pytest.raises(NotAllowed):
        casework.merge(case(area=east), officer, case(area=west))


def test_an_analyst_reads_and_does_not_act(case, member):
    with pytest.raises(NotAllowed):
        casework.confirm(case(), member("analyst"))


def test_a_member_who_left_can_do_nothing(case, member):
    with pytest.raises(NotAllowed):
        casework.confirm(case(), member("dispatcher", is_active=False))


def test_the_system_itself_may_act_and_is_named_as_nobody(case):
    thing = casework.reopen(case("cleaned"), None, "reported again")
    assert thing.events.get().actor is None


def test_merging_moves_the_reports_and_leaves_the_history(case, report, member):
    duplicate, target = case(), case()
    first = report(duplicate)
    casework.merge(duplicate, member(), target)
    first.refresh_from_db()
    assert first.case == target
    assert target.events.get().kind == CaseEvent.Kind.ABSORBED
    duplicate.refresh_from_db()
    assert duplicate.merged_into == target


def test_merging_never_counts_one_reporter_twice(case, report, member):
    duplicate, target = case(), case()
    report(target, reporter=b"phone")
    twin = report(duplicate, reporter=b"phone")
    other = report(duplicate, reporter=b"another")
    casework.merge(duplicate, member(), target)
    twin.refresh_from_db()
    other.refresh_from_db()
    assert (twin.counts, other.counts) == (False, True)


def test_a_case_is_not_merged_into_itself_or_into_a_closed_one(case, member):
    thing = case()
    with pytest.raises(Missing):
        casework.merge(thing, member(), thing)
    with pytest.raises(Missing):
        casework.merge(thing, member(), case("verified"))


def test_handing_over_writes_an_event_for_each_case(case, member):
    one, two, next_one = case(), case(), member()
    assert casework.hand_over([one, two], None, next_one, "left") == 2
    one.refresh_from_db()
    assert one.assigned_to == next_one
    assert one.events.get().kind == CaseEvent.Kind.HANDED_OVER


def test_the_database_itself_refuses_a_cleaned_case_without_a_time(case):
    thing = case("confirmed")
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=thing.pk).update(status=Status.CLEANED)


@pytest.mark.parametrize("status", [status for status in Status if status not in OPEN])
def test_the_database_refuses_a_closed_case_without_a_closing_time(status, case):
    thing = case()
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=thing.pk).update(status=status)


def test_the_application_role_cannot_rewrite_history_or_a_report(case, report, member):
    thing = case()
    casework.confirm(thing, member())
    written = report(thing)
    from django.db import ProgrammingError

    for statement in (
        "UPDATE reports_caseevent SET reason = 'x'",
        "DELETE FROM reports_caseevent",
        f"UPDATE reports_report SET location = NULL WHERE id = {written.pk}",
        f"UPDATE reports_report SET observed_at = now() WHERE id = {written.pk}",
        "UPDATE analytics_cell_week SET cases = 99",
        "ALTER TABLE reports_report DROP COLUMN description",
        "TRUNCATE reports_report",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE citylab_app")
            cursor.execute(statement)


def test_the_application_role_can_do_the_daily_work(case, member, after_photo):
    thing, photo = case(), None
    photo = after_photo(thing)
    person, second = member(), member()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE citylab_app")
        casework.confirm(thing, person)
        casework.clean(thing, person, Visit(distance_m=8, photos=(photo,)))
        casework.verify(thing, second)
        cursor.execute("RESET ROLE")
    thing.refresh_from_db()
    assert thing.status == Status.VERIFIED


def test_nobody_verifies_their_own_clean_up_and_a_second_person_does(case, after_photo, member):
    thing, cleaner = case(), member()
    casework.clean(thing, cleaner, Visit(distance_m=8, photos=(after_photo(thing),)))
    thing.refresh_from_db()
    assert "verify" not in casework.possible(thing, cleaner)
    with pytest.raises(NotAllowed):
        casework.verify(thing, cleaner)
    assert casework.verify(thing, member()).status == Status.VERIFIED
