"""Behind one address of a mobile network there are thousands of people: none of them is refused for it."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse

from reports.models import Report

ROOT = Path(__file__).parents[2]
ONE_ADDRESS = "203.0.113.7"


@pytest.mark.django_db
def test_an_address_that_is_locked_out_of_signing_in_still_reports(client, two_areas):
    for _ in range(settings.AXES_FAILURE_LIMIT + 5):
        client.post(reverse("sign-in"), {"username": "lan", "password": "wrong"}, REMOTE_ADDR=ONE_ADDRESS)
    assert client.get(reverse("home"), REMOTE_ADDR=ONE_ADDRESS).status_code == 200
    body = {"id": str(uuid4()), "location": {"type": "Point", "coordinates": [108.205, 16.055]}, "description": "rác"}
    answer = client.post("/api/v1/reports/", json.dumps(body), content_type="application/json", REMOTE_ADDR=ONE_ADDRESS)
    assert answer.status_code == 201
    assert Report.objects.get().held == ""


def test_no_part_counts_requests_by_address():
    assert not [name for name in settings.REST_FRAMEWORK if "THROTTLE" in name]
    assert not [part for part in (*settings.MIDDLEWARE, *settings.INSTALLED_APPS) if re.search(r"throttl|ratelimit", part, re.I)]
    served = (ROOT / "bin" / "stack" / "Caddyfile").read_text() + (ROOT / "bin" / "stack" / "services.py").read_text()
    assert not re.search(r"rate_limit|remote_ip|client_ip|limit-request-rate", served)


def test_only_signing_in_asks_for_the_address():
    """`client_address` is the one function that knows it; nothing of the residents' rooms may call it."""
    asking = [path for room in ("reports", "analytics") for path in (ROOT / room).rglob("*.py") if re.search(r"client_address|REMOTE_ADDR|X_FORWARDED_FOR", path.read_text("utf-8"))]
    assert asking == []
