"""The matrix of access: every address × method × who asks × whether it is about their area, as the site answers it.

`walk` asks the site; `expected` says what the rules of `citylab/permissions.py` mean; `as_page` writes docs/access-matrix.md.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from citylab import api_keys, second_step
from citylab.models import Member, Role, Team
from citylab.permissions import ACCESS, FORMS_OF_WORKERS, ROLES, WORKERS, Audience
from reports.models import Body, Contact, DataRequest, Deadline, Notice, Place, ReplyTemplate, SavedView, VoiceNote
from reports.photos import store

YES, NO, HIDDEN, SECRET, SIGN_IN, SET_UP, NONE = "yes", "no", "hidden", "secret", "sign in", "set up", "–"

# What stands in addresses whose argument is no object of an area: nothing there, which is no refusal.
EXAMPLES: dict[str, Any] = {
    "token": "x" * 43, "code": "0123456789", "username": "nobody", "uuid": "00000000-0000-4000-8000-000000000000", "position": 1,
    "layer": "cases", "z": 12, "x": 3280, "y": 1866, "run": 1, "cell": "8a65a0000007fff", "photo": 10**9, "size": "small", "notice": 10**9,
    "week": "2026-W46", "edition": 1, "filename": "none.csv", "kind": "report", "row": 10**9, "member": 10**9, "slug": "nowhere",
    "app_label": "reports", "object_id": "0", "team": 10**9,
}  # fmt: skip

# Addresses of the staff with an argument that is about the whole city. Every other one has to be in `objects`.
WHOLE_CITY = {"hotspot", "weekly-edition", "weekly-file", "staff-tile", "member-leave", "api-key-revoke", "dead-letter-retry", "saved-view", "team"}

# What is sent to an address that does something to an object. A 422 is then a refusal.
SENT: dict[str, dict[str, str]] = {
    "case": {"verb": "refuse", "reason": "x"},
    "staff-photo": {"verb": "reject", "reason": "no-waste"},
    "data-request": {"answer": "x"},
    "staff-notice": {"verb": "end"},
    "staff-notices": {"title": "x", "how": "unit", "unit": "W1"},
    "staff-signs": {},
}
SEEN_FROM_ELSEWHERE = {"staff-notice"}  # an officer reads what is said about other areas, and changes it not
DRAFTS = {"report-photo", "report-place", "report-kind", "report-nearby", "report-send"}  # the UUID that a phone made up is the secret
UPLOADS = {"api-report-photo", "api-report-voice"}


@dataclass
class Asker:
    """A column: who asks, with a session or a key, and about whose area."""

    label: str
    client: Client
    role: str = ""
    state: str = "active"  # or: out, key, set-up, left
    where: str = "own"  # own, other, none
    settings: dict[str, Any] = field(default_factory=dict)


def addresses(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every (name, pattern) of the URLconf; names with their namespace."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry


def names_of_arguments() -> dict[str, set[str]]:
    """Name → the names of its arguments."""
    found: dict[str, set[str]] = {}
    for name, entry in addresses():
        regex = getattr(entry.pattern, "regex", None)
        found[name] = set(entry.pattern.converters or (regex.groupindex if regex else ()))
    return found


def is_about_an_object(name: str, arguments: set[str]) -> bool:
    """Whether an address of the staff is about one thing that may lie in somebody's area."""
    staff = ACCESS.get(name) not in (Audience.PUBLIC, Audience.BEARER, None)
    return staff and bool(arguments) and name not in WHOLE_CITY and not name.startswith("admin:")


# --- the city in which it is asked ------------------------------------------------------------------
def objects(two_areas, case, report, told) -> dict[str, dict[str, dict[str, Any]]]:
    """Address → the arguments of something in the west (`own`) and in the east (`other`)."""
    made = {"own": _things(two_areas[0], 108.205, case, report, told), "other": _things(two_areas[1], 108.215, case, report, told)}
    return {name: {where: made[where][name] for where in made} for name in made["own"]}


def _things(area, lon: float, case, report, told) -> dict[str, dict[str, Any]]:
    from reports.models import Photo

    found = case(area=area, lon=lon)
    written = told(found)
    name = f"{area.code}.jpg"
    for kind in (store.RENDITIONS, store.ORIGINALS, "voice"):
        storages[kind].save(name, ContentFile(_picture()))
    now = timezone.now()
    photo = Photo.objects.create(
        report=written, kind="report", state="clean", original_sha256=area.code * 32, original_size=1, original_format="JPEG", original_name=name,
        large_name=name, small_name=name, received_at=now, next_try=now, processed_at=now, position=1,
    )  # fmt: skip
    VoiceNote.objects.create(report=written, sha256="0" * 64, name=name, size=1, format="ogg", received_at=now)
    assert Contact.objects.filter(report=written).exists()
    asked = DataRequest.objects.create(report=written, kind="see", created_at=now, due_at=now)
    notice = Notice.objects.create(title="Sau bão", stretch=area.polygon, starts_at=now)
    other = case(area=area, lon=lon)
    return {
        "case-preview": {"code": found.code}, "case-pair": {"code": found.code, "other": other.code}, "queue-case": {"code": found.code},
        "case": {"code": found.code}, "case-photo": {"photo": photo.pk, "size": "small"}, "case-contact": {"code": written.code},
        "case-voice": {"code": written.code}, "staff-photo": {"photo": photo.pk}, "photo-preview": {"photo": photo.pk},
        "original-photo": {"photo": photo.pk}, "data-request": {"row": asked.pk}, "staff-notice": {"notice": notice.pk},
    }  # fmt: skip


def _picture() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG")
    return file.getvalue()


def edited_rows(member: Member) -> dict[str, dict[str, Any]]:
    """One row of each table of the administration: beginning of an address's name → its argument."""
    from django.contrib.gis.geos import Point

    place = Place.objects.create(code="p", name="Chợ", kind="market", location=Point(108.2, 16.05, srid=4326))
    rows = {
        "citylab_member": member, "citylab_team": Team.objects.create(name="Đội 1"), "reports_body": Body.objects.create(code="b", name="Đơn vị"),
        "reports_place": place, "reports_deadline": Deadline.objects.create(problem="burning", working_days=1),
        "reports_replytemplate": ReplyTemplate.objects.create(verb="refuse", name="x", text="y"),
        "reports_savedview": SavedView.objects.create(slug="s", name="x", query="status=open", shared=True),
    }  # fmt: skip
    return {f"admin:{table}": {"object_id": str(row.pk)} for table, row in rows.items()}


def askers(member, west) -> list[Asker]:
    """The columns, in the order of the page."""
    officer = member("officer", areas=[west], opens_contacts=True)
    found = [
        Asker("signed out", Client(), state="out"),
        Asker("partner’s key", Client(headers={"x-api-key": api_keys.make("partner", officer)[1]}), state="key"),
        Asker("officer, own area", _signed_in(officer), Role.OFFICER),
        Asker("officer, other area", _signed_in(officer), Role.OFFICER, where="other"),
        Asker("officer, no area", _signed_in(member("officer", opens_contacts=True)), Role.OFFICER, where="none"),
    ]
    for role in (Role.DISPATCHER, Role.ANALYST, Role.MANAGER, Role.ADMINISTRATOR):
        found.append(Asker(role.value, _signed_in(member(role, opens_contacts=True)), role))
    found.append(Asker("administrator, no second step", _signed_in(member("administrator")), Role.ADMINISTRATOR, "set-up", settings={"SECOND_STEP_REQUIRED": True}))
    return found + [_left(member, role) for role in (Role.ADMINISTRATOR,)]


def those_who_left(member) -> list[Asker]:
    """A session of each role, from before its member left."""
    return [_left(member, role) for role in Role]


def _left(member, role: str) -> Asker:
    person = member(role)
    client = _signed_in(person)
    person.is_active, person.left_at = False, timezone.now()
    person.save()
    return Asker("left", client, role, "left")


def _signed_in(person: Member) -> Client:
    client = Client()
    client.force_login(person)
    return client


# --- asking, and what is expected ------------------------------------------------------------------
def walk(name: str, method: str, asker: Asker, arguments: dict[str, Any], settings: Any) -> str:
    """What this asker gets; nothing that it did stays."""
    cookies = asker.client.cookies.copy()
    with _untouched(), _set(settings, asker.settings):
        answer = getattr(asker.client, method)(reverse(name, kwargs=arguments), SENT.get(name) if method == "post" else None)
        if answer.streaming:
            b"".join(answer.streaming_content)  # and closes its file
    asker.client.cookies = cookies
    return _outcome(name, method, answer)


def _outcome(name: str, method: str, answer: Any) -> str:
    if name in DRAFTS:
        return NONE if answer.status_code == 405 else SECRET
    if ACCESS[name] == Audience.BEARER:
        return SECRET if answer.status_code in (302, 303, 401, 403, 404, 410) else NONE if answer.status_code == 405 else f"open: {answer.status_code}"
    match answer.status_code:
        case 302 if "next=" in answer["Location"]:
            return SIGN_IN
        case 302 if answer["Location"] == reverse("second-step-setup") and name not in second_step.WITHOUT:
            return SET_UP
        case 403:
            return NO
        case 404 if ACCESS[name] != Audience.PUBLIC and is_about_an_object(name, names_of_arguments()[name]):
            return HIDDEN
        case 405:
            return NONE
        case 422 if name in SENT and method == "post":
            return NO
    return YES


def expected(name: str, method: str, asker: Asker) -> str:
    """What the rules mean for this asker, where the address takes the method at all."""
    audience = ACCESS[name]
    if audience == Audience.PUBLIC:
        # a key reads; what it would write is refused
        return NO if asker.state == "key" and method != "get" and name.startswith("api-") and name != "api-schema" else YES
    if audience == Audience.BEARER:
        return SECRET
    if asker.state in ("out", "key", "left"):
        return SIGN_IN
    if asker.state == "set-up":
        return YES if name in second_step.WITHOUT else SET_UP
    if asker.role not in ROLES[audience]:
        return NO
    about = is_about_an_object(name, names_of_arguments()[name])
    if about and asker.where != "own":
        return HIDDEN if name not in SEEN_FROM_ELSEWHERE else YES if method == "get" else NO
    may = asker.role in WORKERS and (name != "staff-notices" or asker.where != "none")
    writes = method == "post" and (name in SENT or name in FORMS_OF_WORKERS)
    return YES if may or not writes else NO


def methods_of(name: str) -> tuple[str, ...]:
    return ("get", "post", "put") if name in UPLOADS else ("get", "post")


@contextmanager
def _untouched() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _set(settings: Any, values: dict[str, Any]) -> Iterator[None]:
    before = {name: getattr(settings, name) for name in values}
    for name, value in values.items():
        setattr(settings, name, value)
    yield
    for name, value in before.items():
        setattr(settings, name, value)


# --- the page ---------------------------------------------------------------------------------------
HEAD = """# Who may open what

Made by `tests/security/test_access.py`, which asks the site for every line and compares; do not edit by hand. The rules behind it are
the tables of `citylab/permissions.py`; the addresses behind the names are in [addresses.md](addresses.md).

**yes** answered · **no** refused (403, or the page says that this account may not) · **hidden** as if it did not exist (404) · **secret** only with the secret that the
address or the request carries · **sign in**, **set up** led to that page · **–** the address does not take the method.

“Own” and “other” area is that of the thing the address is about; lists show an officer what lies in their areas. Analysts read no words, unblurred photos,
recordings or contacts of residents. Officers, managers and administrators are shown here with the permission for contact details; without it `case-contact` is **no**.
Whoever left gets what a stranger gets, whatever the role was. A crew has no account: its links are secrets.
"""


def as_page(labels: list[str], cells: dict[tuple[str, str], list[str]]) -> str:
    """The whole page. cells: (name, method) → the outcomes in the order of the labels."""
    lines = [HEAD, f"| address | method | {' | '.join(labels)} |", "| --- " * (len(labels) + 2) + "|"]
    for (name, method), outcomes in cells.items():
        if set(outcomes) != {NONE}:
            lines.append(f"| `{name}` | {method.upper()} | {' | '.join(outcomes)} |")
    return "\n".join(lines) + "\n"
