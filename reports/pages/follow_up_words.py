"""Sentences for what could not be taken after a report was sent: what happened, what was kept, what to do next."""

from __future__ import annotations

from django.utils.translation import gettext as _

from citylab.templatetags.words import distance
from reports.follow_up import NotTaken


def why_not_taken(refusal: NotTaken) -> str:
    """The sentence for a NotTaken. Codes that nobody knows read as something that changed meanwhile."""
    facts = refusal.facts
    match refusal.code:
        case "nothing_said":
            return _("Write a few words first.")
        case "text_too_long":
            return _("The text has %(length)d letters; at most %(limit)d fit. Shorten it, then send it again.") % facts
        case "too_many_notes":
            return _("The report has %(limit)d notes already. Please call the hotline for more.") % facts
        case "too_many_requests":
            return _("There are %(limit)d open requests already. Please wait for the answers.") % facts
        case "withdrawn":
            return _("This report was withdrawn. Nothing can be added to it.")
        case "erased":
            return _("What was sent has been deleted on request. Nothing can be added to it.")
        case "too_late":
            return _("Answers are taken for %(days)d days after cleaning. If there is waste again, please report it anew.") % facts
        case "not_cleaned":
            return _("This place is not marked as cleaned at the moment, so there is nothing to answer.")
        case "too_far":
            return _("The phone is about %(distance)s away. Answers are taken within %(limit)d m of the place.") % {**facts, "distance": distance(facts["distance_m"])}
        case "too_vague":
            return _("The position is not precise enough. Go outside, switch on the precise position, then try again.")
        case "no_point":
            return _("Only the ward of this place is known, so only the people who reported it can answer.")
        case "no_proof":
            return _("Answering needs the phone’s position, or the QR sign at the place. Scan the sign again: it is good for two hours.")
        case "answered":
            return _("Somebody else was quicker: this request has been answered. Nothing was changed.")
    return _("Something has changed meanwhile. Open the page again.")
