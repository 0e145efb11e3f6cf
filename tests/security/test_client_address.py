"""Wrong passwords are counted for the address of the person, whom only the proxy can name."""

import pytest
from django.conf import settings as configured
from django.test import RequestFactory
from django.urls import reverse

from citylab.client_address import client_address


def request(forwarded: str | None = None):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR="127.0.0.1")


def test_behind_the_proxy_it_is_the_address_that_the_proxy_added(settings):
    settings.HTTPS = True
    assert client_address(request("203.0.113.7")) == "203.0.113.7"
    assert client_address(request("1.1.1.1, 203.0.113.7")) == "203.0.113.7", "what stands before may be invented"
    assert client_address(request()) == "127.0.0.1"


def test_without_a_proxy_nobody_names_their_own_address(settings):
    settings.HTTPS = False
    assert client_address(request("203.0.113.7")) == "127.0.0.1"


@pytest.mark.django_db
def test_a_stranger_elsewhere_does_not_lock_an_officer_out(client, member, settings):
    settings.HTTPS = True
    person = member("officer")
    sign_in = reverse("sign-in")
    for _ in range(configured.AXES_FAILURE_LIMIT + 1):
        answer = client.post(sign_in, {"username": person.username, "password": "wrong"}, headers={"x-forwarded-for": "198.51.100.1"})
    assert answer.status_code == 429, "the stranger is locked out"
    answer = client.post(sign_in, {"username": person.username, "password": "a long password"}, headers={"x-forwarded-for": "203.0.113.7"})
    assert answer.status_code == 302
