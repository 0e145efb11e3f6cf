"""Working on a case: assigning, waiting, correcting; what a member saw, and what somebody else changed meanwhile."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from citylab.models import Team
from reports import casework
from reports.casework import Missing, NotAllowed, Stale, Visit
from reports.follow_up import give_verdict
from reports.models import Body, Case, Deadline, Route
from reports.models.case import Priority, Status
from reports.notices import Words, open_notice
from tests.reports.test_notices import box

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db) -> Team:
    return Team.objects.create(name="Đội 1")


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of casework: `at(moment)`."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr("reports.casework.changing.timezone.now", lambda: moment)

    return set_to


def test_a_case_is_assigned_to_a_team_and_a_day_and_again_to_a_person(case, member, team):
    person = member()
    thing = casework.assign(case("confirmed"), person, team=team, day=date(2026, 11, 20))
    assert (thing.status, thing.team, thing.planned_for) == (Status.ASSIGNED, team, date(2026, 11, 20))
    thing = casework.assign(thing, person, member=person)
    assert (thing.status, thing.team, thing.assigned_to, thing.planned_for) == (Status.ASSIGNED, None, person, None)
    assert [event.details["team"] for event in thing.events.order_by("number")] == ["Đội 1", ""]


def test_assigning_to_nobody_is_refused(case, member):
    with pytest.raises(Missing):
        casework.assign(case(), member())


@pytest.mark.parametrize(("who", "why"), [("", "cable"), ("power company", " ")])
def test_holding_needs_who_must_act_and_why(who, why, case, member):
    with pytest.raises(Missing):
        casework.hold(case(), member(), who, why)


@pytest.mark.parametrize("status", ["new", "confirmed", "assigned", "in_progress"])
def test_a_case_taken_up_again_is_in_the_state_from_before(status, case, member):
    thing = casework.hold(case(status), member(), "power company", "cable in the way")
    assert (thing.status, thing.waits_for) == (Status.ON_HOLD, "power company")
    thing = casework.resume(thing, member())
    assert (thing.status, thing.waits_for, thing.waits_since) == (status, "", None)


def test_the_deadline_moves_by_the_working_days_of_waiting(case, member, at):
    calendar = settings.CITY.calendar
    friday = datetime(2026, 11, 6, 3, tzinfo=UTC)
    thing = case("confirmed", due_at=calendar.due_at(friday, 3))
    assert calendar.local_day(thing.due_at - timedelta(hours=1)) == date(2026, 11, 11)
    at(friday)
    casework.hold(thing, member(), "power company", "cable in the way")
    at(friday + timedelta(days=4))  # a Tuesday: two working days later
    thing = casework.resume(thing, member())
    assert calendar.local_day(thing.due_at - timedelta(hours=1)) == date(2026, 11, 13)


@pytest.mark.parametrize("ends", ["clean", "refuse"])
def test_a_case_that_ends_while_on_hold_was_not_late_for_the_days_it_waited(ends, case, member, after_photo, at):
    calendar = settings.CITY.calendar
    friday = datetime(2026, 11, 6, 3, tzinfo=UTC)
    thing = case("confirmed", due_at=calendar.due_at(friday, 3))
    at(friday)
    casework.hold(thing, member(), "power company", "cable in the way")
    at(friday + timedelta(days=6))  # a Thursday: four working days later, one after the deadline as it stood
    if ends == "refuse":
        thing = casework.reopen(casework.refuse(thing, member(), "private land"), member(), "public after all")
    else:
        thing = casework.clean(thing, member(), Visit(photos=(after_photo(thing),), distance_m=12))
        assert list(Case.objects.on_time()) == [thing]
    assert calendar.local_day(thing.due_at - timedelta(hours=1)) == date(2026, 11, 17)
    assert casework.verbs.days_waited(thing) == 4


def test_a_hold_that_went_on_after_an_undone_resume_counts_in_whole(case, member, at):
    friday, who = datetime(2026, 11, 6, 3, tzinfo=UTC), member()
    thing = case("confirmed", due_at=settings.CITY.calendar.due_at(friday, 3))
    at(friday)
    casework.hold(thing, who, "power company", "cable in the way")
    at(friday + timedelta(days=3))
    casework.resume(thing, who)
    casework.undo(thing, who)
    at(friday + timedelta(days=5))
    thing = casework.resume(thing, who)
    assert casework.verbs.days_waited(thing) == 3
    assert settings.CITY.calendar.local_day(thing.due_at - timedelta(hours=1)) == date(2026, 11, 16)


def test_the_days_of_waiting_do_not_depend_on_greenwich(case, member, at):
    """23:30 on a Sunday in Greenwich is a Monday in the city."""
    sunday = datetime(2026, 11, 8, 23, 30, tzinfo=UTC)
    thing = case("confirmed", due_at=settings.CITY.calendar.due_at(sunday, 3))
    at(sunday)
    casework.hold(thing, member(), "power company", "cable in the way")
    at(sunday + timedelta(hours=12))
    casework.resume(thing, member())
    assert casework.verbs.days_waited(thing) == 0


def test_a_case_on_hold_is_never_late_and_is_told_to_be_handled(case, member, noon):
    thing = case("confirmed", due_at=noon)
    assert list(Case.objects.overdue(noon + timedelta(days=9))) == [thing]
    casework.hold(thing, member(), "power company", "cable in the way")
    assert not Case.objects.overdue(noon + timedelta(days=9)).exists()


def test_due_soon_is_what_will_be_late_within_a_day(case, noon):
    soon = case(due_at=noon + timedelta(hours=5))
    case(due_at=noon - timedelta(hours=1))
    case(due_at=noon + timedelta(days=2))
    case("cleaned", due_at=noon + timedelta(hours=5))
    assert list(Case.objects.due_soon(noon)) == [soon]


def test_reopened_cases_are_those_that_are_open_again_until_they_are_cleaned(case, member, after_photo):
    thing = casework.reopen(case("cleaned"), member(), "still there")
    assert list(Case.objects.reopened()) == [thing]
    casework.clean(thing, member(), Visit(photos=(after_photo(thing),), distance_m=12))
    assert not Case.objects.reopened().exists()


def test_on_time_is_what_was_cleaned_before_its_deadline(case, noon):
    punctual = case("cleaned", due_at=noon + timedelta(days=2))
    case("cleaned", due_at=noon + timedelta(hours=2))
    assert list(Case.objects.on_time()) == [punctual]


def test_a_case_that_is_moved_gets_the_area_cell_and_body_of_its_new_place(case, member, two_areas):
    east = two_areas[1]
    body = Body.objects.create(code="EAST", name="East")
    Route.objects.create(area_code="E1", body=body, priority=1)
    thing = case()
    before = thing.cell
    moved = casework.move(thing, member(), 108.215, 16.055)
    assert (moved.area, moved.body, (moved.location.x, moved.location.y)) == (east, body, (108.215, 16.055))
    assert moved.cell != before
    assert abs(moved.public_location.x - 108.215) < 0.001


def test_a_case_is_not_moved_out_of_the_city(case, member, two_areas):
    with pytest.raises(Missing):
        casework.move(case(), member(), 107.0, 12.0)


def test_another_kind_has_another_body_and_another_deadline(case, member):
    body = Body.objects.create(code="FIRE", name="Fire")
    Route.objects.create(problem="burning", body=body, priority=1)
    Deadline.objects.create(problem="burning", amount="", working_days=1)
    thing = case(due_at=None)
    changed = casework.change_kind(thing, member(), problem="burning")
    assert (changed.problem, changed.body) == ("burning", body)
    assert changed.due_at == settings.CITY.calendar.due_at(thing.opened_at, 1)


def test_a_deadline_for_kind_and_amount_wins_over_one_for_the_kind_and_that_over_one_for_the_amount(case, member):
    thing, due = case(), settings.CITY.calendar.due_at
    for problem, amount, days in (("burning", "truck", 2), ("burning", "", 1), ("", "truck", 9)):
        Deadline.objects.create(problem=problem, amount=amount, working_days=days)
    assert casework.change_kind(thing, member(), problem="burning", amount="truck").due_at == due(thing.opened_at, 2)
    Deadline.objects.filter(working_days=2).delete()
    assert casework.change_kind(thing, member(), amount="truck").due_at == due(thing.opened_at, 1)


def test_the_deadline_of_another_kind_runs_from_when_the_city_was_first_told(case, report, member, noon):
    thing = case()
    Case.objects.update(opened_at=noon + timedelta(days=9))  # opened late: a backlog, or split off another one
    report(thing, received_at=noon)
    assert casework.change_kind(thing, member(), amount="truck").due_at == settings.CITY.calendar.due_at(noon, settings.CITY.deadline_working_days)


def test_another_amount_takes_a_case_from_nobody_to_whom_it_was_passed_on(case, member):
    port, fire = Body.objects.create(code="PORT", name="Port"), Body.objects.create(code="FIRE", name="Fire")
    Route.objects.create(problem="burning", body=fire, priority=1)
    thing = casework.reroute(case(), member(), port, "on the quay")
    assert casework.change_kind(thing, member(), amount="truck").body == port
    assert casework.change_kind(thing, member(), problem="burning").body == fire


def test_what_a_notice_promises_stays_promised(two_areas, member):
    notice = open_notice(member(), box(), Words("Sau bão", done_by=date.today() + timedelta(days=40)))
    assert casework.change_kind(notice.case, member(), problem="dump").due_at == notice.case.due_at


@pytest.mark.parametrize("given", [{"problem": "ufo"}, {"amount": "mountain"}])
def test_an_unknown_kind_is_refused(given, case, member):
    with pytest.raises(Missing):
        casework.change_kind(case(), member(), **given)


def test_a_priority_outside_the_scale_is_refused(case, member):
    assert casework.set_priority(case(), member(), Priority.URGENT).priority == 3
    with pytest.raises(Missing):
        casework.set_priority(case(), member(), 4)


def test_passing_on_to_another_body_needs_a_reason(case, member):
    port = Body.objects.create(code="PORT", name="Port")
    assert casework.reroute(case(), member(), port, "on the quay").body == port
    with pytest.raises(Missing):
        casework.reroute(case(), member(), port, "")


def test_a_link_is_in_the_history_of_both(case, member):
    one, two = case(), case()
    casework.link(one, member(), two)
    assert one.events.get().details["with"] == two.code
    assert two.events.get().details["with"] == one.code
    with pytest.raises(Missing):
        casework.link(one, member(), one)


def test_a_photo_from_far_away_proves_nothing_without_an_exception_in_words(case, member, after_photo):
    thing = case()
    photos = (after_photo(thing),)
    with pytest.raises(Missing):
        casework.clean(thing, member(), Visit(photos=photos, distance_m=140))
    casework.clean(thing, member(), Visit(photos=photos, distance_m=140, exception="the phone's position was wrong"))
    cleanup = thing.cleanups.get()
    assert (cleanup.distance_m, cleanup.exception) == (140, "the phone's position was wrong")
    assert thing.events.get().details["exception"] == cleanup.exception


def test_a_visit_that_could_not_clean_keeps_the_case_open_and_says_why(case, member):
    thing = case("assigned")
    with pytest.raises(Missing):
        casework.visit(thing, member(), Visit(photos=()), "not_reached")
    visited = casework.visit(thing, member(), Visit(photos=(), note="gate locked"), "not_reached")
    assert (visited.status, thing.cleanups.get().outcome, thing.events.get().reason) == (Status.ASSIGNED, "not_reached", "gate locked")


# --- what a member saw ----------------------------------------------------------------------------------
def test_whoever_saw_an_older_version_is_told_who_changed_what(case, member):
    thing, lan, minh = case(), member(first_name="Lan"), member()
    casework.confirm(thing, lan, seen=thing.version)
    with pytest.raises(Stale) as told:
        casework.refuse(thing, minh, "private land", seen=thing.version)
    assert (told.value.who, told.value.kind) == ("Lan", "confirmed")
    thing.refresh_from_db()
    assert thing.status == Status.CONFIRMED


def test_whoever_comes_too_late_is_told_of_a_change_and_not_of_what_was_only_said(case, report, member, noon):
    thing, lan, minh = case("cleaned", at=timezone.now() - timedelta(days=2)), member(first_name="Lan"), member()
    casework.verify(thing, lan)
    give_verdict(thing, True, "reporter", report=report(thing))
    with pytest.raises(Stale) as told:
        casework.reopen(thing, minh, "still there", seen=thing.version)
    assert (told.value.who, told.value.kind) == ("Lan", "verified")


def test_a_change_to_the_case_that_stays_in_a_merge_is_seen_as_one(case, member):
    one, target, person = case(), case(), member()
    casework.merge(one, person, target)
    with pytest.raises(Stale):
        casework.confirm(target, person, seen=target.version)


def test_an_officer_cannot_use_any_verb_on_a_case_of_another_ward(case, member, two_areas, after_photo):
    west, east = two_areas
    officer = member("officer", areas=[east])
    thing = case(area=west)
    for act in (
        lambda: casework.assign(thing, officer, member=officer),
        lambda: casework.hold(thing, officer, "x", "y"),
        lambda: casework.note(thing, officer, "x"),
        lambda: casework.set_priority(thing, officer, 3),
        lambda: casework.move(thing, officer, 108.215, 16.055),
        lambda: casework.link(thing, officer, case(area=east)),
        lambda: casework.link(case(area=east), officer, thing),
        lambda: casework.resume(thing, officer),
        lambda: casework.clean(thing, officer, Visit(photos=(after_photo(thing),), distance_m=5)),
        lambda: casework.change_kind(thing, officer, problem="dump"),
        lambda: casework.split(thing, officer, thing.reports.all()),
        lambda: casework.unmerge(thing, officer),
        lambda: casework.reroute(thing, officer, Body.objects.get_or_create(code="PORT", name="Port")[0], "quay"),
        lambda: casework.undo(thing, officer),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not thing.events.exists()
