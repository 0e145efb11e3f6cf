"""A voice note: what is taken, what is refused, and PUT /api/v1/reports/<id>/voice."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from reports import retention, voice
from reports.codes import secret_token
from reports.models import VoiceNote
from tests.reports.recordings import BARE_MP3, HEADS, recording

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", HEADS)
def test_every_format_is_told_by_its_first_bytes(form):
    assert voice.sniff_voice(recording(form)[: voice.HEAD]) == form


def test_an_mp3_without_a_tag_is_known():
    assert voice.sniff_voice(BARE_MP3) == "mp3"


@pytest.mark.parametrize(
    "body",
    [b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif", b"RIFF\0\0\0\0WEBPVP8 ", b"<svg>",
     b"<html><script>", b"%PDF-1.7", b"PK\x03\x04", b"MZ", b"\xff\xff\xff\xff", b"\xff", b"x", b"\x1a\x45\xdf\xa3" + b"\0" * 60],
)  # fmt: skip
def test_nothing_else_is_a_recording(body, report):
    with pytest.raises(voice.VoiceRefused) as refused:
        voice.receive_voice(report(), body)
    assert refused.value.code == "not_a_recording"


def test_it_is_kept_in_a_private_store_under_its_hash(report):
    body = recording()
    note, created = voice.receive_voice(report(), body)
    assert created and note.sha256 == hashlib.sha256(body).hexdigest() and note.sha256 in note.name
    with storages["voice"].open(note.name) as file:
        assert file.read() == body


def test_three_mebibytes_are_taken_and_one_byte_more_is_not(report):
    assert voice.receive_voice(report(), recording(size=voice.MAX_BYTES))[1]
    with pytest.raises(voice.VoiceRefused) as refused:
        voice.receive_voice(report(), recording(size=voice.MAX_BYTES) + b"x")
    assert refused.value.code == "too_large"


def test_recordings_go_after_thirty_days(report):
    now = timezone.now()
    old, _ = voice.receive_voice(report(), recording(), now=now - timedelta(days=31))
    young, _ = voice.receive_voice(report(), recording("ogg"), now=now - timedelta(days=29))
    assert retention.forget(now).voices == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.name, bool(old.deleted_at), bool(young.name)) == ("", True, True)


def test_a_recording_that_was_deleted_is_not_brought_back_by_sending_it_again(report):
    sent = report()
    voice.receive_voice(sent, recording())
    voice.forget_voices(report=sent, now=timezone.now())
    assert voice.receive_voice(sent, recording())[1] is False
    assert VoiceNote.objects.get().name == ""


# --- the API ----------------------------------------------------------------------------------------


@pytest.fixture
def put(client, report):
    sent = report()

    def send(body: bytes, token: str | None = None, uuid=sent.uuid, **headers):
        authorization = f"Bearer {secret_token(uuid) if token is None else token}"
        return client.put(f"/api/v1/reports/{uuid}/voice", body, content_type="audio/webm", HTTP_AUTHORIZATION=authorization, **headers)

    return send


def is_problem(answer, status: int, code: str | None = None) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert code is None or found["code"] == code
    return found


def test_a_recording_is_kept_with_201_and_again_with_200(put):
    first, again = put(recording()), put(recording())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"sha256": hashlib.sha256(recording()).hexdigest(), "size": 2000, "format": "webm"}


def test_another_recording_is_409(put):
    put(recording())
    is_problem(put(recording("ogg")), 409, "voice_taken")
    assert VoiceNote.objects.get().format == "webm"


def test_what_is_refused_says_why(put):
    is_problem(put(b"not a recording"), 415, "not_a_recording")
    is_problem(put(b"", CONTENT_LENGTH="0"), 422, "empty")
    is_problem(put(recording(size=voice.MAX_BYTES) + b"x"), 413, "too_large")


def test_a_full_disk_is_507(put, settings):
    settings.DISK_RESERVE_MB = 10**9
    is_problem(put(recording()), 507, "disk_full")


def test_without_the_token_it_is_401_whether_the_report_exists_or_not(put):
    wrong = [put(recording(), token=""), put(recording(), token=secret_token(uuid4())), put(recording(), uuid=uuid4(), token="x" * 22)]
    for answer in wrong:
        is_problem(answer, 401)
    assert len({answer.content for answer in wrong}) == 1
    assert not VoiceNote.objects.exists()


def test_a_recording_before_its_report_is_404_and_may_come_again(put):
    is_problem(put(recording(), uuid=uuid4()), 404)


def test_a_withdrawn_report_takes_no_recording(client, report):
    sent = report(withdrawn_at=timezone.now())
    answer = client.put(
        f"/api/v1/reports/{sent.uuid}/voice", recording(), content_type="audio/webm", HTTP_AUTHORIZATION=f"Bearer {secret_token(sent.uuid)}", HTTP_ACCEPT_LANGUAGE="vi"
    )
    assert answer.status_code == 410 and "rút lại" in answer.content.decode()
