"""Which open cases are suggested as the same pile, by distance, time, kind and photo; and that nothing merges by itself."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image

from reports import casework
from reports.duplicates import suggestions, suggestions_of_many
from reports.models import Case, Photo
from reports.photos import fingerprints
from reports.photos.fingerprints import bits_apart, hashes_of
from tests.conftest import shared
from tests.reports.photos.clean_photos import clean_photo
from tests.reports.photos.pictures import encoded

pytestmark = pytest.mark.django_db

METRE = 1 / 107_000  # degrees of longitude at this latitude, about
REAL = ("litter_01.jpg", "litter_03.jpg", "litter_04.jpg", "litter_05.jpg")


def real(name: str) -> Image.Image:
    return Image.open(shared(f"photos/{name}")).convert("RGB")


def sent_again(picture: Image.Image) -> Image.Image:
    """As a chat passes a photo on: 1080 pixels wide at most, compressed anew."""
    smaller = picture.copy()
    smaller.thumbnail((1080, 1080))
    return Image.open(io.BytesIO(encoded(smaller, quality=70)))


def hashed(picture: Image.Image) -> Photo:
    phash, dhash = hashes_of(encoded(picture, quality=90))
    return Photo(phash=phash, dhash=dhash)


@pytest.mark.parametrize("metres,waste,suggested", [(20, "", True), (60, "", False), (60, "nets", True), (130, "nets", False)])
def test_distance_and_kind_of_waste_decide(case, metres, waste, suggested):
    here = case(waste_group=waste)
    there = case(lon=108.205 + metres * METRE, waste_group=waste)
    assert [pair.case for pair in suggestions(here, None)] == ([there] if suggested else [])


def test_waste_of_another_kind_farther_than_thirty_metres_is_another_pile(case):
    here = case(waste_group="nets")
    case(lon=108.205 + 60 * METRE, waste_group="rubble")
    assert suggestions(here, None) == []


@pytest.mark.parametrize("days,suggested", [(13, True), (15, False)])
def test_cases_seen_more_than_fourteen_days_apart_are_two(case, noon, days, suggested):
    here = case()
    case(at=noon - timedelta(days=days))
    assert bool(suggestions(here, None)) is suggested


def test_closed_cases_are_never_suggested(case):
    here = case()
    for status in ("cleaned", "verified", "refused", "withdrawn"):
        case(status=status)
    assert suggestions(here, None) == []


def test_the_nearest_comes_first(case):
    here = case()
    far, near = case(lon=108.205 + 25 * METRE), case(lon=108.205 + 5 * METRE)
    assert [pair.case for pair in suggestions(here, None)] == [near, far]


def test_the_same_picture_is_found_across_the_city(case, report):
    here, there = case(), case(lon=108.2095)
    own = clean_photo(report(here), picture=real(REAL[0]))
    theirs = clean_photo(report(there), picture=sent_again(real(REAL[0])))
    assert suggestions(here, None) == [], "photos of earlier versions have no hashes yet"
    assert fingerprints.hash_waiting() == (2, 0)
    (pair,) = suggestions(here, None)
    assert pair.case == there and pair.same_picture and pair.is_strong
    assert [photo.pk for photo in pair.photos] == [own.pk, theirs.pk]


def test_real_photos_passed_on_by_a_chat_stay_the_same_picture():
    for name in REAL:
        assert bits_apart(hashed(real(name)), hashed(sent_again(real(name)))) <= 10, name


def test_different_real_photos_are_different_pictures():
    photos = [hashed(real(name)) for name in (*REAL, "Landscape_5.jpg", "DSCN0010.jpg", "DSCN0042.jpg")]
    apart = [bits_apart(one, other) for at, one in enumerate(photos) for other in photos[:at]]
    assert min(apart) > 10


def test_two_dark_photos_are_no_evidence():
    assert bits_apart(hashed(Image.new("RGB", (400, 300), "black")), hashed(Image.new("RGB", (400, 300), "black"))) is None


def test_a_photo_is_hashed_with_its_check(case, report):
    from django.utils import timezone

    from reports.photos import store
    from reports.photos.processing import process_photo

    body = shared(f"photos/{REAL[0]}").read_bytes()
    digest, name = store.put(store.ORIGINALS, body, ".jpg")
    now = timezone.now()
    photo = Photo.objects.create(
        report=report(), original_sha256=digest, original_name=name, original_size=len(body), original_format="JPEG", received_at=now, next_try=now
    )
    process_photo(photo.pk)
    photo.refresh_from_db()
    assert photo.phash is not None and bits_apart(photo, hashed(real(REAL[0]))) <= 4


def test_a_pair_that_somebody_told_apart_is_suggested_no_more(case, member):
    here, there, third = case(), case(lon=108.205 + 10 * METRE), case(lon=108.205 + 20 * METRE)
    casework.link(here, member(), there)
    assert [pair.case for pair in suggestions(here, None)] == [third]
    assert [pair.case for pair in suggestions(there, None)] == [third]


def test_a_merge_that_was_taken_back_is_suggested_no_more(case, member):
    here, there = case(), case(lon=108.205 + 10 * METRE)
    casework.merge(here, member(), there)
    casework.unmerge(here, member())
    here.refresh_from_db()
    assert suggestions(here, None) == []


def test_an_officer_is_shown_no_case_of_another_ward(case, member, two_areas):
    here = case(lon=108.2099)
    case(lon=108.2101, area=two_areas[1])
    assert len(suggestions(here, member("dispatcher"))) == 1
    assert suggestions(here, member("officer", areas=[two_areas[0]])) == []


def test_nothing_is_merged_by_itself(case):
    here, there = case(), case()
    suggestions(here, None)
    assert set(Case.objects.values_list("pk", "status")) == {(here.pk, "new"), (there.pk, "new")}


def test_a_closed_case_has_no_suggestions(case):
    here = case(status="cleaned")
    case()
    assert suggestions_of_many([here], None) == {here.pk: []}


def test_a_page_of_cases_takes_two_queries(case, report, django_assert_num_queries):
    page = [case(lon=108.205 + 10 * number * METRE) for number in range(8)]
    clean_photo(report(page[0]))
    with django_assert_num_queries(2):
        found = suggestions_of_many(page, None)
    assert all(found[shown.pk] for shown in page)
