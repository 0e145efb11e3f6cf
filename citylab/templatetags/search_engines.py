"""What search engines are told of a page that they may list: its one address, and the same page in the other languages."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.urls import reverse, translate_url
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# Pages that may be listed. Receipts, steps with a draft and whatever carries a secret are not among them.
LISTED = frozenset({
    "home", "report", "city-map", "units", "unit", "figures", "spot", "privacy", "sorting", "help", "accessibility", "about",
})  # fmt: skip
# One resident's own steps: to a search engine they are the page on which everybody begins.
STEPS = frozenset({"report-photo", "report-place", "report-kind", "report-nearby", "report-send"})


@register.simple_tag(takes_context=True)
def page_addresses(context: template.Context) -> SafeString | str:
    """The links `canonical` and `alternate` of a listed page, without its query; `canonical` of a step; nothing for any other."""
    request = context.get("request")
    match = request and request.resolver_match
    if match and match.view_name in STEPS:
        return format_html('<link rel="canonical" href="{}">\n', settings.SITE_URL + reverse("report"))
    if not match or match.view_name not in LISTED:
        return ""
    links = [(code, settings.SITE_URL + translate_url(request.path, code)) for code, _name in settings.LANGUAGES]
    own = next(address for code, address in links if code == settings.LANGUAGE_CODE)
    return format_html(
        '<link rel="canonical" href="{}">\n{}',
        settings.SITE_URL + request.path,
        format_html_join("", '<link rel="alternate" hreflang="{}" href="{}">\n', [*links, ("x-default", own)]),
    )
