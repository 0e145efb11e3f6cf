"""PUT /api/v1/reports/<id>/photos/<n>: the bytes of a photo, by whoever holds the token."""

import hashlib
from uuid import uuid4

import pytest
from django.test.client import FakePayload

from reports.codes import secret_token
from reports.models import Photo
from reports.photos import limits
from tests.reports.photos.pictures import photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def put(client, report):
    """Puts a photo of a report: `put(body, position=2, token="…")`."""
    sent = report()

    def send(body: bytes, position: int = 1, token: str | None = None, uuid=sent.uuid, **headers):
        authorization = f"Bearer {secret_token(uuid) if token is None else token}"
        return client.put(
            f"/api/v1/reports/{uuid}/photos/{position}", body, content_type="image/jpeg", HTTP_AUTHORIZATION=authorization, **headers
        )

    return send


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    return photo("JPEG")


def is_problem(answer, status: int, code: str | None = None) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert code is None or found["code"] == code
    return found


def test_a_photo_is_kept_with_201_and_is_private(put, jpeg):
    answer = put(jpeg)
    assert answer.status_code == 201
    assert answer.json() == {"position": 1, "sha256": hashlib.sha256(jpeg).hexdigest(), "state": "quarantined"}
    assert Photo.objects.get().state == "quarantined"


def test_the_same_bytes_again_are_200_and_no_second_photo(put, jpeg):
    first, again = put(jpeg), put(jpeg)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() and Photo.objects.count() == 1


def test_other_bytes_at_the_same_position_are_409(put, jpeg):
    put(jpeg)
    is_problem(put(photo("PNG")), 409, "position_taken")
    assert Photo.objects.get().original_format == "JPEG"


@pytest.mark.parametrize("position", [0, 4, 10**20])
def test_a_position_beyond_three_is_422(put, jpeg, position):
    is_problem(put(jpeg, position=position), 422, "bad_position")


@pytest.mark.parametrize("body", [b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\0" * 50])
def test_what_is_no_photo_is_415(put, body):
    is_problem(put(body), 415, "not_a_photo")


def test_too_many_pixels_are_422(put):
    from tests.security.hostile_photos import png

    is_problem(put(png(60_000, 60_000)), 422, "too_many_pixels")


def test_a_body_that_says_it_is_too_large_is_413(put, jpeg):
    is_problem(put(jpeg + b"\0" * limits.MAX_BYTES), 413, "too_large")
    assert not Photo.objects.exists()


def test_a_body_that_lies_about_its_size_is_read_no_further_than_it_says(put, jpeg, client, report):
    sent = report()
    payload = FakePayload(jpeg + b"\0" * 1000)
    answer = client.generic(
        "PUT", f"/api/v1/reports/{sent.uuid}/photos/1", b"", HTTP_AUTHORIZATION=f"Bearer {secret_token(sent.uuid)}",
        **{"wsgi.input": payload, "CONTENT_LENGTH": str(len(jpeg))},
    )  # fmt: skip
    assert answer.status_code == 201
    assert Photo.objects.get(report=sent).original_size == len(jpeg)


def test_without_a_size_it_is_411(client, report):
    sent = report()
    answer = client.generic(
        "PUT", f"/api/v1/reports/{sent.uuid}/photos/1", b"x", HTTP_AUTHORIZATION=f"Bearer {secret_token(sent.uuid)}", CONTENT_LENGTH=""
    )
    is_problem(answer, 411)


def test_without_the_token_it_is_401_whether_the_report_exists_or_not(put, jpeg, client, report):
    wrong = [put(jpeg, token=""), put(jpeg, token="x" * 22), put(jpeg, token=secret_token(uuid4())), put(jpeg, uuid=uuid4(), token="x" * 22)]
    for answer in wrong:
        is_problem(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert len({answer.content for answer in wrong}) == 1, "nothing tells whether the report is there"
    assert not Photo.objects.exists()


def test_a_photo_that_comes_before_its_report_is_404_and_may_come_again(put, jpeg):
    is_problem(put(jpeg, uuid=uuid4()), 404)


def test_a_full_disk_is_507_and_says_that_the_report_is_safe(put, jpeg, settings):
    settings.DISK_RESERVE_MB = 10**9
    found = is_problem(put(jpeg, HTTP_ACCEPT_LANGUAGE="en"), 507, "disk_full")
    assert "report itself is safe" in found["detail"]
