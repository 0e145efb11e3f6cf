"""POST /api/v1/reports/ as outsiders rely on it."""

import json
from uuid import uuid4

import pytest
from django.conf import settings

from reports.codes import code_of, secret_token
from reports.models import Contact, Report, WasteType
from reports.waste_groups import forget_waste_groups

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/reports/"


@pytest.fixture(autouse=True)
def _small_city(two_areas):
    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets")
    forget_waste_groups()
    yield
    forget_waste_groups()


@pytest.fixture
def send(client):
    """Posts a body, a dictionary or raw bytes: `send(body, HTTP_ACCEPT_LANGUAGE="en")`."""

    def post(body, content_type: str = "application/json", **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(ADDRESS, raw, content_type=content_type, **headers)

    return post


def body(**given) -> dict:
    point = {"type": "Point", "coordinates": [108.205, 16.055]}
    return {"id": str(uuid4()), "location": point, "description": "túi ni lông", **given}


WHOLE = {
    "accuracy_m": 12, "location_source": "gps", "observed_at": "2026-11-18T12:00:00+07:00", "problem": "dump", "waste_types": ["nets"],
    "amount": "bag", "photos_expected": 1, "same_case": None, "device": "phone", "channel": "web", "language": "vi",
    "contact": {"phone": "0905 000 000", "consent": True},
}  # fmt: skip


def is_problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status and found["title"] and found["type"] == "about:blank"
    return found


def test_a_report_is_received_with_201_and_exactly_the_promised_members(send):
    sent = body(**WHOLE)
    answer = send(sent)
    found = answer.json()
    assert answer.status_code == 201
    assert set(found) == {"id", "code", "url", "secret_url", "status"}
    report = Report.objects.get()
    assert (found["id"], found["code"], found["status"]) == (sent["id"], code_of(report.uuid), "received")
    assert found["url"].startswith(settings.SITE_URL) and answer["Location"] == found["url"]
    assert secret_token(report.uuid) in found["secret_url"]
    assert Contact.objects.filter(report=report).exists()


def test_the_same_report_again_is_answered_200_with_the_same_body(send):
    sent = body(**WHOLE)
    first, again = send(sent), send(dict(reversed(sent.items())))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Report.objects.count() == 1


def test_the_same_id_with_another_body_is_409_with_a_link_to_the_receipt_and_not_to_the_secret(send):
    sent = body()
    first = send(sent).json()
    found = is_problem(send({**sent, "description": "something else"}), 409)
    assert found["receipt"] == first["url"]
    assert first["secret_url"] not in json.dumps(found)


@pytest.mark.parametrize(
    "least",
    [
        {"location": {"type": "Point", "coordinates": [108.205, 16.055]}, "description": "rác"},
        {"location": {"type": "Point", "coordinates": [108.205, 16.055, 3.5]}, "photos_expected": 1},
        {"area": "W1", "description": "rác"},
        {"location": None, "area": "W1", "place": None, "contact": None, "waste_types": None, "description": "rác", "tomorrow": "ignored"},
    ],
)
def test_a_place_and_words_or_a_photo_are_enough(send, least):
    assert send({"id": str(uuid4()), **least}).status_code == 201


def test_errors_are_told_by_field_in_the_language_that_is_asked_for(send):
    sent = body(location=None, problem="noise", description="")
    english = is_problem(send(sent, HTTP_ACCEPT_LANGUAGE="en"), 400)
    vietnamese = is_problem(send(sent, HTTP_ACCEPT_LANGUAGE="vi-VN,vi;q=0.9"), 400)
    assert english["codes"] == vietnamese["codes"] == {"location": ["place_missing"], "problem": ["problem_unknown"], "description": ["nothing_said"]}
    assert english["errors"]["location"][0].startswith("The place is missing.")
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "field, value",
    [
        ("id", "not-a-uuid"), ("id", 5), ("location", [108.2, 16.0]), ("location", {"type": "Point"}), ("location", "POINT(1 2)"),
        ("location", {"type": "Polygon", "coordinates": []}), ("location", {"type": "Point", "coordinates": ["108", "16"]}),
        ("location", {"type": "Point", "coordinates": [True, False]}), ("location", {"type": "Point", "coordinates": {"0": 1, "1": 2}}),
        ("accuracy_m", "12"), ("accuracy_m", True), ("observed_at", "yesterday"), ("observed_at", 1_700_000_000), ("problem", 7),
        ("waste_types", "nets"), ("waste_types", [["nets"]]), ("waste_types", ["nets"] * 51), ("description", ["a"]),
        ("photos_expected", "1"), ("photos_expected", 1.5), ("photos_expected", 10**400), ("same_case", 3), ("device", {}),
        ("contact", "0905"), ("contact", {"phone": 905, "consent": True}), ("contact", {"phone": "0905 000 000", "consent": "yes"}),
        ("accuracy_m", 10**400),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_named_and_never_guessed(send, field, value):
    found = is_problem(send(body(**{field: value})), 400)
    assert found["codes"] == {field: ["wrong_type"]}
    assert len(found["errors"][field]) == 1


def test_a_missing_id_is_asked_for(send):
    sent = body()
    del sent["id"]
    assert is_problem(send(sent), 400)["codes"] == {"id": ["id_missing"]}


@pytest.mark.parametrize("given", [{"accuracy_m": -1}, {"location": {"type": "Point", "coordinates": [1e400, 0]}}, {"location": {"type": "Point", "coordinates": [0, 91]}}])
def test_numbers_off_the_map_are_refused(send, given):
    raw = json.dumps(body(**given)).replace("Infinity", "1e400").encode()
    is_problem(send(raw), 400)


def test_the_import_channel_is_not_open_to_outsiders(send):
    assert is_problem(send(body(channel="import", description="")), 400)["codes"] == {"channel": ["channel_unknown"]}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"null", b"[]", b'"text"', b"5", b"\xff\xfe", b'{"id": NaN}', b"[" * 20_000, b'{"a":' * 10_000, b"\x00",
        b'{"id": "\\ud800"}', b"1" * 5000,
    ],
)  # fmt: skip
def test_junk_is_a_problem_and_never_a_fault(send, raw):
    is_problem(send(raw), 400)


def test_text_that_utf8_cannot_hold_does_not_reach_the_database(send):
    key = str(uuid4())
    raw = b'{"id": "%s", "area": "W1", "description": "a\\ud800\\u0000b", "device": "\\udfff", "language": "\\ud800"}' % key.encode()
    assert send(raw).status_code == 201
    assert Report.objects.get().description == "ab"
    for field in ("area", "place", "same_case", "problem", "location_source", "channel"):
        is_problem(send(json.dumps(body(**{field: "\ud800\x00"})).encode()), 400)


def test_more_than_64_kilobytes_is_413_without_reading_on(send):
    is_problem(send(b'{"description": "' + b"x" * 70_000 + b'"}'), 413)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_415(send, content_type):
    is_problem(send(body(), content_type=content_type), 415)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_method_is_405(client, method):
    answer = getattr(client, method)(ADDRESS)
    is_problem(answer, 405)
    assert "POST" in answer["Allow"]


def test_an_unknown_address_of_the_api_is_a_problem_too(client):
    is_problem(client.get("/api/v1/nothing/"), 404)
    is_problem(client.put("/api/v1/reports/not-a-uuid/photos/1"), 404)


def test_an_answer_that_nobody_accepts_is_406(send):
    is_problem(send(body(), HTTP_ACCEPT="image/png"), 406)


def test_no_address_of_a_client_is_refused_for_sending_much(send):
    """Thousands of phones share one address of their operator."""
    assert {send(body()).status_code for _ in range(120)} == {201}


def test_a_signed_in_member_needs_no_csrf_token_here(client, member):
    client.handler.enforce_csrf_checks = True
    client.force_login(member("officer"))
    assert client.post(ADDRESS, json.dumps(body()), content_type="application/json").status_code == 201
