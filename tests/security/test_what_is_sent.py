"""Hostile reports and forms: each is taken or refused with a sentence, never a fault of the site, and never costly."""

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reports.models import Report

HERE = {"type": "Point", "coordinates": [108.205, 16.055]}
DEEP = "[" * 30_000

HOSTILE = {
    "location": [
        {"type": "Point", "coordinates": [0, 90]}, {"type": "Point", "coordinates": [180, -90]}, {"type": "Point", "coordinates": [1e400, 0]},
        {"type": "Point", "coordinates": [10**400, 0]}, {"type": "Point", "coordinates": [True, False]}, {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": "108"}, {"type": "Polygon"}, [], 5, "x",
    ],
    "observed_at": [
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31T23:59:59", "1969-12-31T00:00:00Z", "2026-13-01", "",
        "\0", 5, {}, "2026-11-18T05:00:00+23:59:59.999999",
    ],
    "accuracy_m": [1e308, -1, 1e400, True, "5", 10**400],
    "description": ["a\0b", "\ud800", "\u202eevil", "x" * 4001, "\ufffe\uffff", {}, "　"],
    "waste_types": [["x"] * 51, ["\0"], ["\ud800"], "bag", [None], [[]], ["bottle"] * 50],
    "area": ["\0", "\ud800", "x" * 5000, "'; DROP TABLE reports_report; --"],
    "place": ["\0", "\ud800", "%", "x" * 5000],
    "same_case": ["\0", "\ud800", "0000000000", "x" * 5000],
    "device": ["\0", "\ud800", "x" * 5000],
    "language": ["\0", "../../etc", "x" * 5000],
    "channel": ["import", "\0", "", "x" * 5000],
    "amount": ["\0", "\ud800"],
    "problem": ["\0"],
    "photos_expected": [-1, 4, 1e400, 2**63, 0.5, "1", True],
    "id": ["", "x", 5, "{" + "0" * 32 + "}", None],
    "contact": [
        {"phone": "0905 123 456"}, {"email": "a@b.c\r\nBcc: x@y.z", "consent": True}, {"phone": "\0", "consent": True}, [], {"consent": "yes"},
        {"phone": 5, "consent": True}, {"name": "x" * 5000, "phone": "0905123456", "consent": True},
    ],
}  # fmt: skip


def send(client, **members):
    body = {"id": str(uuid.uuid4()), "location": HERE, "description": "túi", "observed_at": "2026-11-18T05:00:00Z", **members}
    return client.post("/api/v1/reports/", json.dumps(body), content_type="application/json")


@pytest.mark.django_db
@pytest.mark.parametrize("member_name", HOSTILE)
def test_a_hostile_member_is_taken_or_refused_with_a_sentence(member_name, client, two_areas):
    for value in HOSTILE[member_name]:
        answer = send(client, **{member_name: value})
        assert answer.status_code in (200, 201, 400, 409), (value, answer.content[:300])
        if answer.status_code == 400:
            assert answer.json().get("errors") or answer.json().get("detail"), value


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [DEEP, '{"id":' + DEEP, '{"a":NaN}', '{"a":Infinity}', "1" * 5000, '"\\ud800"', "\xff", "", "null", '{"id":1,"id":2}', "{" + '"a":1,' * 9000 + '"a":1}'],
)
def test_a_hostile_body_is_refused(body, client):
    assert client.post("/api/v1/reports/", body.encode("latin-1"), content_type="application/json").status_code == 400


@pytest.mark.django_db
def test_a_body_of_another_kind_or_too_large_is_refused(client):
    assert client.post("/api/v1/reports/", b"x" * 70_000, content_type="application/json").status_code == 413
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""):
        assert client.post("/api/v1/reports/", b"{}", content_type=kind).status_code == 415, kind


@pytest.mark.django_db
def test_contact_without_consent_is_kept_nowhere(client, two_areas):
    assert send(client, contact={"phone": "0905123456", "consent": False}).status_code == 400
    assert not Report.objects.exists()


@pytest.mark.django_db
def test_too_many_parts_of_a_form_are_too_much(client):
    many = {f"f{number}": SimpleUploadedFile("a", b"a") for number in range(150)}
    address = reverse("report-photo", args=[uuid.uuid4()])
    assert client.post(address, many).status_code == 413
    assert client.post(address, {f"f{number}": "a" for number in range(1500)}).status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["report-photo", "report-send", "sign-in", "members"])
def test_a_body_that_would_fill_the_disk_is_refused_unread(name, client):
    class Unread:
        def read(self, *_):
            raise AssertionError("the body was read")

        readline = read

    address = reverse(name, args=[uuid.uuid4()] if name.startswith("report-") else [])
    answer = client.generic("POST", address, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="99999999999", **{"wsgi.input": Unread()})
    assert answer.status_code == 413


@pytest.mark.django_db
def test_the_id_of_a_phone_is_on_no_public_page(client, two_areas):
    answer = send(client)
    key, code = answer.json()["id"], answer.json()["code"]
    for address in (f"/p/{code}/", "/api/v1/cases/", "/api/v1/cases/?format=csv", "/", f"/?code={code}"):
        assert key not in client.get(address, follow=True).content.decode(), address


@pytest.mark.django_db
def test_a_wrong_secret_and_an_unknown_report_look_the_same(client, report):
    code = report().code
    known, unknown = (client.get(f"/p/{asked}/{'x' * 22}/") for asked in (code, "0000000000"))
    assert known.status_code == unknown.status_code == 404
    assert known.content.replace(code.encode(), b"0000000000") == unknown.content
