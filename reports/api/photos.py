"""PUT /api/v1/reports/<id>/photos/<n>: the bytes of one photo, sent by whoever holds the report's token."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from citylab.problems import problem
from reports.api import schemas
from reports.api.uploads import announced_length, drain, report_of_bearer
from reports.api.views import ApiView
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
    receiving.ReportGone: status.HTTP_410_GONE,
    receiving.DiskFull: status.HTTP_507_INSUFFICIENT_STORAGE,
}
DRAINED = 4 * MAX_BYTES  # a phone that still sends does not read the answer; a little patience lets it hear why


class PhotoView(ApiView):
    """Takes a photo of a report. The same bytes at the same position are the same photo."""

    @extend_schema(**schemas.SEND_PHOTO)
    def put(self, request: Request, uuid: UUID, position: int) -> HttpResponse:
        stream = request._request
        try:
            report = report_of_bearer(request, uuid)
            length = announced_length(request)
            if length > MAX_BYTES:
                raise receiving.TooLarge(size=length, most=MAX_BYTES)
            photo, created = receiving.receive_photo(report, position, receiving.read_body(stream))
        except receiving.PhotoRefused as refused:
            drain(stream, DRAINED)
            return problem(STATUSES[type(refused)], _("The photo was not taken"), why_not(refused.code), code=refused.code, **refused.facts)
        except (exceptions.APIException, Http404):
            drain(stream, DRAINED)
            raise
        except UnreadablePostError as error:
            raise exceptions.ParseError(_("The connection broke before the photo was complete. Send it again.")) from error
        answer = {"position": photo.position, "sha256": photo.original_sha256, "state": photo.state}
        return Response(answer, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)
