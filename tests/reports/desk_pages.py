"""What the tests of the desk's pages share: signing in, and the sentences of a page."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client


@pytest.fixture
def desk(member):
    """Signs a member of a role in: `desk("officer", areas=[…])`."""

    def sign_in(role: str = "dispatcher", **fields) -> Client:
        client = Client()
        client.force_login(member(role, **fields), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def text_of(answer) -> str:
    """What a person reads of a page, in one line."""
    found = re.sub(r"<(script|style)\b.*?</\1>", "", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", found)))
