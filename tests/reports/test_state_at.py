"""What a list of cases shows about the past agrees with the history."""

from datetime import timedelta

import pytest

from reports.models import Case, CaseEvent
from reports.state_at import due_in, open_at_end_of, with_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def monday(noon):
    return (noon - timedelta(days=noon.weekday())).date()


def happened(case, kind, before, after, at, **details):
    CaseEvent.objects.create(case=case, kind=kind, at=at, from_status=before, to_status=after, details=details)


def test_a_case_cleaned_later_was_open_when_the_week_ended(case, noon, monday):
    found = case(status="cleaned")
    happened(found, "cleaned", "confirmed", "cleaned", noon + timedelta(days=9))
    assert list(open_at_end_of(Case.objects.all(), monday)) == [found]
    assert list(open_at_end_of(Case.objects.all(), monday + timedelta(weeks=1))) == []


def test_a_case_seen_after_the_week_was_not_open_in_it(case, noon, monday):
    case(at=noon + timedelta(days=8))
    assert list(open_at_end_of(Case.objects.all(), monday)) == []


def test_a_case_without_history_is_read_from_its_times(case, noon, monday):
    found = case(status="cleaned", closed_at=noon + timedelta(days=9))
    assert list(open_at_end_of(Case.objects.all(), monday)) == [found]


def test_overdue_at_the_end_of_a_week_asks_for_the_deadline_by_then(case, noon, monday):
    late = case(due_at=noon + timedelta(days=1))
    case(lon=108.206, due_at=noon + timedelta(days=20))
    assert list(open_at_end_of(Case.objects.all(), monday, overdue=True)) == [late]


def test_on_time_is_clean_by_the_deadline(case, noon, monday):
    early, late = case(status="cleaned", due_at=noon + timedelta(days=2)), case(status="cleaned", lon=108.206, due_at=noon + timedelta(days=2))
    happened(early, "cleaned", "new", "cleaned", noon + timedelta(days=1))
    happened(late, "cleaned", "new", "cleaned", noon + timedelta(days=3))
    assert set(due_in(Case.objects.all(), monday)) == {early, late}
    assert list(due_in(Case.objects.all(), monday, on_time=True)) == [early]


def test_cleaned_and_nothing_found_are_told_apart(case, noon, monday):
    cleaned, empty = case(status="cleaned"), case(status="cleaned", lon=108.206)
    happened(cleaned, "cleaned", "new", "cleaned", noon, nothing_found=False)
    happened(empty, "cleaned", "new", "cleaned", noon, nothing_found=True)
    assert list(with_event(Case.objects.all(), "cleaned", monday)) == [cleaned]
    assert list(with_event(Case.objects.all(), "nothing_found", monday)) == [empty]
