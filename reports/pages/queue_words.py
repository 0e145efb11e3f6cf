"""The sentences of the queue: what was done, what was not, and why."""

from __future__ import annotations

from collections import Counter

from django.conf import settings
from django.template.defaultfilters import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from citylab.templatetags.words import decimal, short_moment
from reports.casework import Missing, NotAllowed, NotDone, NotPossible, Stale, TooLate
from reports.models import Case, CaseEvent
from reports.models.case import Status
from reports.photos import publishing
from reports.queue.acting import Done, TooMany
from reports.queue.undoing import Undone

TOLD = 5  # reasons that one sentence lists


def why_not(why: Exception) -> str:
    """Why a verb was not done, in a sentence."""
    match why:
        case Stale():
            return _("%(who)s changed it at %(at)s: %(what)s. Nothing was overwritten; look again.") % {
                "who": why.who or _("The system"), "at": short_moment(why.at), "what": _kind(why.kind),
            }  # fmt: skip
        case NotAllowed() | publishing.NotAllowed():
            return _("This account may not do that. Nothing was changed.")
        case NotPossible():
            return _("Not possible any more: it is “%(state)s” now.") % {"state": Status(why.status).label if why.status in Status.values else why.status}
        case TooLate():
            return _("Too late to undo: the time is over, or somebody went on.")
        case TooMany():
            return _("More than %(n)s waste sites at once are too many. Narrow the list first.") % {"n": decimal(why.most, 0)}
        case Missing():
            return _missing(why.what)
        case publishing.NotPossible() | publishing.RenditionDamaged() | OSError():
            return _("A photo could not be shown, so nothing was changed. Look at it on the page of photos.")
    raise why


def _missing(what: str) -> str:
    return {
        "reason": _("A reason is needed: the people who reported read it."),
        "another case": _("Give the code of another open case."),
        "an open case to merge into": _("The case that stays must be open."),
        "a team or a person": _("Choose the team or the person who goes there."),
        "a day": _("The day cannot be read, or has passed. Choose today or a later day."),
        "a priority": _("Choose a priority."),
        "a point": _("Write the point as latitude, longitude: %(example)s.") % {"example": "{1:.4f}, {0:.4f}".format(*settings.CITY.centre)},
        "a place in the city": _("That point lies outside the city."),
        "a case": _("Choose at least one waste site."),
        "one case": _("That can be done to one waste site at a time only."),
    }.get(what, _("This page cannot do that. Nothing was changed."))


def done_words(done: Done) -> str:
    """What an action did, with what it left and why."""
    n = len(done.cases)
    confirmed = ngettext("%(n)d waste site confirmed.", "%(n)d waste sites confirmed.", n)
    what = {
        "confirm": confirmed, "publish": confirmed,
        "assign": ngettext("%(n)d waste site assigned.", "%(n)d waste sites assigned.", n), "refuse": ngettext("%(n)d waste site refused.", "%(n)d waste sites refused.", n),
        "priority": ngettext("Priority of %(n)d waste site set.", "Priority of %(n)d waste sites set.", n),
        "merge": ngettext("%(n)d waste site merged.", "%(n)d waste sites merged.", n), "move": _("Place corrected."),
    }[done.verb]  # fmt: skip
    said = [what % {"n": n}] if n else [_("Nothing was changed.")]
    if done.verb == "publish":
        if shown := len(done.photos):
            said.append(ngettext("%(n)d photo is public now.", "%(n)d photos are public now.", shown) % {"n": shown})
        if done.unseen:
            said.append(_("A photo is not public yet: look at it on the page of photos."))
    return " ".join([*said, *left_words(done.not_done)])


def undone_words(undone: Undone) -> str:
    """What an undo took back, and what it left."""
    n = len(undone.cases)
    said = [ngettext("Undone for %(n)d waste site.", "Undone for %(n)d waste sites.", n) % {"n": n}] if n else [_("Nothing could be undone.")]
    if undone.hidden:
        said.append(_("Its photos are hidden and wait for a look."))
    return " ".join([*said, *left_words(undone.left)])


def left_words(left: list[tuple[Case, NotDone]]) -> list[str]:
    """For what was not done: how many, and each reason once, with the codes of the first."""
    if not left:
        return []
    reasons = Counter(why_not(why) for _case, why in left)
    codes = ", ".join(case.code for case, _why in left[:TOLD]) + (" …" if len(left) > TOLD else "")
    n = len(left)
    first = ngettext("%(n)d was left (%(codes)s):", "%(n)d were left (%(codes)s):", n) % {"n": n, "codes": codes}
    return [first, *(sentence for sentence, _times in reasons.most_common(TOLD))]


def _kind(kind: str) -> str:
    return str(capfirst(CaseEvent.Kind(kind).label)) if kind in CaseEvent.Kind.values else kind
