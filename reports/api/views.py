"""What every address of the API has in common: no cookie, the reader's language, and errors as problem documents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import status
from rest_framework.exceptions import APIException, NotAcceptable, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from citylab import api_keys
from reports.api.filters import MOST_ROWS

PARTNER_ROWS = 10_000  # of a page, for who has a key


class KeyUnknown(APIException):
    """A partner's key that nobody has."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = gettext_lazy("This key is not known, or was revoked. Ask the city for another one, or leave it out.")
    default_code = "key_unknown"
    auth_header = "Bearer"


class TooMuch(APIException):
    """More was sent than is read."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("That was too much at once")
    default_code = "too_large"


class ApiView(APIView):
    """A view of the API. Nothing is bound to a cookie, so nobody is signed in and no CSRF token is asked for.

    A partner's key (`citylab/api_keys.py`) is for reading: `most_rows` is then ten times as many.
    """

    authentication_classes = ()
    most_rows = MOST_ROWS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # The site takes the language from the path, and these paths have none.
        asked = request.query_params.get("lang", "")
        known = asked in settings.CITY.languages
        translation.activate(asked if known else translation.get_language_from_request(request))
        try:
            key = api_keys.key_of(request)
        except api_keys.UnknownKey as error:
            raise KeyUnknown from error
        if key and request.method not in SAFE_METHODS:
            raise PermissionDenied(_("A partner’s key is for reading only. Nothing was kept; send it without the key."))
        if key:
            self.most_rows = PARTNER_ROWS
        super().initial(request, *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        if not force and request.query_params.get("format") == "":  # DRF takes it for none
            raise NotAcceptable
        try:
            return super().perform_content_negotiation(request, force)
        except Http404 as error:  # how DRF says that it does not know the ?format=
            raise NotAcceptable from error

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        # A problem is JSON, also where GeoJSON or CSV was asked for, or where nothing fitted what was asked for.
        self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return response
