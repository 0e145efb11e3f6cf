"""How pages say dates, weeks, numbers and names: in the page's language, from the city's own data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from html import escape

from django import template
from django.conf import settings
from django.template.loader import select_template
from django.urls import translate_url
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.numberformat import format as written
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def day(value: date | datetime | None) -> str:
    """A day: 21/11/2026 in Vietnamese, 21 Nov 2026 in English."""
    return _formatted(value, pgettext("date format: day", "j M Y"))


@register.filter
def short_day(value: date | datetime | None) -> str:
    """A day of this year: 21/11, or 21 Nov."""
    return _formatted(value, pgettext("date format: short day", "j M"))


@register.filter
def moment(value: datetime | None) -> str:
    """A moment: 21/11/2026 16:42, or 21 Nov 2026, 16:42."""
    return _formatted(value, pgettext("date format: moment", "j M Y, H:i"))


@register.filter
def short_moment(value: datetime | None) -> str:
    """A moment of this year: 21/11, 16:42, or 21 Nov, 16:42."""
    return _formatted(value, pgettext("date format: short moment", "j M, H:i"))


@register.filter
def last_day(due_at: datetime | None) -> str:
    """The last day of a deadline. It is stored as the moment at which it has passed: midnight after that day."""
    return day(due_at - timedelta(microseconds=1)) if due_at else ""


def _formatted(value: date | datetime | None, pattern: str) -> str:
    if not value:
        return ""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return date_format(value, pattern)


@register.filter
def week_number(monday: date | None) -> str:
    """The ISO label of a week as addresses write it: 2026-W47."""
    if not monday:
        return ""
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"


@register.filter
def week_days(monday: date | None) -> str:
    """The days of a week: 16–22/11/2026, or 16–22 Nov 2026; months and years are named once where they are one."""
    if not monday:
        return ""
    sunday = monday + timedelta(days=6)
    if monday.month == sunday.month:
        first = pgettext("date format: day of the month", "j")
    elif monday.year == sunday.year:
        first = pgettext("date format: short day", "j M")
    else:
        first = pgettext("date format: day", "j M Y")
    return f"{date_format(monday, first)}–{day(sunday)}"


@register.filter
def week(monday: date | None) -> str:
    """A week in words: Tuần 47 (16–22/11/2026)."""
    if not monday:
        return ""
    return _("Week %(number)s (%(days)s)") % {"number": monday.isocalendar()[1], "days": week_days(monday)}


@register.filter
def decimal(value: float | None, places: int = 1) -> str:
    """A number with the separators of the page's language: 12.345,6 in Vietnamese."""
    return "" if value is None else _number(value, places)


@register.filter
def distance(metres: float) -> str:
    """A distance as people say it: 120 m, 1,3 km, 13 km."""
    if metres < 1000:
        return f"{round(metres)} m"
    return f"{_number(metres / 1000, 0 if metres >= 10_000 else 1)} km"


@register.filter
def times(value: float | None) -> str:
    """How many times as many: 3,4×. From ten on whole, since the decimals would claim too much."""
    return "" if value is None else _number(value, 0 if value >= 10 else 1) + "×"


@register.filter
def small(value: float | None) -> str:
    """A p- or q-value in a table: two significant digits or so, and “<0,0001” below that."""
    if value is None:
        return ""
    return _few_digits(value) if value >= LEAST else f"<{_number(LEAST, 4)}"


@register.filter
def is_small(value: float | None) -> str:
    """A p- or q-value in a sentence, with its sign: “= 0,0004”, “< 0,0001”."""
    if value is None:
        return ""
    return f"=\u00a0{_few_digits(value)}" if value >= LEAST else f"<\u00a0{_number(LEAST, 4)}"


LEAST = 0.0001  # smaller probabilities than this say nothing more to anybody


def _few_digits(value: float) -> str:
    return _number(value, 4 if value < 0.01 else 3 if value < 0.1 else 2)


def _number(value: float, places: int) -> str:
    """Grouped by thousands in every language; Django has no grouping for Vietnamese."""
    return written(
        round(value, places), get_format("DECIMAL_SEPARATOR"), places, grouping=3,
        thousand_sep=get_format("THOUSAND_SEPARATOR"), force_grouping=True,
    )  # fmt: skip


@register.filter
def size(value: int | None) -> str:
    """A file's size: 12 kB, 3,4 MB."""
    if value is None:
        return ""
    return f"{_number(value / 1e6, 1)} MB" if value >= 1e6 else f"{max(1, round(value / 1e3))} kB"


@register.filter
def named(row: object, field: str = "name") -> str:
    """The name of a row (of the database or of the city pack) in the page's language."""
    if row is None:
        return ""
    if get_language() != settings.LANGUAGE_CODE and getattr(row, f"{field}_en", ""):
        return str(getattr(row, f"{field}_en"))
    return str(getattr(row, field))


@register.filter
def receipt_code(code: str) -> str:
    """A code grouped for reading: DN 7K4QX 29MWB."""
    return f"{settings.CITY.receipt_prefix} {code[:5]} {code[5:]}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of 24 × 24, hidden from screen readers: the words beside it say the same."""
    return mark_safe(_drawing(name))  # our own files


@cache
def _drawing(name: str) -> str:
    return select_template([f"icons/{name}.svg", "icons/unknown.svg"]).render().strip()


@register.simple_tag
def options(choices: Iterable[Sequence[object]], chosen: object = None, *, capital: bool = False) -> SafeString:
    """The options of a select from (value, words, ...), that of `chosen` selected. capital: the words begin with a capital letter."""
    rows = ((str(value), str(words)) for value, words, *_rest in choices)
    now = str(chosen)
    return mark_safe("".join(
        f'<option value="{escape(value)}"{" selected" if value == now else ""}>{escape(words[:1].upper() + words[1:] if capital else words)}</option>'
        for value, words in rows
    ))  # fmt: skip


@register.simple_tag(takes_context=True)
def other_languages(context: template.Context) -> list[dict[str, str]]:
    """The same page in the other languages: code, name, address."""
    request = context.get("request")
    if request is None:
        return []
    here, now = request.get_full_path(), get_language()
    return [
        {"code": code, "name": name, "url": translate_url(here, code)} for code, name in settings.LANGUAGES if code != now
    ]


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """The page's own query string with some of it changed: the state of a list lives in its address."""
    wanted = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            wanted.pop(name, None)
        else:
            wanted[name] = str(value)
    return "?" + wanted.urlencode() if wanted else "?"
