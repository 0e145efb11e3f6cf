"""What is answered when something goes wrong: a page for people, a problem document for programs."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from citylab.problems import problem

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 when more was sent than is read into memory."""
    if isinstance(exception, TOO_MUCH):
        return _answer(request, 413, _("That was too much at once"))
    return _answer(request, 400, _("The site could not read this"))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, _("This page is not for this account"))


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, _("There is no such page"))


def server_error(request: HttpRequest) -> HttpResponse:
    """500. When even the page cannot be drawn, one plain sentence is."""
    title = _("Something broke on our side")
    try:
        return _answer(request, 500, title)
    except Exception:  # the fault may lie in what draws the page: a missing file, a database that is away
        return HttpResponse(f"<!doctype html><title>{title}</title><p>{title}", status=500)


def _answer(request: HttpRequest, status: int, title: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return problem(status, title)
    return render(request, f"{status}.html", status=status)
