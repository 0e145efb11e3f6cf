"""Where waste keeps coming back or stays: three cases in 180 days along the returns, or open for more than 30 days."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from analytics.blackspots import BlackSpot, black_spots, count_at
from reports import casework
from reports.models import Case, CaseEvent


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def place(case, now):
    """Makes the cases of one place, seen so many days ago, each the return of the one before; all but the last verified."""

    def make(*days_ago: int, last: str = "verified", **fields) -> list[Case]:
        chain: list[Case] = []
        for days in days_ago:
            state = last if days == days_ago[-1] else "verified"
            chain.append(case(state, at=now - timedelta(days=days), recurs_of=chain[-1] if chain else None, **fields))
        return chain

    return make


def only() -> BlackSpot:
    spots = black_spots()
    assert len(spots) == 1
    return spots[0]


@pytest.mark.django_db
def test_three_cases_along_the_returns_make_a_black_spot(place) -> None:
    chain = place(100, 60, 20)

    spot = only()
    assert (spot.case, spot.cases, spot.keeps_coming_back, spot.stays) == (chain[2], 3, True, False)
    assert spot.place


@pytest.mark.django_db
def test_two_cases_do_not(place) -> None:
    place(60, 20)

    assert black_spots() == []


@pytest.mark.django_db
def test_three_cases_in_more_than_180_days_do_not(place) -> None:
    place(190, 110, 30)

    assert black_spots() == []


@pytest.mark.django_db
def test_a_long_history_counts_only_its_last_180_days(place, now) -> None:
    place(500, 420, 340, 260, 170, 90, 10)

    spot = only()
    assert spot.cases == 3
    assert (now - spot.first_seen).days == 170


@pytest.mark.django_db
def test_two_returns_of_the_same_case_are_of_the_same_place(case, place, now) -> None:
    first, _ = place(170, 100)
    case("verified", at=now - timedelta(days=50), recurs_of=first)

    assert only().cases == 3


@pytest.mark.django_db
def test_refused_and_merged_cases_do_not_count_but_a_return_leads_through_them(place) -> None:
    chain = place(150, 120, 90, 60)
    Case.objects.filter(pk=chain[1].pk).update(status="refused", cleaned_at=None, verified_at=None)
    assert only().cases == 3

    Case.objects.filter(pk=chain[2].pk).update(status="refused", cleaned_at=None, verified_at=None)
    assert black_spots() == []


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "stays"), [(29, False), (31, True), (400, True)])
def test_a_case_that_is_open_for_more_than_30_days_is_a_black_spot(case, now, days, stays) -> None:
    lasting = case(at=now - timedelta(days=days))

    spots = black_spots()
    assert [spot.case for spot in spots] == ([lasting] if stays else [])
    assert all(spot.stays and not spot.keeps_coming_back and spot.days_open == days for spot in spots)


@pytest.mark.django_db
def test_a_closed_case_does_not_stay(case, now) -> None:
    for status in ("cleaned", "verified", "refused"):
        case(status, at=now - timedelta(days=100))

    assert black_spots() == []


@pytest.mark.django_db
def test_a_place_that_comes_back_and_stays_is_one_black_spot(place) -> None:
    chain = place(130, 90, 40, last="confirmed")

    spot = only()
    assert spot.case == chain[2]
    assert spot.keeps_coming_back and spot.stays


@pytest.mark.django_db
def test_the_place_with_the_most_returns_comes_first(place, case, now) -> None:
    case(at=now - timedelta(days=50))
    place(100, 60, 20)
    longest = place(120, 90, 60, 30)

    spots = black_spots()
    assert spots[0].case == longest[-1]
    assert [spot.cases for spot in spots] == [4, 3, 1]


@pytest.mark.django_db
def test_an_officer_sees_the_black_spots_of_the_own_areas(place, case, now, two_areas, member) -> None:
    west, east = two_areas
    place(100, 60, 20, area=west)
    case(at=now - timedelta(days=50), area=east)

    assert [spot.case.area for spot in black_spots(member=member("officer", areas=[east]))] == [east]
    assert len(black_spots(member=member("dispatcher"))) == 2


@pytest.mark.django_db
def test_past_black_spots_are_counted_as_they_were(case, now) -> None:
    lasting = case(at=now - timedelta(days=60))
    CaseEvent.objects.create(case=lasting, kind="opened", at=lasting.observed_at, to_status="new")
    casework.refuse(lasting, None, "not waste after all")

    assert black_spots() == []
    assert count_at(now - timedelta(minutes=5)) == 1
    assert count_at(now - timedelta(days=40)) == 0


@pytest.mark.django_db
def test_returns_in_a_circle_end(place) -> None:
    chain = place(100, 60, 20)
    Case.objects.filter(pk=chain[0].pk).update(recurs_of=chain[2])

    assert black_spots() == []


@pytest.mark.django_db
def test_a_case_that_knows_only_its_area_is_named_by_it(case, now, two_areas) -> None:
    case(at=now - timedelta(days=50), area=two_areas[0])
    Case.objects.update(location=None, cell=None, public_location=None)

    assert only().place == "Ward West"


@pytest.mark.django_db
def test_what_one_phone_told_beyond_its_share_makes_no_black_spot(place, case, now) -> None:
    place(100, 60, 20, counts=False)
    case(at=now - timedelta(days=50), lon=108.21, counts=False)

    assert (black_spots(), count_at(now)) == ([], 0)


@pytest.mark.django_db
def test_the_count_is_the_length_of_the_list(place, case, now) -> None:
    place(100, 60, 20)
    place(60, 20, lon=108.21)
    case(at=now - timedelta(days=50), lon=108.22)

    assert count_at(now) == len(black_spots(now)) == 2
