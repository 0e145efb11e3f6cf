"""PUT /api/v1/reports/<id>/voice: the bytes of a voice note, sent by whoever holds the report's token."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from citylab.problems import problem
from reports.api import follow_up_schemas
from reports.api.uploads import announced_length, drain, report_of_bearer
from reports.api.views import ApiView
from reports.pages.voice_words import why_not_voice
from reports.voice import MAX_BYTES, VoiceRefused, receive_voice

STATUSES: dict[str, int] = {
    "empty": status.HTTP_422_UNPROCESSABLE_ENTITY,
    "too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "not_a_recording": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "voice_taken": status.HTTP_409_CONFLICT,
    "report_gone": status.HTTP_410_GONE,
    "disk_full": status.HTTP_507_INSUFFICIENT_STORAGE,
}
DRAINED = 4 * MAX_BYTES


class VoiceView(ApiView):
    """Takes the voice note of a report. The same bytes are the same note."""

    @extend_schema(**follow_up_schemas.SEND_VOICE)
    def put(self, request: Request, uuid: UUID) -> HttpResponse:
        stream = request._request
        try:
            report = report_of_bearer(request, uuid)
            length = announced_length(request)
            if length > MAX_BYTES:
                raise VoiceRefused("too_large", size=length, most=MAX_BYTES)
            note, created = receive_voice(report, stream.read(MAX_BYTES + 1))
        except VoiceRefused as refused:
            drain(stream, DRAINED)
            return problem(STATUSES[refused.code], _("The recording was not taken"), why_not_voice(refused.code), code=refused.code, **refused.facts)
        except (exceptions.APIException, Http404):
            drain(stream, DRAINED)
            raise
        except UnreadablePostError as error:
            raise exceptions.ParseError(_("The connection broke before the recording was complete. Send it again.")) from error
        answer = {"sha256": note.sha256, "size": note.size, "format": note.format}
        return Response(answer, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)
