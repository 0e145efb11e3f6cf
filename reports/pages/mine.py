"""What this phone keeps: the list of its reports, what waits to be sent, and the page for when there is no network.

The server knows none of it. These pages carry the words; the browser fills them in from its own storage.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from citylab.templatetags.words import named
from reports import codes
from reports.pages.receipts import EXAMPLE_CODE

WORKER = "build/service_worker.js"
# A new version of any of these is a new version of what the phone keeps of the site.
SHELL_SOURCES = ("citylab/static/css", "citylab/static/build", "citylab/templates/resident", "citylab/locale")
PAPER, SEA = "#ffffff", "#005a66"  # --paper and --sea of the style


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """“My reports”: a list that only this phone has, and the box for a code."""
    return render(request, "resident/mine.html", {"example_code": codes.grouped(EXAMPLE_CODE)})


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """What this phone has still to send, with what can be done about it."""
    return render(request, "resident/waiting.html")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What the service worker shows instead of a page that it does not have."""
    return render(request, "resident/offline.html")


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, told which pages make up the shell and which version this is."""
    found = finders.find(WORKER)
    source = Path(found).read_text("utf-8") if found else ""  # without a build the worker does nothing
    shell = json.dumps({**shell_addresses(), "version": shell_version()}, ensure_ascii=True, sort_keys=True)
    response = HttpResponse(f"self.SHELL = {shell};\n{source}", content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = "/"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to put the site on its home screen, in the reader's language."""
    with translation.override(translation.get_language_from_request(request)):
        city = named(settings.CITY)
        answer = {
            "name": f"{_('Report waste')} – {city} City Lab",
            "short_name": _("Report waste"),
            "description": _("Take a photo, send it in 25 seconds."),
            "lang": translation.get_language(),
            "id": "/",
            "start_url": reverse("home"),
            "scope": "/",
            "display": "minimal-ui",
            "background_color": PAPER,
            "theme_color": SEA,
            "icons": [
                {"src": static("icons/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
                {"src": static("icons/mark-192.png"), "sizes": "192x192", "type": "image/png"},
                {"src": static("icons/mark-512.png"), "sizes": "512x512", "type": "image/png"},
                {"src": static("icons/mark-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
            ],
            "shortcuts": [
                {"name": _("Report waste"), "url": reverse("report")},
                {"name": _("My reports"), "url": reverse("mine")},
            ],
        }
    response = JsonResponse(answer, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "public, max-age=86400"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def shell_addresses() -> dict[str, object]:
    """Addresses as the service worker uses them.

    `first`: pages kept when it is installed, in every language; `pages`: all that may be kept, once they were opened;
    `report`: those on which somebody may be writing; `offline`: [how addresses of a language begin, its page], the
    longest first; `leave`: how addresses begin that it never touches; `files`: how those of static files begin; `crew`: how
    those of crews' pages begin.
    """
    by_name: dict[str, list[str]] = {name: [] for name in ("home", "report", "waiting", "mine", "offline", "staff-home")}
    rounds = []
    offline_pages = []
    for language in settings.CITY.languages:
        with translation.override(language):
            for name, found in by_name.items():
                found.append(reverse(name))
            offline_pages.append((reverse("home"), reverse("offline")))
            rounds.append(reverse("crew", args=["x"]).removesuffix("x/"))
    return {
        "first": by_name["report"] + by_name["home"] + by_name["waiting"] + by_name["offline"],
        "pages": by_name["home"] + by_name["report"] + by_name["waiting"] + by_name["mine"] + by_name["offline"],
        "report": by_name["report"],
        "offline": sorted(offline_pages, key=lambda pair: -len(pair[0])),
        "leave": by_name["staff-home"],
        "files": settings.STATIC_URL,
        "crew": rounds,
    }


@cache
def shell_version() -> str:
    """A digest of everything that the shell is made of; the same as long as nothing of it changes."""
    total = hashlib.sha256()
    for folder in SHELL_SOURCES:
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.is_file() and path.suffix in (".css", ".js", ".html", ".mo"):
                total.update(str(path.relative_to(settings.BASE_DIR)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]
