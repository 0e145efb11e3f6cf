"""“Clean” or “not clean”: who may say it, for how long, and what it does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reports import casework
from reports.follow_up import NotTaken, give_verdict, withdraw_report
from reports.follow_up.verdicts import distance_m, is_asked
from reports.models import Verdict

pytestmark = pytest.mark.django_db

ONE, TWO, THREE = b"1" * 32, b"2" * 32, b"3" * 32
DEGREE_M = 110_600  # of latitude at 16° north


@pytest.fixture
def cleaned(case):
    """A case that was cleaned a day ago."""
    return case("cleaned", at=timezone.now() - timedelta(days=2))


def status_of(case) -> str:
    case.refresh_from_db()
    return case.status


def test_the_reporters_not_clean_reopens(cleaned, report):
    give_verdict(cleaned, False, "reporter", report=report(cleaned))
    assert status_of(cleaned) == "confirmed"
    assert cleaned.closed_at is None
    verdict, reopened = cleaned.events.order_by("id")
    assert (verdict.kind, verdict.details["source"], verdict.details["clean"]) == ("verdict", "reporter", False)
    assert (reopened.kind, reopened.actor) == ("reopened", None)
    assert reopened.reason


def test_the_reporters_clean_is_kept_and_changes_no_state(cleaned, report):
    give_verdict(cleaned, True, "reporter", report=report(cleaned))
    assert status_of(cleaned) == "cleaned"
    assert Verdict.objects.get().clean


def test_a_place_that_was_checked_clean_is_reopened_too(case, report):
    checked = case("verified", at=timezone.now() - timedelta(days=3))
    give_verdict(checked, False, "reporter", report=report(checked))
    assert status_of(checked) == "confirmed"


def test_one_other_person_does_not_reopen_and_two_do(cleaned):
    give_verdict(cleaned, False, "near", reporter=ONE, distance_m=20)
    assert status_of(cleaned) == "cleaned"
    give_verdict(cleaned, False, "sign", reporter=TWO)
    assert status_of(cleaned) == "confirmed"


def test_the_same_device_twice_is_one_voice(cleaned):
    for source in ("near", "near", "sign"):
        give_verdict(cleaned, False, source, reporter=ONE)
    assert status_of(cleaned) == "cleaned"
    assert Verdict.objects.count() == 1
    assert cleaned.events.count() == 1


def test_not_clean_said_before_the_last_clean_up_does_not_count_for_it(cleaned, member, after_photo):
    give_verdict(cleaned, False, "near", reporter=ONE)
    give_verdict(cleaned, False, "near", reporter=TWO)
    casework.clean(cleaned, member(), casework.Visit(distance_m=8, photos=(after_photo(cleaned),)))
    give_verdict(cleaned, False, "near", reporter=THREE)
    assert status_of(cleaned) == "cleaned"


def test_changing_ones_mind_replaces_and_is_seen_in_the_history(cleaned):
    give_verdict(cleaned, False, "near", reporter=ONE)
    give_verdict(cleaned, True, "near", reporter=ONE)
    give_verdict(cleaned, False, "near", reporter=TWO)
    assert status_of(cleaned) == "cleaned"
    assert Verdict.objects.filter(clean=False).count() == 1
    assert [event.details["changed"] for event in cleaned.events.order_by("id")] == [False, True, False]


def test_who_reopened_may_take_it_back_which_the_staff_reads_but_the_case_stays_open(cleaned, report):
    sent = report(cleaned)
    give_verdict(cleaned, False, "reporter", report=sent)
    give_verdict(cleaned, True, "reporter", report=sent)
    assert status_of(cleaned) == "confirmed"
    assert Verdict.objects.get().clean


def test_nobody_is_asked_before_a_clean_up_or_after_fourteen_days(case, report):
    now = timezone.now()
    old, fresh = case("cleaned", cleaned_at=now - timedelta(days=14, minutes=1)), case("cleaned", cleaned_at=now - timedelta(days=13))
    assert not is_asked(case(), now) and not is_asked(old, now) and is_asked(fresh, now)
    with pytest.raises(NotTaken) as error:
        give_verdict(old, False, "reporter", report=report(old))
    assert error.value.code == "too_late"
    with pytest.raises(NotTaken) as error:
        give_verdict(case(), False, "near", reporter=ONE)
    assert error.value.code == "not_cleaned"


def test_a_withdrawn_report_has_no_voice(cleaned, report):
    sent = report(cleaned)
    withdraw_report(sent)
    with pytest.raises(NotTaken) as error:
        give_verdict(cleaned, False, "reporter", report=sent)
    assert error.value.code == "withdrawn"


def test_a_report_of_another_case_has_no_voice_here(cleaned, report):
    with pytest.raises(NotTaken):
        give_verdict(cleaned, False, "reporter", report=report())
    assert status_of(cleaned) == "cleaned"


def test_after_a_merge_the_verdict_goes_to_the_case_that_stayed(case, report, member, after_photo):
    gone, stays = case(), case()
    sent = report(gone)
    casework.merge(gone, member(), stays)
    casework.clean(stays, member(), casework.Visit(distance_m=8, photos=(after_photo(stays),)))
    sent.refresh_from_db()
    give_verdict(gone, False, "reporter", report=sent)
    assert status_of(stays) == "confirmed"


def test_every_reporter_of_a_shared_case_may_reopen_it(cleaned, report):
    report(cleaned)
    give_verdict(cleaned, False, "reporter", report=report(cleaned))
    assert status_of(cleaned) == "confirmed"


def devices(number: int, first: int = 0) -> list[bytes]:
    return [str(one).rjust(32, "d").encode() for one in range(first, first + number)]


def test_strangers_reopen_a_case_once_and_are_then_only_heard(cleaned, member, after_photo, report):
    for device in (ONE, TWO):
        give_verdict(cleaned, False, "near", reporter=device)
    assert status_of(cleaned) == "confirmed"
    casework.clean(cleaned, member(), casework.Visit(distance_m=8, photos=(after_photo(cleaned),)))
    cleaned.refresh_from_db()
    for device in devices(4):
        give_verdict(cleaned, False, "near", reporter=device)
    assert status_of(cleaned) == "cleaned"
    assert Verdict.objects.filter(case=cleaned, cleaned_at=cleaned.cleaned_at, clean=False).count() == 4
    assert cleaned.events.filter(kind="verdict").count() == 6, "the staff reads them"
    give_verdict(cleaned, False, "reporter", report=report(cleaned))
    assert status_of(cleaned) == "confirmed", "the reporter still can"


def test_strangers_never_reopen_what_a_second_person_has_checked(case):
    checked = case("verified", at=timezone.now() - timedelta(days=3))
    for device in (ONE, TWO, THREE):
        give_verdict(checked, False, "sign", reporter=device)
    assert status_of(checked) == "verified"
    assert Verdict.objects.count() == 3


def test_the_reporter_of_a_held_report_weighs_as_a_stranger(cleaned, report):
    give_verdict(cleaned, False, "reporter", report=report(cleaned, held="device", counts=False))
    assert status_of(cleaned) == "cleaned"
    give_verdict(cleaned, False, "near", reporter=ONE)
    assert status_of(cleaned) == "confirmed"


def test_of_strangers_fifty_answers_to_one_clean_up_are_kept(cleaned, report):
    for device in devices(53):
        give_verdict(cleaned, True, "near", reporter=device)
    assert (Verdict.objects.count(), cleaned.events.count()) == (50, 50)
    give_verdict(cleaned, False, "reporter", report=report(cleaned))
    assert status_of(cleaned) == "confirmed", "a crowd does not drown the reporter"


def test_of_one_voice_three_changes_are_kept(cleaned):
    for turn in range(8):
        give_verdict(cleaned, turn % 2 == 0, "near", reporter=ONE)
    assert cleaned.events.count() == 4
    assert not Verdict.objects.get().clean
    give_verdict(cleaned, True, "near", reporter=TWO)
    give_verdict(cleaned, False, "near", reporter=TWO)
    assert not Verdict.objects.get(reporter=TWO).clean, "each voice has its own"


def test_nearness_is_within_100_metres_of_the_public_point(case):
    place = case()
    assert distance_m(place, 108.205, 16.055 + 90 / DEGREE_M, 12) == pytest.approx(90, abs=1)
    with pytest.raises(NotTaken) as error:
        distance_m(place, 108.205, 16.055 + 110 / DEGREE_M, 12)
    assert error.value.code == "too_far"


@pytest.mark.parametrize("lon, lat, accuracy_m", [(108.205, 16.055, 101), (108.205, 16.055, float("nan")), (108.205, 16.055, -1), (108.205, float("nan"), 5), (200, 16, 5)])
def test_a_position_that_may_be_anywhere_proves_nothing(case, lon, lat, accuracy_m):
    with pytest.raises(NotTaken) as error:
        distance_m(case(), lon, lat, accuracy_m)
    assert error.value.code == "too_vague"


def test_the_distance_says_nothing_about_the_true_point(case):
    from django.contrib.gis.geos import Point

    hidden = case()
    hidden.public_location = Point(108.2052, 16.0552, srid=4326)
    assert distance_m(hidden, 108.2052, 16.0552, 5) < 0.001


def test_a_case_without_a_point_can_be_answered_by_its_reporters_only(case):
    with pytest.raises(NotTaken) as error:
        distance_m(_placeless(case), 108.2, 16.05, 5)
    assert error.value.code == "no_point"


def _placeless(case):
    found = case()
    found.public_location = None
    return found
