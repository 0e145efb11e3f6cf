"""Where a letter to the staff leads to stop them: one button, without signing in. Opening the page changes nothing."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from citylab.models import Member
from reports.notifications.staff_wording import stop_token_fits
from reports.pages.messages import ONE_CLICK


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: HttpRequest, member: int, token: str) -> HttpResponse:
    """Stop the letters of a member, or let them come again. A mail program's one-click POST is answered 200 (RFC 8058)."""
    found = Member.objects.filter(pk=member, is_active=True).first() if member < 2**63 else None
    if found is None or not stop_token_fits(token, member):
        raise Http404
    if request.method == "POST":
        found.wants_digest = bool(request.POST.get("again"))
        found.save(update_fields=["wants_digest"])
        if ONE_CLICK not in request.POST:
            return _private(redirect(request.path))
    return _private(render(request, "accounts/letters_stopped.html", {"member": found}))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
