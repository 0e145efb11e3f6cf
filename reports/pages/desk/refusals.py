"""Sentences for a verb that was not done: what happened, that nothing was changed, what to do next."""

from __future__ import annotations

from collections.abc import Collection

from django.http import QueryDict
from django.utils.translation import gettext as _

from citylab.templatetags.words import moment
from reports import casework
from reports.models import CaseEvent
from reports.pages.coordinates import example_point
from reports.pages.desk.kept_photos import PhotosRefused
from reports.pages.photo_words import why_not
from reports.photos.receiving import PhotoRefused

TYPED = ("reason", "note", "text", "waits_for")  # fields of sentences in the desk's forms


def why_not_done(refusal: casework.NotDone | PhotoRefused) -> str:
    """The sentence for a refusal of casework, or of a photo that came with it."""
    match refusal:
        case PhotoRefused():
            return why_not(refusal.code)
        case PhotosRefused():
            return " ".join(refusal.sentences)
        case casework.NotAllowed():
            return _("This account may not do that. Nothing was changed.")
        case casework.Stale():
            return _stale(refusal)
        case casework.NotPossible():
            return _("Somebody else was quicker: the case has changed meanwhile. Look at its history, then try again.")
        case casework.TooLate():
            return _("It is too late to take this back: more than a minute has passed, or somebody went on from it.")
        case casework.Missing():
            return _missing(refusal.what)
    return _("This page cannot do that. Nothing was changed.")


def left_over(form: QueryDict, verbs: Collection[str]) -> str:
    """What was typed into the form of a verb that is possible no more, so that no field shows it again: to be copied."""
    if form.get("verb", "") in verbs:
        return ""
    return "\n".join(words for name in TYPED if (words := form.get(name, "").strip()))


def _stale(refusal: casework.Stale) -> str:
    what = str(CaseEvent.Kind(refusal.kind).label) if refusal.kind else _("changed")
    sentence = _("%(who)s was quicker: “%(what)s”, %(moment)s. Nothing was changed, and what was typed is still here. Look at the case as it is now, then press again.")
    return sentence % {"who": refusal.who or _("The system"), "what": what, "moment": moment(refusal.at) if refusal.at else ""}


def _missing(what: str) -> str:
    sentences = {
        "reason": _("A reason is needed: the people who reported read it."),
        "after-photo": _("A photo taken after cleaning is needed: without one a case is not cleaned."),
        "who must act": _("Write who outside must act first."),
        "a team or a person": _("Choose a team or a person."),
        "a day": _("The day cannot be read, or has passed. Choose today or a later day."),
        "an outcome": _("Choose what was found there."),
        "exception": _("Say why the photo counts: nobody knows how far from the place it was taken."),
        "some of its reports": _("Choose some of the reports, but not all of them."),
        "a place in the city": _("This is no place in the city. Give coordinates such as %(example)s, or choose one of the places found.") % {"example": example_point()},
        "a kind": _("Choose a kind, an amount or a kind of waste."),
        "a priority": _("Choose a priority."),
        "a body": _("Choose the body that is to take over."),
        "a text": _("Write the note first."),
        "what the merge moved": _("Nobody knows any more what this merge moved. Split the reports off instead."),
    }
    return sentences.get(what) or _("Give the code of another open case.")
