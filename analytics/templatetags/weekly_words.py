"""How the page of an edition shows its frozen figures: names, numbers, and the rows behind each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from analytics.weekly import words
from citylab.templatetags.words import decimal

register = template.Library()

SHARES = ("on_time_share",)


@register.filter
def figure_name(key: str) -> str:
    return words.label(key)


@register.filter
def figure_meaning(key: str) -> str:
    return words.meaning(key)


@register.filter
def figure_value(value: float | None, key: str) -> str:
    """A count, or a share in per cent; a dash where there was nothing to count."""
    if value is None:
        return "–"
    return f"{decimal(value * 100, 0)} %" if key in SHARES else decimal(value, 0)


@register.filter
def figure_mean(value: float | None, key: str) -> str:
    """A mean of counts with one decimal, or of shares in per cent."""
    if value is None:
        return "–"
    return figure_value(value, key) if key in SHARES else decimal(value, 1)


@register.filter
def rows_address(figure: Mapping[str, Any]) -> str:
    """Where the rows behind a figure are listed."""
    try:
        page = reverse(figure.get("page") or "cases")
    except NoReverseMatch:  # an edition of an older version
        page = reverse("cases")
    return f"{page}?{figure.get('query', '')}"


@register.filter
def cells_of(line: Mapping[str, Any], names: tuple[str, ...]) -> list[tuple[str, Any]]:
    """The figures of one line of the table by unit, in the order of its columns."""
    return [(name, line.get(name)) for name in names]


@register.filter
def top_items(figures: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The kinds of waste. (A template would take `.items` for the method of a dictionary.)"""
    return list(figures["items"])


@register.filter
def item_name(item: Mapping[str, Any]) -> str:
    own = get_language() == settings.LANGUAGE_CODE
    return str(item.get("name") if own else item.get("name_en") or item.get("name") or item.get("key"))
