"""The reporter's secret opens one report and nothing else; what was given in confidence stays with those who work on it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from reports.codes import secret_token
from reports.contacts import ContactDetails
from reports.follow_up import correct_contact
from reports.follow_up.requests import ask
from reports.models import Contact, DataRequest, Note, Photo, PrivateLook, Report, Verdict
from reports.notifications.links import ANSWER, STOP, token_for
from reports.voice import receive_voice
from tests.reports.recordings import recording

pytestmark = pytest.mark.django_db

ACTS = [
    ("receipt-secret", {"do": "note", "note": "x"}), ("receipt-secret", {"do": "withdraw"}), ("receipt-secret", {"do": "answer", "answer": "not-clean"}),
    ("my-data-report", {"do": "contact", "email": "a@b.vn", "consent_progress": "1"}), ("my-data-report", {"do": "forget-contact"}),
    ("my-data-report", {"do": "stop"}), ("my-data-report", {"do": "ask", "kind": "delete"}), ("my-data-report", {"do": "note", "note": "x"}),
]  # fmt: skip


@pytest.fixture
def theirs(report, case):
    """Somebody's report of a cleaned place, with a contact and a recording."""
    found = report(case("cleaned", at=timezone.now() - timedelta(days=2)))
    correct_contact(found, ContactDetails(phone="0905 000 000", consent=True))
    receive_voice(found, recording())
    return found


def address(name: str, code: str, token: str) -> str:
    with translation.override("vi"):
        return reverse(name, args=[code, token])


def wrong_tokens(theirs, mine) -> list[str]:
    right = secret_token(theirs.uuid)
    return [secret_token(mine.uuid), right[:-1], right + "A", right.swapcase(), "A" * 22, token_for(STOP, theirs.uuid), token_for(ANSWER, theirs.uuid), "%00", "ă" * 22]


@pytest.mark.parametrize("name, form", ACTS)
def test_no_token_but_its_own_does_anything_to_a_report(client, theirs, report, name, form):
    before = Report.objects.values().get(pk=theirs.pk)
    mine = report()
    for token in wrong_tokens(theirs, mine):
        for answer in (client.get(address(name, theirs.code, token)), client.post(address(name, theirs.code, token), form)):
            assert answer.status_code in (400, 404), token
            assert "0905" not in answer.content.decode()
    assert Report.objects.values().get(pk=theirs.pk) == before
    assert Contact.objects.get(report=theirs).stopped_at is None
    assert not Note.objects.exists() and not Verdict.objects.exists() and not DataRequest.objects.exists()


def test_a_wrong_token_is_answered_like_an_unknown_code(client, theirs):
    wrong = client.get(address("receipt-secret", theirs.code, "A" * 22))
    unknown = client.get(address("receipt-secret", "0000000000", "A" * 22))
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.content.replace(theirs.code.encode(), b"") == unknown.content.replace(b"0000000000", b"")


def test_the_token_that_answers_letters_opens_neither_page(client, theirs):
    for name in ("receipt-secret", "my-data-report"):
        assert client.get(address(name, theirs.code, token_for(ANSWER, theirs.uuid))).status_code == 404


def test_my_data_does_not_tell_whether_a_code_exists(client, theirs):
    def asked(code: str) -> bytes:
        return client.post("/du-lieu-cua-toi/", {"code": code, "secret": "A" * 22}).content.replace(code.encode(), b"")

    assert asked(theirs.code) == asked("0000000000")


def test_a_verdict_is_never_the_reporters_on_the_public_page(client, theirs):
    """Whatever is sent there, it counts as somebody near at best."""
    point = theirs.case.public_location
    for more in ({"report": theirs.code, "source": "reporter"}, {"token": "x", "reporter": theirs.code}):
        client.post(f"/diem-rac/{theirs.case.code}/tra-loi/", {"answer": "not-clean", "lon": point.x, "lat": point.y, "accuracy_m": 5, "device": "d", **more})
    theirs.case.refresh_from_db()
    assert theirs.case.status == "cleaned" and set(Verdict.objects.values_list("source", flat=True)) == {"near"}


def test_the_distance_that_is_told_leads_to_the_public_point_only(client, theirs):
    """The true point may lie 25 m from the public one; answers about it would tell where, question by question."""
    from django.contrib.gis.geos import Point

    case = theirs.case
    type(case).objects.filter(pk=case.pk).update(location=Point(108.2052, 16.0553, srid=4326))
    far = {"answer": "clean", "lon": 108.205, "lat": 16.057, "accuracy_m": 5, "device": "d"}

    def told() -> str:
        return re.sub(r'nonce="[^"]*"', "", client.post(f"/diem-rac/{case.code}/tra-loi/", far).content.decode())

    before = told()
    assert "khoảng 222 m" in before
    type(case).objects.filter(pk=case.pk).update(location=Point(108.2048, 16.0547, srid=4326))
    assert told() == before


PRIVATE = (("case-voice", "get"), ("case-contact", "post"))


@pytest.mark.parametrize("name, method", PRIVATE)
def test_staff_of_another_area_and_analysts_open_nothing_private(client, theirs, member, two_areas, name, method):
    west, east = two_areas
    for person, status in ((member("officer", areas=[east], opens_contacts=True), 404), (member("analyst"), 403)):
        client.force_login(person)
        answer = getattr(client, method)(reverse(name, args=[theirs.code]))
        assert answer.status_code == status
    assert not PrivateLook.objects.exists()
    client.force_login(member("officer", areas=[west], opens_contacts=True))
    assert getattr(client, method)(reverse(name, args=[theirs.code])).status_code == 200
    assert PrivateLook.objects.count() == 1


def test_requests_stay_in_their_area_and_away_from_analysts(client, theirs, member, two_areas):
    asked = ask(theirs, "delete", "số 0905")
    east = two_areas[1]
    client.force_login(member("officer", areas=[east]))
    assert theirs.code[5:] not in client.get(reverse("data-requests")).content.decode()
    assert client.get(reverse("data-request", args=[asked.pk])).status_code == 404
    assert client.post(reverse("data-request", args=[asked.pk]), {"answer": "x", "erase": "1"}).status_code == 404
    client.force_login(member("analyst"))
    for answer in (client.get(reverse("data-requests")), client.post(reverse("data-request", args=[asked.pk]), {"answer": "x"})):
        assert answer.status_code == 403
    asked.refresh_from_db()
    assert asked.closed_at is None


def test_analysts_see_neither_button_nor_recording_on_a_case(client, theirs, member):
    client.force_login(member("analyst"))
    page = client.get(reverse("case", args=[theirs.case.code])).content.decode()
    assert "/lien-he/" not in page and "/tin-thoai/" not in page


def test_staff_forms_on_private_things_ask_for_the_csrf_token(theirs, member):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(member("dispatcher"))
    asked = ask(theirs, "see")
    for target in (reverse("case-contact", args=[theirs.code]), reverse("data-request", args=[asked.pk])):
        assert client.post(target, {"answer": "x"}).status_code == 403


def test_a_recording_is_in_no_store_that_pages_serve(client, theirs):
    name = theirs.voice_note.name
    for prefix in ("/media/", "/media/voice/", "/static/", "/voice/", "/photos/"):
        assert client.get(prefix + name).status_code == 404


def test_photos_of_a_withdrawn_report_have_no_public_address(client, theirs):
    from reports.follow_up import withdraw_report

    now = timezone.now()
    names = {"large_name": "l", "small_name": "s", "public_large_name": "pl", "public_small_name": "ps"}
    photo = Photo.objects.create(
        report=theirs, state="published", original_sha256="0" * 64, original_size=1, original_format="JPEG", received_at=now, next_try=now,
        processed_at=now, published_at=now, **names,
    )  # fmt: skip
    assert Photo.objects.public().filter(pk=photo.pk).exists()
    withdraw_report(theirs)
    assert not Photo.objects.public().exists()
    assert client.get(reverse("public-photo", args=[photo.pk, "small"])).status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}", "رمز\u202eabc", "ghi chu\u0301", "🗑️" * 50, "=1+1"])
def test_markup_and_marks_in_every_field_are_words(client, theirs, text):
    token = secret_token(theirs.uuid)
    client.post(address("receipt-secret", theirs.code, token), {"do": "note", "note": text})
    client.post(address("my-data-report", theirs.code, token), {"do": "ask", "kind": "other", "text": text})
    client.post(address("my-data-report", theirs.code, token), {"do": "contact", "email": text, "name": text, "consent_progress": "1"})
    for name in ("receipt-secret", "my-data-report"):
        page = client.get(address(name, theirs.code, token)).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and "\u202e" not in page and ">49<" not in page


def test_the_rows_themselves_are_kept_from_analysts_and_leavers(theirs, member):
    """The address already stops them; so would the query, if an address were opened by mistake."""
    from reports.follow_up.requests import requests_for
    from reports.private_reports import reports_in_confidence

    ask(theirs, "see")
    for person in (member("analyst"), member("manager", is_active=False)):
        assert not reports_in_confidence(person).exists() and not requests_for(person).exists()
    assert reports_in_confidence(member("manager")).exists()
