"""What residents wrote, and every secret address, stays out of the logs."""

import io
import json
import logging
import logging.config
import uuid

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from citylab.accounts import make_link


@pytest.fixture
def log():
    """What the configured handler of the console writes, of every logger from INFO on."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    configured = logging.config.DictConfigurator(settings.LOGGING)
    for name in settings.LOGGING["handlers"]["console"].get("filters", ()):
        handler.addFilter(configured.configure_filter(settings.LOGGING["filters"][name]))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.django_db(transaction=True)
def test_no_text_no_place_no_contact_and_no_secret_address_is_logged(client, two_areas, member, log, monkeypatch):
    key, words, phone = str(uuid.uuid4()), "chim-hoàng-yến", "0905 999 888"
    body = {
        "id": key, "location": {"type": "Point", "coordinates": [108.205123, 16.055654]}, "description": words, "photos_expected": 1,
        "contact": {"phone": phone, "consent": True},
    }  # fmt: skip
    send = lambda body: client.post("/api/v1/reports/", json.dumps(body), content_type="application/json")  # noqa: E731
    taken = send(body).json()
    token = taken["secret_url"].rstrip("/").rpartition("/")[2]
    secret = reverse("receipt-secret", args=[taken["code"], token])
    assert client.post(secret, {"photo": SimpleUploadedFile("x.jpg", b"none")}).status_code == 422
    assert client.get(secret + "x").status_code == 404
    assert client.post(secret[:-1], {}).status_code in (301, 404)
    photo = f"/api/v1/reports/{key}/photos/1"
    assert client.put(photo, b"none", content_type="image/jpeg").status_code == 401
    assert client.put(photo, b"none", content_type="image/jpeg", headers={"authorization": f"Bearer {token}"}).status_code == 415
    assert send({**body, "description": words * 2}).status_code == 409
    assert send({**body, "id": str(uuid.uuid4()), "observed_at": phone}).status_code == 400
    begun = str(uuid.uuid4())
    for step, status in (("photo", 303), ("place", 422), ("send", 422)):
        answer = client.post(reverse(f"report-{step}", args=[begun]), {"skip": "1", "where": words, "description": words, "phone": phone})
        assert answer.status_code == status, step
    assert client.get(reverse("report-send", args=[uuid.uuid4()])).status_code == 410
    assert client.get("/api/v1/where/?lon=108.205123&lat=x").status_code == 400
    person = member("dispatcher")
    link = make_link(person).rstrip("/").rpartition("/")[2]
    make_link(person)
    assert client.get(reverse("one-time-link", args=[link])).status_code == 410
    client.post(reverse("sign-in"), {"username": "somebody@example.org", "password": "a password"})
    monkeypatch.setattr("reports.pages.receipts.state_of", lambda photo: 1 / 0)
    monkeypatch.setattr("reports.pages.receipts._photo_notes", lambda *_: 1 / 0)
    client.raise_request_exception = False
    assert client.get(secret).status_code == 500
    written = log.getvalue()
    assert "Internal Server Error" in written and "Unprocessable" in written, "the lines themselves are still written"
    for canary in (words, "108.205", "16.0556", "999 888", token, key, begun, link, "somebody@", "a password"):
        assert canary not in written, canary
