"""The public address of a photo and the page on which anybody flags it: open to all, and telling nothing more."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reports.models import Photo
from reports.photos import publishing, store
from reports.photos.redaction import Box
from tests.reports.photos.clean_photos import clean_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(report, member) -> Photo:
    return publishing.publish(clean_photo(report()), member())


def address(photo: Photo, size: str = "large") -> str:
    return f"/photos/{photo.pk}/{size}.jpg"


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("size", ["large", "small"])
def test_a_published_photo_is_shown_blurred_as_a_picture_and_nothing_else(size, shown, client):
    answer = client.get(address(shown, size))
    assert answer.status_code == 200
    assert body(answer) == store.get(store.RENDITIONS, getattr(shown, f"public_{size}_name"))
    assert answer["Content-Type"] == "image/jpeg" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("inline") and "Set-Cookie" not in answer
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_every_look_asks_anew_and_an_unchanged_photo_costs_nothing(shown, client):
    answer = client.get(address(shown), headers={"Accept-Encoding": "gzip"})
    assert answer["Cache-Control"] == "public, no-cache" and answer["ETag"] == f'"{shown.public_large_sha256}"'
    again = client.get(address(shown), headers={"If-None-Match": answer["ETag"], "Accept-Encoding": "gzip"})
    assert again.status_code == 304 and again.content == b"" and again["ETag"] == answer["ETag"]
    publishing.publish(shown, None, boxes=[Box("other", 0, 0, 1, 1)])
    assert client.get(address(shown), headers={"If-None-Match": answer["ETag"]}).status_code == 200


def test_a_flag_hides_it_at_once_even_from_who_has_it_cached(shown, client):
    tag = client.get(address(shown))["ETag"]
    publishing.flag(shown)
    for headers in ({}, {"If-None-Match": tag}):
        assert client.get(address(shown), headers=headers).status_code == 404


def test_what_is_not_public_answers_like_what_is_not_there(report, member, client):
    person = member()
    private, hidden, refused, withdrawn = (clean_photo(report()) for _ in range(4))
    for photo in (hidden, refused, withdrawn):
        publishing.publish(photo, person)
    publishing.flag(hidden)
    publishing.reject(refused, person, "x")
    withdrawn.report.withdrawn_at = timezone.now()
    withdrawn.report.save(update_fields=["withdrawn_at"])
    absent = client.get("/photos/999999999/large.jpg")
    assert absent.status_code == 404

    def told(answer) -> tuple:
        """All but the nonce and the length, which has the number's own digits in it."""
        return answer.status_code, {name: value for name, value in answer.items() if name not in ("Content-Security-Policy", "Content-Length")}

    nothing = told(absent)
    for photo in (private, hidden, refused, withdrawn):
        for url in (address(photo), address(photo, "small")):
            assert told(client.get(url)) == nothing
        assert client.get(reverse("flag-photo", args=[photo.pk])).status_code == 404


@pytest.mark.parametrize("junk", ["/photos/1/original.jpg", "/photos/1/public_large_name.jpg", "/photos/1/large.png", "/photos/x/large.jpg", f"/photos/{10**30}/large.jpg", "/photos/1/..%2f..%2flarge.jpg"])
def test_no_other_address_leads_to_a_photo(junk, shown, client):
    assert client.get(junk).status_code == 404


def test_a_file_that_is_missing_is_not_found(shown, client, path_of):
    path_of(store.RENDITIONS, shown.public_large_name).unlink()
    assert client.get(address(shown)).status_code == 404


def test_anybody_hides_a_photo_without_account_cookie_or_script(shown):
    client = Client(enforce_csrf_checks=True)
    url = reverse("flag-photo", args=[shown.pk])
    page = client.get(url)
    assert page.status_code == 200 and address(shown, "small") in page.content.decode() and "<script" not in page.content.decode()
    thanks = client.post(url)
    assert thanks.status_code == 200 and not thanks.cookies and "Ảnh đã được ẩn" in thanks.content.decode()
    assert client.get(address(shown)).status_code == 404


def test_sending_twice_and_about_a_photo_that_is_not_there_gets_the_same_thanks(shown, client):
    numbers = (shown.pk, shown.pk, 10**12)
    answers = [client.post(reverse("flag-photo", args=[number])) for number in numbers]
    pages = {answer.content.decode().split("<main")[1] for answer in answers}
    assert len(pages) == 1 and {answer.status_code for answer in answers} == {200}
    shown.refresh_from_db()
    assert shown.flags == 2


def test_after_two_looks_the_photo_stays(shown, client, member):
    for _ in range(2):
        client.post(reverse("flag-photo", args=[shown.pk]))
        assert client.get(address(shown)).status_code == 404
        publishing.publish(shown, member())
    client.post(reverse("flag-photo", args=[shown.pk]))
    assert client.get(address(shown)).status_code == 200
    shown.refresh_from_db()
    assert shown.flags == 3
