"""Members come by invitation, and leave by handing over.

A one-time link is a random token; only its SHA-256 is stored. It works once, until it expires.
"""

from __future__ import annotations

import csv
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from citylab.models import Member, OneTimeLink, Role
from reports import casework
from reports.clean_text import clean_text
from reports.models import Area, CrewLink

VALID_DAYS = 7
FIRST_ADMINISTRATOR_HOURS = 24


class Spent(Exception):
    """The link is unknown, was used, or has expired."""


@dataclass
class Invited:
    """What a CSV of officers came to: links by user name, the lines that could not be taken, and what to mend."""

    links: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    without_area: list[str] = field(default_factory=list)  # ward officers who see nothing until they get one


def make_link(member: Member | None, valid: timedelta = timedelta(days=VALID_DAYS)) -> str:
    """A fresh one-time address; earlier unused links of the same member stop working."""
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.filter(member=member, used_at=None).update(used_at=timezone.now())
    OneTimeLink.objects.create(member=member, token_hash=_hash(token), expires_at=timezone.now() + valid)
    with translation.override(settings.LANGUAGE_CODE):
        return settings.SITE_URL + reverse("one-time-link", args=[token])


def first_administrator_link() -> str | None:
    """A link that makes the first administrator; None when there is one already."""
    if Member.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
        return None
    return make_link(None, timedelta(hours=FIRST_ADMINISTRATOR_HOURS))


def open_link(token: str) -> OneTimeLink:
    """The link behind a token. Raises `Spent`."""
    link = OneTimeLink.objects.filter(token_hash=_hash(token), used_at=None, expires_at__gt=timezone.now()).first()
    if link is None or (link.member is not None and link.member.left_at is not None):
        raise Spent
    return link


def redeem(token: str, password: str, username: str = "") -> Member:
    """Set the password of the invited member, or make the first administrator. Raises `Spent`."""
    with transaction.atomic():
        link = OneTimeLink.objects.select_for_update().get(pk=open_link(token).pk)
        if link.used_at is not None:
            raise Spent
        if link.member is None and Member.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
            raise Spent
        member = link.member or Member(username=username.strip(), role=Role.ADMINISTRATOR)
        member.is_active = True
        member.set_password(password)
        member.save()
        link.member, link.used_at = member, timezone.now()
        link.save(update_fields=["member", "used_at"])
        return member


def invite(lines: Iterable[str]) -> Invited:
    """Make accounts from a CSV with the columns username, name, email, role, areas.

    Areas are codes with spaces between them, or codes and names with semicolons between them (“W1; East”).

    Good lines are taken; a bad one is reported with its number and reason. A user name that exists is left alone.
    """
    outcome = Invited()
    reader = csv.DictReader(lines)
    missing = {"username", "role"} - set(reader.fieldnames or ())
    if missing:
        outcome.errors.append((1, _("The file has no column %(names)s.") % {"names": ", ".join(sorted(missing))}))
        return outcome
    for row in reader:
        line, row = reader.line_num, {key: clean_text(value or "") for key, value in row.items() if key}
        error = _fault(row)
        if error:
            outcome.errors.append((line, error))
        elif Member.objects.filter(username=row["username"]).exists():
            outcome.already.append(row["username"])
        else:
            with transaction.atomic():
                member = Member(username=row["username"], role=row["role"], email=row.get("email", ""))
                member.first_name = row.get("name", "")[:150]
                member.set_unusable_password()
                member.save()
                member.areas.set(_areas(row.get("areas", ""))[0])
                outcome.links[member.username] = make_link(member)
                if member.role == Role.OFFICER and not member.areas.exists():
                    outcome.without_area.append(member.username)
    return outcome


def leave(member: Member, actor: Member | None, successor: Member | None) -> int:
    """Deactivate a member who leaves; their open cases go to the successor, or to nobody. Returns how many.

    The crews' links that they made for later days end, since they may have them; who is out today goes on.
    """
    with transaction.atomic():
        member.is_active = False
        member.left_at = timezone.now()
        member.set_unusable_password()  # which also ends every session
        member.save()
        OneTimeLink.objects.filter(member=member, used_at=None).update(used_at=timezone.now())
        CrewLink.objects.filter(created_by=member, day__gt=timezone.localdate(), revoked_at=None).update(revoked_at=timezone.now())
        open_cases = member.cases.open()
        return casework.hand_over(open_cases, actor, successor, _("%(name)s left") % {"name": member.display_name})


def _fault(row: dict[str, str]) -> str:
    if not row["username"]:
        return _("The user name is missing.")
    try:
        Member.username_validator(row["username"])
    except ValidationError:
        return _("“%(name)s” is not a user name: letters, digits and @.+-_ only.") % {"name": row["username"]}
    if row["role"] not in Role.values:
        roles = ", ".join(Role.values)
        return _("“%(role)s” is not a role. The roles are: %(roles)s.") % {"role": row["role"], "roles": roles}
    if row.get("email"):
        try:
            validate_email(row["email"])
        except ValidationError:
            return _("“%(email)s” is not an e-mail address.") % {"email": row["email"]}
    unknown = _areas(row.get("areas", ""))[1]
    if unknown:
        return _("No area has the code or name %(codes)s.") % {"codes": ", ".join(unknown)}
    return ""


def _areas(text: str) -> tuple[list[Area], list[str]]:
    """Today's areas that a cell of the CSV names, and the words that name none, or more than one."""
    today: dict[str, set[Area]] = {}
    for area in Area.objects.current(timezone.localdate()):
        for name in {area.code, area.name, area.full_name} - {""}:
            today.setdefault(name.casefold(), set()).add(area)
    words = [word.strip() for word in text.split(";") if word.strip()]
    if len(words) == 1 and words[0].casefold() not in today:
        words = words[0].split()
    found, unknown = [], []
    for word in words:
        areas = today.get(word.casefold(), set())
        if len(areas) == 1:
            found.extend(areas)
        else:
            unknown.append(word)
    return found, unknown


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
