"""What photos and voice notes share: the bearer of a report's token puts bytes whose size is announced."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.request import Request

from reports.codes import token_opens
from reports.models import Report


class LengthRequired(exceptions.APIException):
    """The size of the body is not announced, so it cannot be refused in time."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = gettext_lazy("Say the size of the file in Content-Length.")
    default_code = "length_required"


class TokenNeeded(exceptions.APIException):
    """No token, or not this report's."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = gettext_lazy("Send the report's token as “Authorization: Bearer …”. It is the last part of secret_url.")
    default_code = "token_needed"
    auth_header = 'Bearer realm="report"'


class ReportGone(exceptions.APIException):
    """The report was withdrawn or erased: sending again will not help."""

    status_code = status.HTTP_410_GONE
    default_detail = gettext_lazy("This report was withdrawn or deleted. Nothing can be added to it.")
    default_code = "report_gone"


def announced_length(request: Request) -> int:
    """Bytes of the body, as announced. Raises LengthRequired."""
    try:
        return int(request.META["CONTENT_LENGTH"])
    except (KeyError, ValueError) as error:
        raise LengthRequired from error


def report_of_bearer(request: Request, uuid: UUID) -> Report:
    """The report, if the token is its own. The token follows from the id, so a wrong one never tells whether the report exists.

    Raises TokenNeeded, NotFound while the report has not arrived, or ReportGone after it was withdrawn or erased.
    """
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token_opens(token.strip(), uuid):
        raise TokenNeeded
    report = Report.objects.filter(uuid=uuid).first()
    if report is None:
        raise exceptions.NotFound(_("This report has not arrived yet. Send the report first, then its photos."))
    if report.withdrawn_at or report.redacted_at:
        raise ReportGone
    return report


def drain(stream: Any, most: int) -> None:
    """Read on for a while and forget it: a phone that still sends does not read the answer."""
    left = most
    try:
        while left > 0 and (part := stream.read(min(left, 1 << 18))):
            left -= len(part)
    except (OSError, UnreadablePostError):
        pass
