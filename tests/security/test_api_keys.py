"""Keys of partners: they read more of what is public, write nothing, open no page of the staff, and end at once."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from citylab import api_keys
from citylab.models import ApiKey
from citylab.permissions import ACCESS, Audience
from reports.models import Report

pytestmark = pytest.mark.django_db

LISTS = ("api-cases", "api-areas", "api-hotspots", "api-weekly-reports")


@pytest.fixture
def key(member):
    return api_keys.make("Đại học Đà Nẵng", member("administrator"))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("way", ["X-API-Key", "Authorization"])
def test_a_key_reads_larger_pages(name, way, client, key):
    value = key[1] if way == "X-API-Key" else f"Bearer {key[1]}"
    assert client.get(reverse(name), {"limit": 5000}).status_code == 400
    assert client.get(reverse(name), {"limit": 5000}, headers={way: value}).status_code == 200
    assert client.get(reverse(name), {"limit": 10_001}, headers={way: value}).status_code == 400


@pytest.mark.parametrize("value", ["clk_" + "x" * 32, "nonsense", "clk_"])
def test_an_unknown_key_is_told_so_and_not_ignored(value, client):
    answer = client.get(reverse("api-cases"), headers={"X-API-Key": value})
    assert answer.status_code == 401 and answer["Content-Type"] == "application/problem+json"
    assert "khóa" in answer.json()["title"].lower()


def test_a_key_writes_nothing(client, key, two_areas):
    body = {"id": str(uuid4()), "location": {"type": "Point", "coordinates": [108.205, 16.055]}, "description": "rác"}
    answer = client.post(reverse("api-report"), json.dumps(body), content_type="application/json", headers={"X-API-Key": key[1]})
    assert answer.status_code == 403 and not Report.objects.exists()


def test_a_key_opens_no_page_of_the_staff(client, key):
    private = [name for name, audience in ACCESS.items() if audience not in (Audience.PUBLIC, Audience.BEARER)]
    for name in ("staff-home", "cases", "members", "weekly", "statusz", "admin:index"):
        assert name in private
        for headers in ({"X-API-Key": key[1]}, {"Authorization": f"Bearer {key[1]}"}):
            assert client.get(reverse(name), headers=headers).status_code == 302


def test_a_revoked_key_ends_at_once(client, key, member):
    client.force_login(member("administrator"))
    assert client.post(reverse("api-key-revoke", args=[key[0].pk])).status_code == 302
    assert client.get(reverse("api-cases"), headers={"X-API-Key": key[1]}).status_code == 401


def test_a_key_is_shown_once_and_only_its_hash_is_kept(client, member):
    client.force_login(member("administrator"))
    page = client.post(reverse("api-keys"), {"name": "Đại học Đà Nẵng"}).content.decode()
    made = ApiKey.objects.get()
    shown = page.split("<code>")[1].split("</code>")[0]
    assert shown.startswith(made.start) and len(shown) == api_keys.LENGTH
    assert shown not in str(ApiKey.objects.values_list()) and shown not in client.get(reverse("api-keys")).content.decode()


def test_a_key_needs_a_name(client, member):
    client.force_login(member("administrator"))
    assert client.post(reverse("api-keys"), {"name": " "}).status_code == 422 and not ApiKey.objects.exists()


def test_the_last_use_is_noted_once_a_minute(client, key):
    def ask():
        client.get(reverse("api-cases"), headers={"X-API-Key": key[1]})
        return ApiKey.objects.get().used_at

    first = ask()
    assert first and ask() == first
    ApiKey.objects.update(used_at=timezone.now() - timedelta(minutes=2))
    assert ask() > first


def test_a_reporters_secret_is_no_key(client, two_areas):
    """Both are bearers. A secret that begins like a key is still a secret: it is shorter."""
    answer = client.put("/api/v1/reports/00000000-0000-4000-8000-000000000000/photos/1", b"x", headers={"Authorization": "Bearer clk_567890123456789012"})
    assert answer.status_code == 404 or answer.status_code == 401
    assert "khóa" not in answer.json()["title"].lower()


def test_the_list_of_keys_is_data_too_without_the_keys(client, key, member):
    client.force_login(member("administrator"))
    rows = json.loads(b"".join(client.get(reverse("api-keys"), {"format": "json"}).streaming_content))
    assert rows[0]["name"] == "Đại học Đà Nẵng" and key[1] not in json.dumps(rows)
