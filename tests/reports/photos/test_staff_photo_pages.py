"""The staff's pages on photos: who enters, what waits first, and what each form does."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from citylab.models import Role
from reports.models import Photo, PrivateLook
from reports.photos import publishing, store
from reports.photos.redaction import FACE, Box
from tests.reports.photos.clean_photos import clean_photo
from tests.reports.photos.test_redaction import noise

pytestmark = pytest.mark.django_db
FACE_BOX = Box(FACE, 0.4, 0.4, 0.2, 0.2, 0.9)
NAMES = ("staff-photo", "photo-preview", "original-photo")


@pytest.fixture
def signed_in(client, member):
    def enter(role: str = "dispatcher", **fields):
        person = member(role, **fields)
        client.force_login(person)
        return person

    return enter


def page(client, photo: Photo | None = None) -> str:
    return client.get(reverse("staff-photo", args=[photo.pk]) if photo else reverse("staff-photos")).content.decode()


def decide(client, photo: Photo, **fields: object):
    return client.post(reverse("staff-photo", args=[photo.pk]), {"chosen": "1", **fields})


@pytest.mark.parametrize("role", Role.values)
def test_analysts_see_no_photo_that_is_not_blurred_and_managers_decide_about_none(role, client, report, signed_in, two_areas):
    photo = clean_photo(report())
    signed_in(role, areas=two_areas)
    wanted = 403 if role == Role.ANALYST else 200
    assert client.get(reverse("staff-photos")).status_code == wanted
    for name in NAMES:
        assert client.get(reverse(name, args=[photo.pk])).status_code == wanted, name
    for size in ("large", "small"):
        assert client.get(reverse("case-photo", args=[photo.pk, size])).status_code == wanted
    decided = {Role.ANALYST: 403, Role.MANAGER: 422}.get(role, 302)
    assert decide(client, photo, verb="reject", reason="person").status_code == decided


def test_an_officer_meets_photos_of_their_areas_only(client, case, report, signed_in, two_areas):
    _west, east = two_areas
    foreign = [clean_photo(report()), clean_photo(case=case(status="cleaned")), clean_photo(report(case=None))]
    own = clean_photo(report(case(area=east, lon=108.215)))
    signed_in("officer", areas=[east])
    for photo in foreign:
        for name in NAMES:
            assert client.get(reverse(name, args=[photo.pk])).status_code == 404, name
        assert client.get(reverse("case-photo", args=[photo.pk, "large"])).status_code == 404
        assert decide(client, photo, verb="publish").status_code == 404
    text = page(client)
    assert reverse("staff-photo", args=[own.pk]) in text
    assert not [photo for photo in foreign if reverse("staff-photo", args=[photo.pk]) in text]
    assert not Photo.objects.public().exists()


def test_flagged_photos_come_first_then_the_oldest(client, report, signed_in):
    person = signed_in()
    now = timezone.now()
    young, old, flagged = (clean_photo(report(), received_at=now - timedelta(hours=hours)) for hours in (1, 5, 2))
    publishing.publish(flagged, person)
    publishing.flag(flagged)
    text = page(client)
    at = [text.index(f'href="{reverse("staff-photo", args=[photo.pk])}"') for photo in (flagged, old, young)]
    assert at == sorted(at)
    assert f'action="{reverse("staff-photo", args=[flagged.pk])}"' in text and "có người báo" in text


def test_a_decision_leads_to_the_next_photo(client, report, signed_in):
    signed_in()
    first, second = (clean_photo(report(), received_at=timezone.now() - timedelta(hours=hours)) for hours in (2, 1))
    answer = client.post(reverse("staff-photo", args=[first.pk]), {"chosen": "1", "verb": "publish"}, follow=True)
    assert answer.redirect_chain == [(reverse("staff-photos"), 302)]
    assert f'action="{reverse("staff-photo", args=[second.pk])}"' in answer.content.decode()
    assert list(Photo.objects.public()) == [first]


@pytest.mark.parametrize("outcome", ["waiting", "done", "skipped", "failed"])
def test_the_page_says_how_far_the_search_is(outcome, client, report, signed_in):
    signed_in()
    photo = clean_photo(report(), outcome=outcome)
    sentence = {"waiting": "Chưa có máy nào", "done": "không thấy gì", "skipped": "chưa dò được đầy đủ", "failed": "bị lỗi"}[outcome]
    assert sentence in page(client, photo)


def test_a_held_photo_is_marked_and_can_be_published_by_a_person(client, report, signed_in):
    signed_in()
    photo = clean_photo(report(), held=True)
    assert "Giữ lại" in page(client, photo)
    decide(client, photo, verb="publish")
    assert Photo.objects.public().filter(pk=photo.pk).exists()


def test_the_preview_is_what_would_become_public(client, report, signed_in):
    signed_in()
    photo = clean_photo(report(), picture=noise(), boxes=[FACE_BOX])
    answer = client.get(reverse("photo-preview", args=[photo.pk]))
    assert answer["Cache-Control"] == "private, no-store"
    seen = b"".join(answer.streaming_content)
    publishing.publish(photo, None)
    photo.refresh_from_db()
    assert seen == store.get(store.RENDITIONS, photo.public_large_name)


def test_an_unticked_box_is_not_blurred_and_four_numbers_add_one(client, report, signed_in):
    signed_in()
    photo = clean_photo(report(), picture=noise(), boxes=[FACE_BOX, Box(FACE, 0.1, 0.1, 0.1, 0.1, 0.4)])
    decide(client, photo, verb="publish", box=["face:0.4000:0.4000:0.2000:0.2000"], left="50", top="0", width="12,5", height="10")
    photo.check_for_people.refresh_from_db()
    found = [(box["kind"], box["x"], box["w"], box["score"]) for box in photo.check_for_people.boxes]
    assert found == [("face", 0.4, 0.2, None), ("other", 0.5, 0.125, None)]


def test_a_preview_of_other_boxes_is_an_address(client, report, signed_in):
    signed_in()
    photo = clean_photo(report(), picture=noise(), boxes=[FACE_BOX])
    query = "?chosen=1&box=other:0:0:1:1"
    text = client.get(reverse("staff-photo", args=[photo.pk]) + query).content.decode()
    assert reverse("photo-preview", args=[photo.pk]) + "?chosen=1&amp;box=other" in text
    shown = Image.open(io.BytesIO(b"".join(client.get(reverse("photo-preview", args=[photo.pk]) + query).streaming_content)))
    assert max(high - low for low, high in shown.getextrema()) < 60
    assert not Photo.objects.public().exists(), "looking changes nothing"


@pytest.mark.parametrize("fields", [
    {"box": ["face:1:2:3"]}, {"box": ["cat:0:0:1:1"]}, {"box": ["face:nan:0:1:1"]}, {"box": ["face:0:0:1e999:1"]}, {"box": ["\0"]}, {"left": "5"},
    {"left": "a", "top": "1", "width": "1", "height": "1"}, {"left": "200", "top": "1", "width": "1", "height": "1"}, {"box": ["face:0:0:0:0"]},
])  # fmt: skip
def test_numbers_that_are_no_part_of_the_photo_are_refused_and_kept(fields, client, report, signed_in):
    signed_in()
    photo = clean_photo(report(), boxes=[FACE_BOX])
    answer = decide(client, photo, verb="publish", **fields)
    assert answer.status_code == 422 and "bốn số phần trăm" in answer.content.decode()
    assert "Lỗi:" in answer.content.decode().split("</title>")[0]
    if "left" in fields:
        assert f'value="{fields["left"]}"' in answer.content.decode()
    assert not Photo.objects.public().exists()
    assert client.get(reverse("photo-preview", args=[photo.pk]), {"chosen": "1", **fields}).status_code in (400, 404)


def test_a_rejection_takes_a_reason_chosen_or_typed(client, report, signed_in):
    signed_in()
    none, chosen, typed = (clean_photo(report()) for _ in range(3))
    answer = decide(client, none, verb="reject")
    assert answer.status_code == 422 and "lý do" in answer.content.decode()
    decide(client, chosen, verb="reject", reason="person")
    decide(client, typed, verb="reject", reason="person", words="nhà riêng")
    assert list(Photo.objects.order_by("pk").values_list("state", "reject_reason")) == [
        ("clean", ""), ("rejected", "có người bị nhận ra"), ("rejected", "nhà riêng")
    ]  # fmt: skip


def test_another_verb_changes_nothing(client, report, signed_in):
    signed_in()
    photo = clean_photo(report())
    assert decide(client, photo, verb="delete").status_code == 422
    photo.refresh_from_db()
    assert photo.state == "clean"


def test_the_photo_of_a_withdrawn_report_is_refused_with_a_sentence(client, report, signed_in):
    signed_in()
    photo = clean_photo(report(withdrawn_at=timezone.now()))
    answer = decide(client, photo, verb="publish")
    assert answer.status_code == 422 and "đã được rút lại" in answer.content.decode()


def test_who_opens_an_original_is_written_down(client, report, signed_in, caplog):
    person = signed_in("dispatcher")
    photo = clean_photo(report())
    with caplog.at_level("INFO"):
        answer = client.get(reverse("original-photo", args=[photo.pk]))
    assert b"".join(answer.streaming_content) == store.get(store.ORIGINALS, photo.original_name)
    look = PrivateLook.objects.get()
    assert (look.member, look.what, look.object_id, look.report_code) == (person, "original", photo.pk, photo.report.code)
    assert f"original photo {photo.pk} opened by {person.username}" in caplog.text


def test_a_stranger_s_bytes_are_never_a_page(client, report, signed_in):
    signed_in()
    for kind, media_type, how in (("JPEG", "image/jpeg", "inline"), ("HEIF", "image/heif", "attachment")):
        answer = client.get(reverse("original-photo", args=[clean_photo(report(), original_format=kind).pk]))
        assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == (media_type, "nosniff")
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Content-Disposition"].startswith(how) and answer["Cache-Control"] == "private, no-store"


def test_an_original_that_was_deleted_is_said_so_and_nothing_is_written(client, report, signed_in):
    signed_in()
    photo = clean_photo(report())
    Photo.objects.filter(pk=photo.pk).update(original_name="")
    assert client.get(reverse("original-photo", args=[photo.pk])).status_code == 404
    assert not PrivateLook.objects.exists() and "đã xóa" in page(client, photo)
    decide(client, photo, verb="publish")
    assert Photo.objects.public().exists()


def test_forms_ask_for_the_csrf_token(member, report):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member())
    photo = clean_photo(report())
    assert decide(client, photo, verb="publish").status_code == 403


def test_on_the_case_page_one_click_confirms_and_shows_the_checked_photos(client, case, report, signed_in):
    signed_in("dispatcher")
    where = case()
    checked, held = clean_photo(report(where), boxes=[FACE_BOX]), clean_photo(report(where), held=True)
    address = reverse("case", args=[where.code])
    assert "Xác nhận và công khai 1 ảnh" in client.get(address).content.decode()
    assert client.post(address, {"verb": "confirm-photos"}).status_code == 302
    where.refresh_from_db()
    assert where.status == "confirmed" and list(Photo.objects.public()) == [checked]
    assert "Xác nhận" not in client.get(address).content.decode().split('id="next"')[1].split("</section>")[0]
    assert held in Photo.objects.waiting_for_a_person()


def test_without_a_finished_search_the_case_page_confirms_only(client, case, report, signed_in):
    signed_in()
    where = case()
    clean_photo(report(where), outcome="waiting")
    text = client.get(reverse("case", args=[where.code])).content.decode()
    assert 'value="confirm"' in text and "confirm-photos" not in text


def test_analysts_see_the_public_photo_on_the_case_page(client, case, report, signed_in, member):
    where = case()
    private, shown = clean_photo(report(where)), clean_photo(report(where))
    publishing.publish(shown, member())
    signed_in("analyst")
    text = client.get(reverse("case", args=[where.code])).content.decode()
    assert f"/photos/{shown.pk}/small.jpg" in text and "Chưa công khai" in text
    assert reverse("case-photo", args=[private.pk, "small"]) not in text and reverse("case-photo", args=[shown.pk, "small"]) not in text


def test_the_front_page_counts_what_waits(client, report, signed_in):
    clean_photo(report())
    signed_in("officer")
    assert reverse("staff-photos") in client.get(reverse("staff-home")).content.decode()
    signed_in("analyst")
    assert reverse("staff-photos") not in client.get(reverse("staff-home")).content.decode()


def test_the_page_takes_few_questions_however_many_photos_wait(client, report, signed_in, django_assert_max_num_queries):
    signed_in()
    for _ in range(12):
        clean_photo(report(), boxes=[FACE_BOX])
    with django_assert_max_num_queries(14):
        client.get(reverse("staff-photos"))
