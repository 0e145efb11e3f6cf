"""PUT /api/v1/reports/<id>/photos/<n>: the bytes of one photo, sent by whoever holds the report's token."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from citylab.problems import problem
from reports.api import schemas
from reports.api.views import ApiView
from reports.codes import token_opens
from reports.models import Report
from reports.pages.photo_words import why_not
from reports.photos import receiving
from reports.photos.limits import MAX_BYTES

STATUSES: dict[type[receiving.PhotoRefused], int] = {
    receiving.BadPosition: status.HTTP_422_UNPROCESSABLE_ENTITY,
    receiving.PositionTaken: status.HTTP_409_CONFLICT,
    receiving.TooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    receiving.NotAPhoto: status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    receiving.TooManyPixels: status.HTTP_422_UNPROCESSABLE_ENTITY,
    receiving.TooManyScans: status.HTTP_422_UNPROCESSABLE_ENTITY,
    receiving.Damaged: status.HTTP_422_UNPROCESSABLE_ENTITY,
    receiving.ReportGone: status.HTTP_404_NOT_FOUND,
    receiving.DiskFull: status.HTTP_507_INSUFFICIENT_STORAGE,
}
DRAINED = 4 * MAX_BYTES  # a phone that still sends does not read the answer; a little patience lets it hear why


class PhotoView(ApiView):
    """Takes a photo of a report. The same bytes at the same position are the same photo."""

    @extend_schema(**schemas.SEND_PHOTO)
    def put(self, request: Request, uuid: UUID, position: int) -> HttpResponse:
        stream = request._request
        try:
            report = _report_of(request, uuid)
            length = _length(request)
            if length > MAX_BYTES:
                raise receiving.TooLarge(size=length, most=MAX_BYTES)
            photo, created = receiving.receive_photo(report, position, receiving.read_body(stream))
        except receiving.PhotoRefused as refused:
            _drain(stream)
            return problem(STATUSES[type(refused)], _("The photo was not taken"), why_not(refused.code), code=refused.code, **refused.facts)
        except (exceptions.APIException, Http404):
            _drain(stream)
            raise
        except UnreadablePostError as error:
            raise exceptions.ParseError(_("The connection broke before the photo was complete. Send it again.")) from error
        answer = {"position": photo.position, "sha256": photo.original_sha256, "state": photo.state}
        return Response(answer, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)


class LengthRequired(exceptions.APIException):
    """The size of the body is not announced, so it cannot be refused in time."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = gettext_lazy("Say the size of the photo in Content-Length.")
    default_code = "length_required"


class TokenNeeded(exceptions.APIException):
    """No token, or not this report's."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = gettext_lazy("Send the report's token as “Authorization: Bearer …”. It is the last part of secret_url.")
    default_code = "token_needed"
    auth_header = 'Bearer realm="report"'


def _length(request: Request) -> int:
    try:
        return int(request.META["CONTENT_LENGTH"])
    except (KeyError, ValueError) as error:
        raise LengthRequired from error


def _report_of(request: Request, uuid: UUID) -> Report:
    """The report, if the token is its own. The token follows from the id, so a wrong one never tells whether the report exists."""
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token_opens(token.strip(), uuid):
        raise TokenNeeded
    report = Report.objects.filter(uuid=uuid, withdrawn_at=None).first()
    if report is None:
        raise exceptions.NotFound(_("This report has not arrived yet. Send the report first, then its photos."))
    return report


def _drain(stream: Any) -> None:
    """Read on for a while and forget it."""
    left = DRAINED
    try:
        while left > 0 and (part := stream.read(min(left, 1 << 18))):
            left -= len(part)
    except (OSError, UnreadablePostError):
        pass
