"""The secret link of a team and a day: made by a dispatcher, good until the shift ends, can be taken back. Only its hash is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from citylab.models import Member, Team
from reports.models import CrewLink

BYTES = 24  # 192 bits: nobody guesses one
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
# What a crew did within the shift and could not send for want of a network is still taken so long after it; nothing is shown.
LATE = timedelta(hours=12)
AHEAD_DAYS = 14  # a link opens its page from the moment it is made: nobody makes one today that still opens next year


class ShiftOver(Exception):
    """A link for this day would be over before it began. `ended_at`: when the shift ended."""

    def __init__(self, ended_at: datetime) -> None:
        super().__init__(f"the shift ended at {ended_at}")
        self.ended_at = ended_at


class TooFarAhead(Exception):
    """A link for a day more than `AHEAD_DAYS` from now."""


def shift_end(team: Team, day: date) -> datetime:
    """When the team's shift of that day ends, by the city's clocks; a shift that ends before it begins ends the next morning."""
    last = day + timedelta(days=1) if team.ends_at <= team.starts_at else day
    return datetime.combine(last, team.ends_at, settings.CITY.tz)


def make_link(team: Team, day: date, actor: Member, *, now: datetime | None = None) -> tuple[CrewLink, str]:
    """A new link and its token, which nobody can read again afterwards. Raises ShiftOver, TooFarAhead."""
    now = now or timezone.now()
    if day > timezone.localdate(now) + timedelta(days=AHEAD_DAYS):
        raise TooFarAhead
    ends = shift_end(team, day)
    if ends <= now:
        raise ShiftOver(ends)
    token = secrets.token_urlsafe(BYTES)
    return CrewLink.objects.create(team=team, day=day, token_hash=_hash(token), created_by=actor, expires_at=ends), token


def link_of(token: str) -> CrewLink | None:
    """The link that this token opens, whether it still holds or not; None for any other text."""
    if not TOKEN.fullmatch(token):
        return None
    return CrewLink.objects.select_related("team").filter(token_hash=_hash(token)).first()


def holds(link: CrewLink, now: datetime | None = None) -> bool:
    """Whether the link opens its page at this moment."""
    return link.revoked_at is None and link.team.active and (now or timezone.now()) < link.expires_at


def takes_late(link: CrewLink, done_at: datetime | None, now: datetime | None = None) -> bool:
    """Whether something that was done within the shift, by the phone's clock, is still taken though the shift is over."""
    if link.revoked_at is not None or not link.team.active or done_at is None or done_at > link.expires_at:
        return False
    return (now or timezone.now()) < link.expires_at + LATE


def revoke(link: CrewLink) -> None:
    """From now on it opens nothing."""
    CrewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())


def address_of(token: str) -> str:
    """The whole address of a crew's page, as it goes into a QR code or a message."""
    return str(settings.SITE_URL) + reverse("crew", args=[token])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
