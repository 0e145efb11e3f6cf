"""The addresses in a letter, and what each of them opens.

A letter is forwarded, printed, and read by the mail provider. So it never carries the reporter's secret, which also shows
the contact, withdraws the report and deletes data. It carries the public receipt, and two tokens of its own, each an HMAC
for one purpose: one stops the letters about this report, the other answers “clean” or “not clean”. Neither opens anything else.
"""

from __future__ import annotations

import base64
import hmac
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from reports.codes import TOKEN_BYTES
from reports.models import Report

STOP = "stop"
ANSWER = "answer"


def token_for(purpose: str, uuid: UUID) -> str:
    """The token of one report for one purpose: base64url of HMAC-SHA256(server key, purpose and UUID), 128 bits."""
    digest = hmac.digest(settings.TOKEN_KEY.encode(), purpose.encode() + b":" + uuid.bytes, "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode("ascii")


def token_fits(token: str, purpose: str, uuid: UUID) -> bool:
    """Whether this is that token, in a time that does not tell how much of it was right."""
    return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), token_for(purpose, uuid).encode("ascii"))


# The page's language is the active one: a letter is written with its own language in force.


def receipt_url(report: Report) -> str:
    """The public receipt."""
    return _whole(reverse("receipt", args=[report.code]))


def stop_url(report: Report) -> str:
    """The page with the one button; a POST to it stops at once (RFC 8058)."""
    return _whole(reverse("stop-messages", args=[report.code, token_for(STOP, report.uuid)]))


def answer_url(report: Report, answer: str) -> str:
    """The page that asks whether the place is clean; `answer` (“clean”, “dirty”) is marked there, and nothing is said by opening it."""
    return _whole(reverse("clean-answer", args=[report.code, token_for(ANSWER, report.uuid)])) + f"?answer={answer}"


def _whole(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
