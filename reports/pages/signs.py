"""The page behind a QR code: where this is, what is open here, and one big button."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from reports.geography.places import place_in_words
from reports.notices import notices_at
from reports.public_list.rows import page_rows
from reports.signs import known as signs


@require_safe
def sign(request: HttpRequest, code: str) -> HttpResponse:
    """One sign's place. A sign that is unknown or out of use still leads on."""
    found = signs.sign_of(code)
    if found is None:
        return render(request, "resident/sign.html", {"sign": None, "typed": code[:20]}, status=404)
    if code != found.code:
        return redirect("sign", code=found.code, permanent=True)
    now = timezone.now()
    cases = signs.near(found, now)
    rows = page_rows(cases, now)
    context = {
        "sign": found, "place": place_in_words(found.location), "notices": notices_at(found.location.x, found.location.y)[:3],
        "open": [row for row, case in zip(rows, cases, strict=True) if case.is_open],
        "done": [row for row, case in zip(rows, cases, strict=True) if not case.is_open],
        "report": f"{reverse('report')}?{urlencode({'sign': found.code})}",
        "proof": "?" + urlencode({"sign": found.code, "proof": signs.proof_of(found)}),
    }  # fmt: skip
    response = render(request, "resident/sign.html", context)
    response["Cache-Control"] = "no-store"  # it holds a proof of being here now
    return response
