"""Today: what has to be done, each number a link to exactly the rows that it counts, with the age of the oldest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from citylab.exports import asked_for
from citylab.models import Member
from citylab.permissions import own_areas, visible
from reports.case_list.filter import CaseFilter
from reports.case_list.places import name_places
from reports.follow_up.requests import requests_for
from reports.models import Case, Message, Photo, PhotoCheck, Report, StaffLetter
from reports.models.case import RUNNING
from reports.photos.private_photos import visible_photos

FIRST = 8  # cases that are named below the numbers
COLUMNS = ("what", "count", "oldest", "address")


@dataclass(frozen=True)
class Question:
    """One number of the page: its word, the list's filters that give its rows, since when a row waits, and how bad it is."""

    name: str
    words: Any
    query: str
    since: str
    tone: str = ""


QUESTIONS = (
    Question("overdue", gettext_lazy("overdue"), "status=open&overdue=1", "due_at", "bad"),
    Question("due_soon", gettext_lazy("due within 24 hours"), "status=open&due_soon=1", "observed_at", "warn"),
    Question("new", gettext_lazy("new, nobody has looked"), "status=new", "observed_at"),
    Question("reopened", gettext_lazy("reopened"), "status=open&reopened=1", "reopened_at"),
    Question("on_hold", gettext_lazy("on hold"), "status=on_hold", "waits_since"),
    Question("to_verify", gettext_lazy("cleaned, to be checked"), "status=cleaned&check=1", "cleaned_at"),
)


@dataclass(frozen=True)
class Number:
    """A number, where its rows are, and the oldest of them."""

    name: str
    words: str
    count: int
    url: str
    oldest: datetime | None = None
    age: str = ""
    tone: str = ""


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What is overdue, due soon, new, reopened, on hold and to be checked; below it what else waits, and what comes first."""
    member: Member = request.user
    now = timezone.now()
    numbers = [_number(question, member, now) for question in QUESTIONS]
    beside = _beside(member)
    rows = [(number.name, number.count, number.oldest, number.url) for number in numbers + beside]
    data = asked_for(request, "today", COLUMNS, rows)
    if data is not None:
        return data
    cases = visible(member, Case.objects.all())
    first = list(cases.filter(status__in=RUNNING).exclude(due_at=None).select_related("area", "body").order_by("due_at", "id")[:FIRST])
    name_places(first)
    context = {
        "now": now, "numbers": numbers, "beside": beside, "first": first, "waiting": Report.objects.unprocessed().count(),
        "without_area": own_areas(member) == [],
    }  # fmt: skip
    return render(request, "staff/home.html", context)


def _number(question: Question, member: Member, now: datetime) -> Number:
    """The number and the list are one question: the address of the list is read as the list reads it."""
    rows: QuerySet[Case] = CaseFilter.read(QueryDict(question.query)).rows(member).order_by()
    found = rows.aggregate(count=Count("pk"), oldest=Min(question.since))
    oldest = found["oldest"]
    return Number(
        question.name, str(question.words), found["count"], f"{reverse('cases')}?{question.query}", oldest,
        _age(oldest, now) if oldest else "", question.tone if found["count"] else "",
    )  # fmt: skip


def _age(oldest: datetime, now: datetime) -> str:
    """How long the oldest row waits: hours on the first day, then days."""
    hours = max(0, int((now - oldest).total_seconds() // 3600))
    if hours < 24:
        return ngettext("the oldest for %(n)s hour", "the oldest for %(n)s hours", hours) % {"n": hours}
    return ngettext("the oldest for %(n)s day", "the oldest for %(n)s days", hours // 24) % {"n": hours // 24}


def _beside(member: Member) -> list[Number]:
    """What else waits for somebody."""

    def number(name: str, words: str, count: int, url: str, tone: str = "") -> Number:
        return Number(name, words, count, url, tone=tone if count else "")

    held = CaseFilter.read(QueryDict("status=all&held=1")).rows(member).count()
    photos, asked = visible_photos(member).waiting_for_a_person().count(), requests_for(member).filter(closed_at=None).count()
    failed = sum(model.objects.dead().count() for model in (Report, Photo, PhotoCheck, Message, StaffLetter))
    found = [
        number("open", _("open in all"), CaseFilter.read(QueryDict("status=open")).rows(member).count(), f"{reverse('cases')}?status=open"),
        number("held", _("held for a look"), held, f"{reverse('cases')}?status=all&held=1", "warn"),
        number("photos", _("photos nobody has looked at"), photos, reverse("staff-photos"), "warn"),
        number("requests", _("requests about data to be answered"), asked, reverse("data-requests"), "warn"),
        number("failed", _("failed in processing"), failed, reverse("dead-letters"), "bad"),
    ]
    return [each for each in found if each.name not in ("photos", "requests") or member.role != "analyst"]
