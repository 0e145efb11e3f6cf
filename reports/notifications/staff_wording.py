"""What a letter to the staff says. Places, counts and days of cases; no word, name or address of a resident."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from citylab.templatetags.words import day, last_day, moment
from reports.codes import TOKEN_BYTES
from reports.geography.places import place_in_words
from reports.models import Case, StaffLetter, WasteType
from reports.models.report import Problem
from reports.notifications.letters import Letter, Link
from reports.notifications.staff_letters import work_of

NAMED = 5  # places of each kind that a digest names; the rest is behind the link


def digest(row: StaffLetter, now: datetime) -> Letter | None:
    """The day's work of a member; None when nothing is left to do by now."""
    with override(settings.LANGUAGE_CODE):
        lines: list[str] = []
        for kind, cases in work_of(row.member, now).items():
            if count := cases.count():
                lines.append(_headline(kind, count))
                lines += [f"– {_named(kind, case)}" for case in _first(kind, cases)]
                if count > NAMED:
                    lines.append(_("– and %(n)s more") % {"n": count - NAMED})
        if not lines:
            return None
        return _letter(
            row, heading=_("Waste sites today"), code=day(now), lines=lines, main=Link(_("Open today’s page"), _whole(reverse("staff-home"))),
            why=_("Sent at 07:00 to ward officers for their areas and to dispatchers, when there is something to do."),
        )  # fmt: skip


def hazard(row: StaffLetter, case: Case) -> Letter:
    """One case that should not wait for the morning."""
    with override(settings.LANGUAGE_CODE):
        lines = [_place(case), f"{'; '.join(_dangers(case))}.", _("Seen %(moment)s.") % {"moment": moment(case.observed_at)}]
        return _letter(
            row, heading=_("Hazard"), code=case.code, lines=lines, main=Link(_("Open the waste site"), _whole(reverse("case", args=[case.code]))),
            why=_("Sent once for each waste site with hazardous waste or burning, to the area’s officers and to dispatchers."),
        )  # fmt: skip


def stop_token(member_id: int) -> str:
    """What ends a member's letters from a letter, without signing in: an HMAC for this purpose alone."""
    digest = hmac.digest(settings.TOKEN_KEY.encode(), b"staff-letters:%d" % member_id, "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode("ascii")


def stop_token_fits(token: str, member_id: int) -> bool:
    return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), stop_token(member_id).encode("ascii"))


def _letter(row: StaffLetter, *, heading: str, code: str, lines: list[str], main: Link, why: str) -> Letter:
    stop = reverse("staff-letters", args=[row.member_id, stop_token(row.member_id)])
    return Letter(
        key=_key(row), language=settings.LANGUAGE_CODE, kind=row.kind, heading=heading, code=code, lines=tuple(lines), main=main, why=why,
        stop=Link(_("Stop these letters"), _whole(stop)),
    )  # fmt: skip


def _headline(kind: str, count: int) -> str:
    match kind:
        case "overdue":
            return ngettext("%(n)s is overdue:", "%(n)s are overdue:", count) % {"n": count}
        case "due_soon":
            return ngettext("%(n)s is due within 24 hours:", "%(n)s are due within 24 hours:", count) % {"n": count}
    return ngettext("%(n)s is new, nobody has looked:", "%(n)s are new, nobody has looked:", count) % {"n": count}


def _first(kind: str, cases: QuerySet[Case]) -> list[Case]:
    order = ("observed_at", "id") if kind == "new" else ("due_at", "id")
    return list(cases.select_related("area").order_by(*order)[:NAMED])


def _named(kind: str, case: Case) -> str:
    place = _place(case)
    if kind == "new" or case.due_at is None:
        return f"{place} ({case.code}), {_('since %(moment)s') % {'moment': moment(case.observed_at)}}"
    return f"{place} ({case.code}), {_('deadline %(day)s') % {'day': last_day(case.due_at)}}"


def _place(case: Case) -> str:
    return place_in_words(case.location) if case.location else str(case.area)


def _dangers(case: Case) -> list[str]:
    """What is dangerous about a case, in the city's words for it."""
    reports = case.reports.filter(held="", withdrawn_at=None)
    said = [str(Problem.BURNING.label).capitalize()] if case.problem == Problem.BURNING or reports.filter(problem=Problem.BURNING).exists() else []
    kinds = WasteType.objects.filter(report_links__report__in=reports).exclude(hazard="").distinct()
    return said + [kind.name for kind in kinds] or [_("Hazardous waste")]


def _key(row: StaffLetter) -> str:
    """The same for the same letter however often it is sent; it tells nothing to a stranger."""
    digest = hmac.digest(settings.TOKEN_KEY.encode(), b"staff-letter:%d" % row.pk, "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode("ascii")


def _whole(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
