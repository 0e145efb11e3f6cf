"""Entry on behalf: a member of the staff writes down what somebody reports by telephone or at the counter.

It goes through the same intake as every report. The number under which the other channel knows it (`external_ref`, such as that
of the 1022 line) makes the report's id, so the same number is never taken twice, whoever enters it and however often.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from django.conf import settings

from reports.clean_text import clean_text
from reports.intake import KeyTaken, Receipt, Submission, submit_report
from reports.models import Report
from reports.models.report import Channel

ENTERED = (Channel.PHONE, Channel.COUNTER)
LONGEST_REF = 40


class AlreadyEntered(Exception):
    """This number of the other channel, or this very form, was entered before with another content; `report` is what came of it."""

    def __init__(self, report: Report) -> None:
        super().__init__("entered before")
        self.report = report


def enter(submission: Submission) -> Receipt:
    """Take a report on behalf of somebody; the very same again gives the same receipt, with `created` False.

    Raises `Refused` as intake does, and `AlreadyEntered` for a number or form that is known with another content.
    """
    known = entered_with([ref]) if (ref := clean_ref(submission.external_ref)) else {}
    if known and known[ref].uuid != uuid_of(ref):
        raise AlreadyEntered(known[ref])
    return enter_new(submission)


def enter_new(submission: Submission) -> Receipt:
    """The same for a number of which the caller knows that nobody entered it by another way."""
    ref = clean_ref(submission.external_ref)
    try:
        return submit_report(replace(submission, external_ref=ref, uuid=uuid_of(ref) if ref else submission.uuid))
    except KeyTaken as taken:
        raise AlreadyEntered(taken.receipt.report) from None


def clean_ref(text: str) -> str:
    """A number of another channel as it is kept: without the spaces that one writes and another leaves out, in capitals."""
    return "".join(clean_text(text).split()).upper()


def entered_with(refs: Collection[str]) -> dict[str, Report]:
    """The reports that have these numbers, by number; of several the one that came first."""
    return {report.external_ref: report for report in Report.objects.filter(external_ref__in=refs).order_by("-pk")}


def uuid_of(ref: str) -> UUID:
    """The id of the report with this number. Keyed, so that who knows the number cannot tell the code of the receipt."""
    return UUID(bytes=hmac.digest(settings.TOKEN_KEY.encode(), b"entered:" + ref.encode(), hashlib.sha256)[:16], version=4)
