"""What the people who reported would read if a verb were done: the verb is done, read, and taken back before anybody sees it.

So the preview cannot say anything else than the receipt and the letter will.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from citylab.models import Member
from reports.models import Case, Message
from reports.notifications.letters import Letter
from reports.notifications.wording import letter
from reports.progress import Progress, progress_of


@dataclass(frozen=True)
class Told:
    """progress: as the receipt of the case's first report shows it, None while nobody reported it. letter: what goes out too, and to how many."""

    progress: Progress | None
    letter: Letter | None
    letters: int


def what_is_told(case: Case, actor: Member | None, verb: Callable[[Case], object]) -> Told:
    """Rehearse `verb` on the case. Raises what the verb raises; nothing is changed and no message is sent."""
    with transaction.atomic():
        waiting = set(_waiting(case))
        verb(case)
        report = case.reports.filter(withdrawn_at=None).select_related("case__body", "case__area", "case__merged_into").order_by("observed_at", "id").first()
        news = [pk for pk in _waiting(case) if pk not in waiting]
        first = Message.objects.select_related("report__case").filter(pk__in=news).order_by("report__observed_at", "pk").first()
        told = Told(progress_of(report) if report else None, letter(first) if first else None, len(news))
        transaction.set_rollback(True)
    return told


def _waiting(case: Case) -> list[int]:
    return list(Message.objects.filter(report__case=case.pk, processed_at=None).values_list("pk", flat=True))
