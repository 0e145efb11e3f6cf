"""Every address has a row in the access table, and the row is what happens."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from citylab.models import Role
from citylab.permissions import ACCESS, ROLES, Audience, admits

EXAMPLES = {
    "token": "x" * 43, "code": "0123456789", "username": "nobody", "uuid": "00000000-0000-4000-8000-000000000000", "position": 1,
    "layer": "hotspots", "z": 12, "x": 3280, "y": 1866, "run": 1, "cell": "8a65a0000007fff", "photo": 1, "size": "small", "notice": 1,
    "week": "2026-W46", "edition": 1, "filename": "none.csv", "kind": "report", "row": 1, "team": 1,
}  # fmt: skip


def addresses(patterns=None, prefix=""):
    """Every (name, pattern) of the URLconf."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry


NAMES = sorted({name for name, _ in addresses()})


def url_of(name: str) -> str:
    from django.urls import reverse

    pattern = next(pattern for found, pattern in addresses() if found == name)
    names = pattern.pattern.converters or (getattr(pattern.pattern, "regex", None) and pattern.pattern.regex.groupindex)
    return reverse(name, kwargs={key: EXAMPLES[key] for key in names})


def test_every_address_has_a_row():
    assert [name for name in NAMES if name not in ACCESS] == []


def test_every_row_has_an_address():
    assert sorted(set(ACCESS) - set(NAMES)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in NAMES if ACCESS.get(name) not in (Audience.PUBLIC, Audience.BEARER)])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_sign_in(name, method, client):
    answer = getattr(client, method)(url_of(name))
    assert answer.status_code == 302
    assert "next=" in answer["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", [name for name in NAMES if ACCESS.get(name) not in (Audience.PUBLIC, Audience.BEARER)])
def test_a_member_enters_only_what_is_for_their_role(name, role, client, member):
    person = member(role)
    client.force_login(person)
    status = client.get(url_of(name)).status_code
    if role in ROLES[ACCESS[name]]:
        assert status not in (302, 403) or name == "staff-home", "what a role may enter neither refuses nor asks to sign in"
    else:
        assert status == 403


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_member_who_left_is_a_stranger(name, client, member):
    person = member("administrator")
    client.force_login(person)
    person.is_active = False
    person.save()
    if not admits(ACCESS[name], None):
        assert client.get(url_of(name)).status_code == 302


@pytest.mark.django_db
def test_an_address_without_a_row_is_not_found(client, monkeypatch):
    monkeypatch.delitem(ACCESS, "livez")
    assert client.get("/livez").status_code == 404


def test_nobody_is_admitted_by_an_unknown_kind_of_user():
    assert not any(admits(audience, object()) for audience in ROLES)
