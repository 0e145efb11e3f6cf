"""The sentences for what `reports.rules` refuses: what is wrong, and what to do next. The only place that words them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from reports.rules import Refusal

Facts = dict[str, Any]


def _number(value: float, decimals: int = 0) -> str:
    """A number as the reader's language writes it."""
    return number_format(value, decimal_pos=decimals, use_l10n=True, force_grouping=True)


def _outside(facts: Facts) -> str:
    distance = math.floor(facts["distance_m"] / 1000)  # far away only a lower bound is known
    return _(
        "This place lies more than %(distance)s km outside %(city)s. Reports are taken up to %(margin)s km from the city's outline. "
        "Move the point, or tell the authorities there."
    ) % {
        "distance": _number(distance),
        "city": settings.CITY.named(settings.CITY, get_language() or settings.LANGUAGE_CODE),
        "margin": _number(facts["margin_m"] / 1000),
    }


def _waste(facts: Facts) -> str:
    codes = facts["codes"]
    return ngettext(
        "This kind of waste is not known: %(codes)s. Choose from the list.",
        "These kinds of waste are not known: %(codes)s. Choose from the list.",
        len(codes),
    ) % {"codes": ", ".join(code[:40] for code in codes[:5])}


SENTENCES: dict[str, Callable[[Facts], str]] = {
    "place_missing": lambda facts: _("The place is missing. Mark it on the map, choose a place, or choose a ward or commune."),
    "place_unreadable": lambda facts: _("This is not a position on Earth. Longitude comes first, from -180 to 180, then latitude, from -90 to 90."),
    "place_unknown": lambda facts: _("There is no place with the code “%(place)s”. Choose one from the list or mark it on the map.") % {"place": facts["place"][:60]},
    "area_unknown": lambda facts: _("There is no area with the code “%(area)s”. Choose one from the list.") % {"area": facts["area"][:60]},
    "area_missing": lambda facts: _("No area is known for this place. Mark the place on the map, or choose an area from the list."),
    "outside": _outside,
    "accuracy_unreadable": lambda facts: _("The accuracy must be a number of metres, 0 or more."),
    "source_unknown": lambda facts: _("It is not known where this position comes from. Use one of the values in the documentation, or leave it out."),
    "time_missing": lambda facts: _("The time is missing. Give the day and the time at which the waste was seen."),
    "time_ahead": lambda facts: _("This time is more than 24 hours ahead. Check the date and the clock of the phone, then send again."),
    "time_too_old": lambda facts: _("This time is before 1970. Check the date and the clock of the phone, then send again."),
    "channel_unknown": lambda facts: _("This way of sending is not known. Leave it out, or use one of the values in the documentation."),
    "problem_unknown": lambda facts: _("This kind of problem is not known. Choose litter, dumped waste, burning waste or uncollected waste."),
    "amount_unknown": lambda facts: _("This amount is not known. Choose a bag, a cart, a truck, or “not sure”."),
    "waste_unknown": _waste,
    "text_too_long": lambda facts: _("The note has %(length)s characters; at most %(limit)s are kept. Shorten it, then send again.")
    % {"length": _number(facts["length"]), "limit": _number(facts["limit"])},
    "photos_out_of_range": lambda facts: _("From 0 to %(limit)s photos can be sent with one report.") % {"limit": facts["limit"]},
    "nothing_said": lambda facts: _("Add a photo or a few words, so that the waste can be found."),
    "case_unknown": lambda facts: _("There is no case with the code “%(code)s”. Check the code, or leave it out.") % {"code": facts["code"][:60]},
    "id_missing": lambda facts: _("The report needs an id: a UUID made on the phone, the same each time the report is sent again."),
    "id_taken": lambda facts: _("Another report already has the code that belongs to this id. Send the report again with a new id."),
    "consent_missing": lambda facts: _("Contact details are kept only with consent. Tick the consent, or remove the contact details."),
    "purpose_unknown": lambda facts: _("Contact details are not kept for this: %(purposes)s. Use the purposes in the documentation.") % {"purposes": ", ".join(purpose[:40] for purpose in facts["purposes"][:5])},
    "contact_unreadable": lambda facts: _("Give a phone number or an e-mail address, at most 200 characters each."),
    "phone_unreadable": lambda facts: _("This is not a phone number. Use digits, spaces and a plus sign."),
    "email_unreadable": lambda facts: _("This is not an e-mail address. Check it for a missing @ or a space."),
    "wrong_type": lambda facts: _("This value has the wrong form; expected: %(expected)s.") % {"expected": facts["expected"]},
}


def sentence(refusal: Refusal) -> str:
    """One reason as a sentence in the active language."""
    return SENTENCES[refusal.code](refusal.facts)


def sentences(refusals: Iterable[Refusal]) -> dict[str, list[str]]:
    """The sentences of each field, in the order of the form."""
    found: dict[str, list[str]] = {}
    for refusal in refusals:
        found.setdefault(refusal.field, []).append(sentence(refusal))
    return found
