"""What each message says: short sentences, no pronoun for the reader, “answered” never worded as “cleaned”."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import override

from citylab.templatetags.words import day, last_day, moment
from reports.clean_text import clean_text
from reports.codes import TOKEN_BYTES, grouped
from reports.follow_up.verdicts import answers_until
from reports.models import Case, CaseEvent, Message, Photo, Report
from reports.notifications.letters import Letter, Link
from reports.notifications.links import answer_url, receipt_url, stop_url
from reports.progress import progress_of, public_place

LONGEST_REASON = 1_000  # letters; the whole of it is on the receipt


@dataclass(frozen=True, slots=True)
class _Words:
    """What differs from kind to kind."""

    heading: str
    lines: tuple[str, ...]
    to_receipt: str
    quote: str = ""
    after: tuple[str, ...] = ()
    question: str = ""
    answers: tuple[Link, ...] = ()
    hint: str = ""


def letter(message: Message) -> Letter:
    """The letter of a message, in the language of its report."""
    report: Report = message.report
    language = report.language or settings.LANGUAGE_CODE
    with override(language):
        words = WORDS[message.kind](report)
        place = public_place(report)
        where = (_("Place: %(place)s.") % {"place": place},) if place else ()
        return Letter(
            key=key_of(message), language=language, kind=message.kind, heading=words.heading, code=grouped(report.code),
            lines=(*where, *words.lines), quote=words.quote, after=words.after,
            question=words.question, answers=words.answers, hint=words.hint,
            main=Link(words.to_receipt, receipt_url(report)),
            why=_("This message was sent automatically, because it was asked for with the report."),
            stop=Link(_("Stop messages about this report"), stop_url(report)),
        )  # fmt: skip


def key_of(message: Message) -> str:
    """The same for the same message however often it is sent; nobody can tell the report from it, or make it."""
    content = b"message:" + message.report.uuid.bytes + str(message.kind).encode()
    digest = hmac.digest(settings.TOKEN_KEY.encode(), content, "sha256")
    return base64.b32encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode("ascii").lower()


def _received(report: Report) -> _Words:
    progress = progress_of(report)
    due = (_("%(who)s will look at it by %(day)s.") % {"who": progress.who, "day": last_day(progress.due)},) if progress.due else ()
    return _Words(
        heading=_("The report has been received"),
        lines=(*due, _("The next message comes when the place is clean, or when the report cannot be handled.")),
        to_receipt=_("See the report"),
    )


def _cleaned(report: Report) -> _Words:
    case = _standing(report)
    visit = case.cleanups.order_by("-at", "-id").first()
    when = {"moment": moment(case.cleaned_at)}
    if visit and visit.nothing_found:
        heading, done = _("Looked at, nothing found"), _("Somebody was there on %(moment)s and found no waste.")
    else:
        heading, done = _("The place has been cleaned"), _("Cleaned on %(moment)s.")
    shown = Photo.objects.filter(cleanup__case=case, kind=Photo.Kind.AFTER, state=Photo.State.PUBLISHED).exists()
    photo = _("The photo taken there can be seen now.") if shown else _("The photo taken there can be seen as soon as it has been checked.")
    until = answers_until(case)
    return _Words(
        heading=heading,
        lines=(done % when, photo, _("Thank you. This report helped.")),
        to_receipt=_("See the photo"),
        question=_("Is the place clean?"),
        answers=(Link(_("It is clean"), answer_url(report, "clean")), Link(_("It is not clean"), answer_url(report, "dirty"))),
        hint=_("An answer is possible until %(day)s.") % {"day": day(until)},
    )


def _refused(report: Report) -> _Words:
    event = _standing(report).events.filter(kind=CaseEvent.Kind.REFUSED).order_by("-at", "-id").first()
    line = settings.CITY.hotline
    ask = _("Questions: call %(number)s (%(hours)s).") % {"number": line.number, "hours": line.hours}
    return _Words(
        heading=_("The report cannot be handled"),
        lines=(_("The city gives this reason:"),),
        quote=Truncator(clean_text(event.reason)).chars(LONGEST_REASON) if event else "",
        after=(_("Thank you all the same."), ask),
        to_receipt=_("See the report"),
    )


def _standing(report: Report) -> Case:
    """The case where the work went on."""
    case: Case | None = report.case
    while case is not None and case.merged_into is not None:
        case = case.merged_into
    assert case is not None, "news of a case is sent about reports that have one"
    return case


WORDS: dict[str, Callable[[Report], _Words]] = {
    Message.Kind.RECEIVED: _received,
    Message.Kind.CLEANED: _cleaned,
    Message.Kind.REFUSED: _refused,
}
