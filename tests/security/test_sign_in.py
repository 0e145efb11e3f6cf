"""Signing in: argon2, counted by name and network, cookies that only this host may set, and sessions that end when they should."""

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import identify_hasher
from django.test import Client, RequestFactory
from django.urls import reverse

from citylab import accounts
from citylab.client_address import client_network

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"


def sign_in(client, person, password=PASSWORD, **extra):
    return client.post(reverse("sign-in"), {"username": person.username, "password": password}, **extra)


def is_in(client) -> bool:
    return client.get(reverse("staff-home")).status_code == 200


def lock_out(person, address: str) -> None:
    for _ in range(configured.AXES_FAILURE_LIMIT):
        answer = sign_in(Client(), person, "wrong", REMOTE_ADDR=address)
    assert answer.status_code == 429


def test_passwords_are_kept_as_argon2(settings, member):
    from citylab.settings import PASSWORD_HASHERS

    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    person = member()
    assert identify_hasher(person.password).algorithm == "argon2"


def test_passwords_that_come_at_once_are_looked_at_one_after_the_other(settings, monkeypatch):
    """Each takes 100 MiB for a moment: sixteen strangers at once would take the machine."""
    from threading import Barrier, Lock, Thread

    from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

    from citylab.settings import PASSWORD_HASHERS

    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    kept, start, inside, together = make_password(PASSWORD), Barrier(6), Lock(), []
    verify = Argon2PasswordHasher.verify

    def watched(hasher, password, encoded):
        together.append(inside.acquire(blocking=False))
        right = verify(hasher, password, encoded)
        inside.release() if together[-1] else None
        return right

    monkeypatch.setattr(Argon2PasswordHasher, "verify", watched)
    answers = []
    threads = [Thread(target=lambda: (start.wait(), answers.append(check_password(PASSWORD, kept)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [True] * 6 and answers == [True] * 6


def test_who_fails_on_purpose_from_another_network_does_not_lock_the_owner_out(member):
    person = member()
    for address in ("198.51.100.7", "198.51.100.8", "2001:db8:1::7"):
        lock_out(person, address)
    assert sign_in(Client(), person, REMOTE_ADDR="203.0.113.9").status_code == 302
    assert sign_in(Client(), person, REMOTE_ADDR="2001:db8:2::9").status_code == 302


def test_the_guesser_stays_locked_out_after_the_owner_signed_in(member):
    person = member()
    lock_out(person, "198.51.100.7")
    sign_in(Client(), person, REMOTE_ADDR="203.0.113.9")
    assert sign_in(Client(), person, REMOTE_ADDR="198.51.100.7").status_code == 429


def test_one_phone_has_one_network_however_many_addresses_of_ipv6_it_takes(member):
    person = member()
    for number in range(configured.AXES_FAILURE_LIMIT):
        answer = sign_in(Client(), person, "wrong", REMOTE_ADDR=f"2001:db8:1:1::{number:x}")
    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.7", "203.0.113.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("::ffff:203.0.113.7", "203.0.113.7"), ("", ""), ("junk", "junk")],
)
def test_a_network_is_an_address_of_ipv4_or_a_64_of_ipv6(address, network):
    assert client_network(RequestFactory().get("/", REMOTE_ADDR=address)) == network


def test_a_lock_out_locks_one_name_and_says_what_to_do(member):
    person, colleague = member(), member()
    lock_out(person, "198.51.100.7")
    page = sign_in(Client(), person, REMOTE_ADDR="198.51.100.7")
    assert "15 phút" in page.content.decode() and page.status_code == 429
    assert sign_in(Client(), colleague, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_cookies_of_an_https_site_may_be_set_by_this_host_alone(settings, member):
    """As Django writes them with the names and attributes that an https address gives."""
    import os
    import subprocess
    import sys

    script = (
        "import django; django.setup(); from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_DOMAIN)"
    )
    environment = {**os.environ, "CITYLAB_SITE_URL": "https://x.example"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__Host-session", "__Host-csrf", "True", "True", "/", "/", "None", "None"]
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client, person = Client(), member()
    client.get(reverse("sign-in"), secure=True)
    answer = sign_in(client, person, secure=True)
    client.post(reverse("account"), {"verb": "letters"}, secure=True)  # leaves a message for the next page
    client.get(reverse("account"), secure=True)
    assert answer.status_code == 302 and set(client.cookies) == {"__Host-session", "__Host-csrf"}
    for cookie in client.cookies.values():
        assert cookie["secure"] and cookie["httponly"] and cookie["path"] == "/" and not cookie["domain"] and cookie["samesite"] == "Lax"


def test_a_new_password_ends_every_other_session(member):
    person = member()
    here, there = Client(), Client()
    here.force_login(person)
    there.force_login(person)
    before = here.session.session_key
    new = "cát trắng nắng vàng"
    answer = here.post(reverse("account"), {"verb": "password", "old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert answer.status_code == 302 and is_in(here) and not is_in(there)
    assert here.session.session_key != before


def test_another_password_takes_the_old_one(member):
    person = member()
    client = Client()
    client.force_login(person)
    new = "cát trắng nắng vàng"
    answer = client.post(reverse("account"), {"verb": "password", "old_password": "wrong", "new_password1": new, "new_password2": new})
    assert answer.status_code == 422
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_a_password_that_is_set_by_a_link_ends_every_session(member):
    person = member()
    client = Client()
    client.force_login(person)
    token = accounts.make_link(person).rstrip("/").rsplit("/", 1)[1]
    accounts.redeem(token, "cát trắng nắng vàng")
    assert not is_in(client)


def test_leaving_ends_every_session(member):
    person = member()
    here, there = Client(), Client()
    for client in (here, there):
        client.force_login(person)
    accounts.leave(person, None, None)
    assert not is_in(here) and not is_in(there)
    assert sign_in(Client(), person).status_code == 200, "and nobody signs in with the name"
