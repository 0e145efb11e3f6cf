"""The words for what is stored on a case as a code."""

from django import template
from django.utils.translation import gettext as _

from citylab.templatetags.words import decimal
from reports import flood
from reports.casework import sources_of
from reports.models.report import Amount, Problem

register = template.Library()


@register.filter
def problem_words(code: str) -> str:
    """“dumped waste” for `dump`; a code that is no longer known stays as it is."""
    return str(Problem(code).label) if code in Problem.values else code


@register.filter
def amount_words(code: str) -> str:
    """“a cart” for `cart`."""
    return str(Amount(code).label) if code in Amount.values else code


@register.filter
def coordinate(degrees: float) -> str:
    """Degrees as every map takes them, to a metre: 16.05500, whatever the page's language."""
    return f"{degrees:.5f}"


@register.filter
def in_work(status: str) -> bool:
    """Whether a case in this state can be given to a team."""
    return status in sources_of("assign")


@register.filter
def held_words(reason: str) -> str:
    """Why a report waits for a look, as a sentence."""
    return {
        flood.DEVICE: _("This phone sent very many reports within an hour or a day."),
        flood.PLACE: _("Very many reports came from this place within an hour, from few phones."),
        flood.PHOTO: _("The very same photo came before, from another place or another phone."),
    }.get(reason, "")


@register.filter
def metres(distance: float) -> str:
    """A distance as people say it: 12 m, 1,4 km, 32 km."""
    if distance < 1000:
        return f"{decimal(distance, 0)} m"
    return f"{decimal(distance / 1000, 1 if distance < 10_000 else 0)} km"
