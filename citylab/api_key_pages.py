"""The page of partners' keys, for administrators: make one, see when each was last used, end one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from citylab import api_keys
from citylab.exports import asked_for
from citylab.models import ApiKey
from reports.clean_text import clean_text

COLUMNS = ("name", "start", "created_at", "created_by", "used_at", "revoked_at")
LONGEST = 80


@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """All keys, those in use first. A new one is shown on this page once, and never again."""
    fault, made, name = "", "", ""
    if request.method == "POST":
        name = clean_text(request.POST.get("name", "")).replace("\n", " ")
        if not name or len(name) > LONGEST:
            fault = _("Say in at most 80 letters whose key it is and what for.")
        else:
            _key, made = api_keys.make(name, request.user)
    rows = ApiKey.objects.select_related("created_by").order_by("-revoked_at", "name", "pk")  # PostgreSQL puts nulls first in descending order
    data = asked_for(request, "api-keys", COLUMNS, rows.values_list("name", "start", "created_at", "created_by__username", "used_at", "revoked_at"))
    if data is not None and request.method != "POST":
        return data
    context = {"keys": rows, "fault": fault, "made": made, "name": name, "typed": name if fault else ""}
    response = render(request, "accounts/api_keys.html", context, status=422 if fault else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke(request: HttpRequest, row: int) -> HttpResponse:
    """End a key: the next request with it is refused."""
    key = get_object_or_404(ApiKey, pk=row)
    if api_keys.revoke(key.pk):
        messages.success(request, _("The key “%(name)s” no longer opens anything.") % {"name": key.name})
    return redirect("api-keys")
