"""A row of the queue as HTML, by itself no template: a page has fifty rows of forty parts each, and the template engine took a sixth
of the page's time for them."""

from __future__ import annotations

import html
from collections.abc import Collection

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from citylab.templatetags.words import icon
from reports.models import Case

_ROW = (
    '<li id="row-{code}" class="item{classes}" data-code="{code}" data-version="{version}"{point}{apart}>{choice}'
    '<a class="row" href="{here}case={code}#drawer"{current}>{photo}<span class="words">'
    '<span class="head"><b>{place}</b>{likely}</span><span>{kind}{level}{state}</span>'
    '<span class="facts"><span class="{pressure}">{deadline}</span>{old}</span>{hands}</span></a>{pair}</li>'
)
_CHOICE = (
    '<input type="checkbox" form="bulk" name="case" value="{code}" aria-label="{choose} {code}"{checked}>'
    '<input type="hidden" form="bulk" name="seen" value="{code}:{version}">'
)
_NOTHING, _CHECKED, _CURRENT, _APART = (mark_safe(words) for words in ("", " checked", ' aria-current="true"', ' hx-swap-oob="true"'))


class RowWriter:
    """Writes rows that have much in common. Each case was dressed before, and has its likely duplicates.

    back: the query to which a row comes back; opened: the code whose detail is shown; chosen: the codes that are ticked; acted: the rows
    tell what was just done; apart: they are swapped into a page that is there already.
    """

    def __init__(self, back: str, *, may_act: bool, opened: str = "", chosen: Collection[str] = (), acted: bool = False, apart: bool = False) -> None:
        self.here = f"{reverse('queue')}?{back}&" if back else f"{reverse('queue')}?"
        self.may_act, self.opened, self.chosen, self.acted, self.apart = may_act, opened, chosen, acted, apart
        self.choose, self.no_photo = _("Choose"), _filled('<span class="thumb" aria-hidden="true">{}</span>', icon("bag"))

    def write(self, case: Case) -> SafeString:
        """One row."""
        on = case.code == self.opened
        return _filled(
            _ROW, code=case.code, version=case.version, classes=(" on" if on else "") + (" acted" if self.acted else ""),
            point=_filled(' data-lon="{}" data-lat="{}"', case.east, case.north) if case.east else _NOTHING,
            apart=_APART if self.apart else _NOTHING, choice=self._choice(case), here=self.here, current=_CURRENT if on else _NOTHING,
            photo=_filled('<img src="{}" alt="" width="56" height="56" loading="lazy">', case.photo_url) if case.photo_url else self.no_photo,
            place=case.place, likely=_likely(case), kind=case.kind,
            level=_filled(' · <span class="priority-{}">{}</span>', case.priority, case.level) if case.level else _NOTHING,
            state="" if self.acted else f" · {case.state}", pressure=case.pressure, deadline=case.deadline, old=case.old,
            hands=self._hands(case), pair=_pair(case),
        )  # fmt: skip

    def _choice(self, case: Case) -> SafeString:
        if not self.may_act:
            return _NOTHING
        checked = _CHECKED if case.code in self.chosen else _NOTHING
        return _filled(_CHOICE, code=case.code, choose=self.choose, checked=checked, version=case.version)

    def _hands(self, case: Case) -> SafeString:
        done = [f"✓ {capfirst(case.state)}"] if self.acted else []
        words = " · ".join([*done, *([case.hands] if case.hands else [])])
        return _filled('<span class="state">{}</span>', words) if words else _NOTHING


def _filled(form: str, *parts: object, **named: object) -> SafeString:
    """As `django.utils.html.format_html`, for parts that are words or numbers by now: what may be words yet to be translated, or an
    object with HTML of its own, is asked of each part there, and a page has two thousand."""
    return mark_safe(form.format(*map(_escaped, parts), **{name: _escaped(part) for name, part in named.items()}))


def _escaped(part: object) -> str:
    return part if type(part) is SafeString else html.escape(str(part))


def _likely(case: Case) -> SafeString:
    """How many likely duplicates, where nobody may open the pair."""
    return _filled(' <span class="likely small">{}</span>', case.likely_words) if case.likely_words and not case.compare_url else _NOTHING


def _pair(case: Case) -> SafeString:
    if not case.compare_url:
        return _NOTHING
    return _filled('<a class="likely small" href="{}">{}<span class="hidden-visually"> {}</span></a>', case.compare_url, case.likely_words, case.code)
