"""Errors of the API as problem details (RFC 9457): what happened, what was kept, what to do next."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

CONTENT_TYPE = "application/problem+json"


def problem(status_code: int, title: str, detail: str = "", **members: object) -> JsonResponse:
    """One problem document. `members` are extension members such as `errors` or `receipt`."""
    body = {"type": "about:blank", "title": title, "status": status_code}
    if detail:
        body["detail"] = detail
    return JsonResponse({**body, **members}, status=status_code, content_type=CONTENT_TYPE)


def problem_handler(exc: Exception, context: dict) -> Response | None:
    """DRF's exception handler: every error leaves the API as a problem document."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    body: dict[str, object] = {
        "type": "about:blank",
        "title": exc.default_detail if isinstance(exc.default_detail, str) else str(exc.default_detail),
        "status": exc.status_code,
    }
    if isinstance(exc.detail, (dict, list)):
        body["errors"] = exc.detail
    elif str(exc.detail) != body["title"]:
        body["detail"] = str(exc.detail)
    body["title"] = str(body["title"])
    headers = {}
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(exc.wait))
    if exc.status_code == status.HTTP_401_UNAUTHORIZED and getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header
    return Response(body, status=exc.status_code, headers=headers, content_type=CONTENT_TYPE)
