"""What search engines may read, and where it is."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import override
from django.views.decorators.http import require_safe

from reports.public_list.units import units_today, with_slugs

PAGES = ("home", "report", "city-map", "units", "figures", "sorting", "help", "about", "privacy", "accessibility")
KEPT_OUT = ("staff-home", "sign-in", "waiting", "mine", "offline", "my-data")  # nothing there for a stranger to find
A_DAY = 86_400


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt. It keeps nothing secret: what is secret has an address that nobody can guess."""
    lines = ["User-agent: *"]
    for code, _name in settings.LANGUAGES:
        with override(code):
            lines += [f"Disallow: {reverse(name)}" for name in KEPT_OUT]
    lines += ["Disallow: /api/", "", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return _for_a_day(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """sitemap.xml: the pages for everybody and one for each unit, each with its other languages."""
    wanted = [(name, ()) for name in PAGES] + [("unit", (slug,)) for slug in with_slugs(list(units_today()))]
    pages = []
    for name, arguments in wanted:
        addresses = []
        for code, _name in settings.LANGUAGES:
            with override(code):
                addresses.append((code, settings.SITE_URL + reverse(name, args=arguments)))
        pages += [(address, addresses) for _code, address in addresses]
    return _for_a_day(render(request, "sitemap.xml", {"pages": pages}, content_type="application/xml"))


def _for_a_day(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=A_DAY)
    return response
