"""How a photo becomes public and stops being so: by a person, blurred, hidden by a flag at once."""

import io
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from PIL import Image

from citylab.models import Role
from citylab.permissions import WORKERS
from reports.models import Photo, PhotoDecision
from reports.photos import publishing, store
from reports.photos.redaction import FACE, OTHER, Box, pixels
from reports.photos.upkeep import check_photos, reap_photos
from tests.reports.photos.clean_photos import clean_photo
from tests.reports.photos.test_redaction import noise

pytestmark = pytest.mark.django_db
FACE_BOX = Box(FACE, 0.4, 0.4, 0.2, 0.2, 0.9)


def kinds(photo: Photo) -> list[str]:
    return [decision.kind for decision in PhotoDecision.objects.filter(photo=photo).order_by("id")]


def public(photo: Photo) -> bool:
    photo.refresh_from_db()
    by_query = Photo.objects.public().filter(pk=photo.pk).exists()
    assert by_query == publishing.is_public(photo), "the query and the question must agree"
    return by_query


def shown(photo: Photo, size: str = "large") -> Image.Image:
    photo.refresh_from_db()
    return Image.open(io.BytesIO(store.get(store.RENDITIONS, getattr(photo, f"public_{size}_name"))))


def test_nothing_is_public_before_a_person_says_so(report):
    for outcome, held in (("waiting", False), ("done", False), ("skipped", False), ("failed", False), ("done", True)):
        photo = clean_photo(report(), outcome=outcome, held=held)
        assert not public(photo) and publishing.public_url(photo, "large") is None
        assert photo in Photo.objects.waiting_for_a_person()


def test_a_person_publishes_the_blurred_renditions_only(report, member):
    photo = clean_photo(report(), picture=noise(), boxes=[FACE_BOX])
    person = member("dispatcher")
    publishing.publish(photo, person)
    assert public(photo) and publishing.public_url(photo, "small") == f"/photos/{photo.pk}/small.jpg"
    assert (photo.looked_by, photo.state) == (person, "published") and photo.published_at and photo.looked_at
    assert photo.public_large_sha256 != photo.large_sha256 and photo.public_small_sha256 != photo.small_sha256
    before, after = Image.open(io.BytesIO(store.get(store.RENDITIONS, photo.large_name))), shown(photo)
    left, top, right, bottom = pixels(FACE_BOX.padded(), before.size)
    secret, told = before.crop((left, top, right, bottom)), after.crop((left, top, right, bottom))
    assert max(high - low for low, high in secret.getextrema()) > 240
    assert max(high - low for low, high in told.getextrema()) < 120
    decision = PhotoDecision.objects.get(photo=photo)
    assert (decision.kind, decision.actor, decision.sha256) == ("published", person, photo.public_large_sha256)
    assert decision.boxes == [FACE_BOX.as_row()]


def test_the_boxes_that_a_person_gives_are_those_that_are_blurred(report, member):
    photo = clean_photo(report(), picture=noise(), boxes=[FACE_BOX])
    drawn = Box(OTHER, 0.0, 0.0, 0.3, 0.3)
    publishing.publish(photo, member(), boxes=[drawn])
    kept = shown(photo).crop((100, 75, 140, 105))  # where the machine saw a face
    assert max(high - low for low, high in kept.getextrema()) > 200
    hidden = shown(photo).crop(pixels(drawn, (240, 180)))
    assert max(high - low for low, high in hidden.getextrema()) < 120
    photo.check_for_people.refresh_from_db()
    assert photo.check_for_people.boxes == [drawn.as_row()]


def test_the_small_rendition_is_made_from_the_blurred_one(report, member):
    photo = clean_photo(report(), picture=noise(800, 600), boxes=[Box(OTHER, 0, 0, 1, 1)])
    publishing.publish(photo, member())
    assert max(shown(photo, "small").size) == 320
    assert max(high - low for low, high in shown(photo, "small").getextrema()) < 60


def test_publishing_again_replaces_the_renditions(report, member):
    photo = clean_photo(report(), picture=noise())
    first = publishing.publish(photo, member())
    second = publishing.publish(photo, member(), boxes=[FACE_BOX])
    assert first.public_large_name != second.public_large_name
    assert kinds(photo) == ["published", "published"]


def test_a_rejected_photo_is_not_public_and_who_works_on_the_case_still_has_it(report, member):
    photo = clean_photo(report())
    publishing.publish(photo, member())
    publishing.reject(photo, member(), " có người\0 bị nhận ra ")
    assert not public(photo)
    assert (photo.state, photo.reject_reason) == ("rejected", "có người bị nhận ra")
    assert (photo.public_large_name, photo.public_small_name, photo.published_at) == ("", "", None)
    assert photo.large_name and storages[store.RENDITIONS].exists(photo.large_name)
    assert photo not in Photo.objects.waiting_for_a_person()
    assert kinds(photo) == ["published", "rejected"]


def test_a_rejection_takes_a_reason(report, member):
    photo = clean_photo(report())
    with pytest.raises(publishing.ReasonMissing):
        publishing.reject(photo, member(), " \0 ")
    photo.refresh_from_db()
    assert photo.state == "clean" and kinds(photo) == []


def test_a_rejection_by_mistake_can_be_taken_back(report, member):
    photo = clean_photo(report())
    publishing.reject(photo, member(), "lý do")
    publishing.publish(photo, member())
    assert public(photo) and photo.reject_reason == ""


def test_what_did_not_pass_the_gate_is_never_published(report, member):
    waiting = clean_photo(report(), state="quarantined")
    Photo.objects.filter(pk=waiting.pk).update(large_name="", small_name="")
    refused = clean_photo(report(), state="rejected", reject_reason="broken")
    Photo.objects.filter(pk=refused.pk).update(large_name="", small_name="")
    for photo in (waiting, refused):
        with pytest.raises(publishing.NotPossible):
            publishing.publish(photo, member())
        assert not public(photo)


def test_a_quarantined_photo_cannot_be_rejected_by_hand(report, member):
    photo = clean_photo(report(), state="quarantined")
    with pytest.raises(publishing.NotPossible):
        publishing.reject(photo, member(), "x")


def test_a_flag_hides_at_once_until_a_person_looks(report, member):
    photo = clean_photo(report())
    publishing.publish(photo, member())
    assert publishing.flag(photo)
    assert not public(photo) and publishing.public_url(photo, "large") is None
    assert photo in Photo.objects.waiting_for_a_person()
    publishing.publish(photo, member())
    assert public(photo)
    assert kinds(photo) == ["published", "flagged", "kept"]


def test_a_second_flag_on_a_hidden_photo_is_only_counted(report, member):
    photo = clean_photo(report())
    publishing.publish(photo, member())
    assert publishing.flag(photo)
    at = Photo.objects.get(pk=photo.pk).flagged_at
    assert not publishing.flag(photo, now=timezone.now() + timedelta(hours=1))
    photo.refresh_from_db()
    assert (photo.flags, photo.flagged_at, kinds(photo)) == (2, at, ["published", "flagged"])


def test_after_a_person_has_shown_it_again_twice_flags_are_only_counted(report, member):
    photo = clean_photo(report())
    publishing.publish(photo, member())
    for _ in range(2):
        assert publishing.flag(photo)
        publishing.publish(photo, member())
    for _ in range(50):
        assert not publishing.flag(photo)
    assert public(photo) and photo.flags == 52
    assert len(kinds(photo)) == 5, "a flood adds no rows"


def test_a_script_that_flags_every_photo_hides_thirty_in_an_hour(report, member):
    now, sent, person = timezone.now(), report(), member()
    photo = clean_photo(sent)
    publishing.publish(photo, person)
    others = [PhotoDecision(photo_id=10**6 + n, kind="flagged", at=now - timedelta(minutes=n), reason="") for n in range(30)]
    PhotoDecision.objects.bulk_create([*others, PhotoDecision(photo_id=1, kind="flagged", at=now, reason="check")])
    assert not publishing.flag(photo, now=now)
    assert public(photo) and photo.flags == 1, "it is counted, which the staff sees"
    assert publishing.flag(photo, now=now + timedelta(minutes=31)), "the first are an hour ago"
    assert not public(photo)


def test_a_flag_on_what_is_not_public_does_nothing(report, member):
    photo = clean_photo(report())
    assert not publishing.flag(photo) and not publishing.flag(Photo(pk=10**15))
    photo.refresh_from_db()
    assert (photo.flags, photo.flagged_at) == (0, None)
    publishing.reject(photo, member(), "x")
    assert not publishing.flag(photo)


def test_the_photos_of_a_withdrawn_report_are_not_public_whenever_it_was_withdrawn(report, member):
    told = report()
    before, after = clean_photo(told), clean_photo(told)
    publishing.publish(before, member())
    told.withdrawn_at = timezone.now()
    told.save(update_fields=["withdrawn_at"])
    assert not public(before) and publishing.public_url(before, "small") is None
    with pytest.raises(publishing.NotPossible, match="withdrawn"):
        publishing.publish(after, member())
    assert not Photo.objects.waiting_for_a_person().exists()


@pytest.mark.parametrize("role", Role.values)
def test_only_who_works_on_cases_decides(role, report, member, two_areas):
    person = member(role, areas=two_areas)
    photo = clean_photo(report())
    if role not in WORKERS:
        for act in (lambda: publishing.publish(photo, person), lambda: publishing.reject(photo, person, "x")):
            with pytest.raises(publishing.NotAllowed):
                act()
        assert not public(photo) and kinds(photo) == []
    else:
        publishing.publish(photo, person)
        assert public(photo)


def test_an_officer_decides_only_in_their_areas(report, case, member, two_areas):
    _west, east = two_areas
    officer = member("officer", areas=[east])
    foreign = [clean_photo(report()), clean_photo(case=case(status="cleaned")), clean_photo(report(case=None))]
    own = [clean_photo(report(case(area=east, lon=108.215))), clean_photo(case=case(status="cleaned", area=east, lon=108.216)), clean_photo(report(case(area=east, lon=108.217), case=None))]
    for photo in foreign:
        with pytest.raises(publishing.NotAllowed):
            publishing.publish(photo, officer)
    for photo in own:
        publishing.publish(photo, officer)
        assert public(photo)


def test_a_member_who_left_decides_nothing(report, member):
    photo = clean_photo(report())
    with pytest.raises(publishing.NotAllowed):
        publishing.publish(photo, member("dispatcher", is_active=False))


def test_a_damaged_rendition_is_not_published(report, member, path_of):
    photo = clean_photo(report())
    path_of(store.RENDITIONS, photo.large_name).write_bytes(b"something else")
    with pytest.raises(publishing.RenditionDamaged):
        publishing.publish(photo, member())
    assert not public(photo) and kinds(photo) == []


def test_publishing_needs_no_original(report, member, path_of):
    """Originals go after 30 days; the rendition stays."""
    photo = clean_photo(report())
    path_of(store.ORIGINALS, photo.original_name).unlink()
    Photo.objects.filter(pk=photo.pk).update(original_name="")
    publishing.publish(photo, member())
    assert public(photo)


def test_the_photo_of_a_case_is_the_first_of_its_reports_or_the_last_after_cleaning(case, report, member, noon):
    where, other = case(status="cleaned"), case(lon=108.207)
    late, early = clean_photo(report(where, at=noon)), clean_photo(report(where, at=noon - timedelta(hours=2)))
    old, new = (clean_photo(case=where, received_at=noon + timedelta(days=days)) for days in (1, 2))
    assert publishing.photo_of_case(where) is None
    for photo in (late, early, old, new):
        publishing.publish(photo, member())
    assert publishing.photo_of_case(where) == early
    assert publishing.photo_of_case(where, "after") == new
    publishing.flag(early)
    publishing.flag(new)
    assert publishing.photos_of_cases([where, other]) == {where.pk: late}
    assert publishing.photos_of_cases([where, other], "after") == {where.pk: old}


def test_the_photos_of_many_cases_take_one_question(case, report, member, django_assert_num_queries):
    cases = [case(lon=108.2 + number / 1000) for number in range(5)]
    for one in cases:
        publishing.publish(clean_photo(report(one)), member())
    with django_assert_num_queries(1):
        found = publishing.photos_of_cases(cases)
        assert len([publishing.public_url(photo, "small") for photo in found.values()]) == 5


def test_one_click_publishes_only_what_a_whole_check_held_nothing_against(case, report, member):
    where = case()
    wanted = [clean_photo(report(where)), clean_photo(report(where), boxes=[FACE_BOX])]
    for outcome, held in (("waiting", False), ("skipped", False), ("failed", False), ("done", True)):
        clean_photo(report(where), outcome=outcome, held=held)
    publishing.reject(clean_photo(report(where)), member(), "x")
    assert publishing.publish_checked(where, member()) == 2
    assert set(Photo.objects.public()) == set(wanted)


@pytest.mark.django_db(transaction=True)
def test_the_reaper_and_the_nightly_check_know_the_public_renditions(report, member, make_old, path_of, stored):
    photo = clean_photo(report())
    publishing.publish(photo, member())
    make_old()
    assert reap_photos().removed.count == 0 and check_photos().files == 5
    photo.refresh_from_db()
    path_of(store.RENDITIONS, photo.public_small_name).unlink()
    assert check_photos().missing.names == [f"renditions/{photo.public_small_name}"]
    publishing.reject(photo, member(), "x")
    make_old()
    reap_photos()
    assert stored(store.RENDITIONS) == sorted([photo.large_name, photo.small_name]), "what was public is gone for good"


def test_a_decision_outlives_the_photo(report, member):
    photo = clean_photo(report())
    publishing.publish(photo, member())
    photo.delete()
    assert PhotoDecision.objects.count() == 1
