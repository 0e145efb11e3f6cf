"""Why an after-photo counts though nobody knows that it was taken close by: a few sentences to choose from, or one's own.

What was chosen is kept in words, in the city's language, with the visit and in the history of the case.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from reports.clean_text import clean_text

OTHER = "other"
MOST_LETTERS = 200

EXCEPTIONS = {
    "later": _("Taken on the spot, uploaded at the desk afterwards"),
    "no_position": _("The phone gave no position"),
    "wrong_position": _("The position of the phone or of the waste site is wrong, the place is right"),
    "from_afar": _("Nobody can come closer than 100 m: taken from afar"),
    OTHER: _("Another reason, in the note"),
}
FROM_A_PHONE = ("no_position", "wrong_position", "from_afar", OTHER)


def exception_in_words(chosen: str, note: str = "") -> str:
    """The sentence for a choice of a form, as it is kept; empty where nothing, or nothing known, was chosen."""
    if chosen == OTHER:
        return clean_text(note)[:MOST_LETTERS]
    with override(settings.LANGUAGE_CODE):
        return str(EXCEPTIONS.get(chosen, ""))
