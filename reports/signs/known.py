"""Signs with a QR code at known points: a beach post, a bin, a market. Scanning one names the place of a report.

Making, deactivating and finding signs; and the short-lived proof that somebody has just opened a sign's page.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from citylab import permissions
from citylab.models import Member
from reports.clean_text import clean_text
from reports.codes import ALPHABET
from reports.geography.area_index import areas_index
from reports.geography.around import within
from reports.models import Case, Place, Sign
from reports.models.case import OPEN
from reports.public_cases import CLEAN, public_cases, told

CODE_LENGTH = 6  # 30 bits: short enough to type, too many to try them all
NEAR_M = 100  # what a sign speaks for
VERDICT_DAYS = 14  # how long after a clean-up people may say whether the place is clean
PROOF_AGE = timedelta(hours=2)  # from scanning the sign to saying what one saw
MOST_NEAR = 12
_READ_ALIKE = str.maketrans("OIL", "011", " \t\u00a0-–_.")
_SIGNER = TimestampSigner(salt="reports.signs.proof")


class SignRefused(Exception):
    """A sign cannot be made like this; `problems` are machine codes by field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(f"sign refused: {problems}")
        self.problems = problems


@dataclass(frozen=True)
class Wanted:
    """What a sign is made of. lon, lat: degrees, None where they are to be taken from `place`."""

    name: str
    name_en: str = ""
    kind: str = Sign.Kind.OTHER
    lon: float | None = None
    lat: float | None = None
    place: Place | None = None


def parse_sign_code(text: str) -> str | None:
    """The letters in what somebody typed from a sign, or None when it cannot be a code. Forgives case, dashes, O, I and L."""
    letters = text[:40].upper().translate(_READ_ALIKE)
    return letters if 4 <= len(letters) <= 8 and all(letter in ALPHABET for letter in letters) else None


def sign_of(code: str) -> Sign | None:
    """The sign in use with this code, however it was typed; None for an unknown or withdrawn one."""
    known = parse_sign_code(code)
    return Sign.objects.filter(code=known, active=True).select_related("area", "place").first() if known else None


def address_of(sign: Sign) -> str:
    """The absolute address that the QR code holds, in the city's own language."""
    with override(settings.LANGUAGE_CODE):
        return settings.SITE_URL + reverse("sign", args=[sign.code])


def proof_of(sign: Sign) -> str:
    """A token that says: the page of this sign was opened just now."""
    return _SIGNER.sign(sign.code)


def proves(token: str, sign: Sign) -> bool:
    """Whether the token was given out by this sign's page within the last two hours."""
    try:
        return _SIGNER.unsign(token[:200], max_age=PROOF_AGE) == sign.code
    except BadSignature:
        return False


def near(sign: Sign, now: datetime | None = None) -> list[Case]:
    """Cases within 100 m that anybody may see: open ones first, then those cleaned within two weeks; newest day first."""
    since = (now or timezone.now()) - timedelta(days=VERDICT_DAYS)
    state = Q(status__in=OPEN) | Q(status__in=CLEAN, cleaned_at__gte=since)
    found = told(public_cases().filter(state, within(sign.location, NEAR_M))).select_related("area")
    calendar = settings.CITY.calendar
    # By day and code: the order tells no hour.
    ordered = sorted(found[:500], key=lambda case: (not case.is_open, -calendar.local_day(case.observed_at).toordinal(), case.code))
    return ordered[:MOST_NEAR]


def may_make(member: Member) -> bool:
    """Whether this member may make and withdraw signs at all."""
    return permissions.may_work(member)


def make_sign(wanted: Wanted, actor: Member) -> Sign:
    """Makes one sign. Raises SignRefused with every reason."""
    return make_signs([wanted], actor)[0]


def make_signs(wanted: Sequence[Wanted], actor: Member) -> list[Sign]:
    """Makes all of these signs, or none. Raises SignRefused for the first that cannot be made."""
    signs = []
    taken = set(Sign.objects.values_list("code", flat=True))
    for each in wanted:
        sign = _checked(each, actor)
        sign.code = _new_code(taken)
        taken.add(sign.code)
        signs.append(sign)
    with transaction.atomic():
        return Sign.objects.bulk_create(signs)


def problems_with(wanted: Wanted, actor: Member) -> dict[str, str]:
    """Why this sign cannot be made, by field; empty when it can."""
    try:
        _checked(wanted, actor)
    except SignRefused as refusal:
        return refusal.problems
    return {}


def set_active(sign: Sign, active: bool, actor: Member) -> None:
    """Puts a sign out of use, or in use again. Raises PermissionError when the member may not."""
    if not may_make(actor) or not permissions.visible(actor, Sign.objects.filter(pk=sign.pk)).exists():
        raise PermissionError("not allowed to change this sign")
    Sign.objects.filter(pk=sign.pk).update(active=active)


def _checked(wanted: Wanted, actor: Member) -> Sign:
    problems: dict[str, str] = {}
    if not may_make(actor):
        raise SignRefused({"name": "not_allowed"})
    name, name_en = clean_text(wanted.name).replace("\n", " "), clean_text(wanted.name_en).replace("\n", " ")
    if not name:
        problems["name"] = "missing"
    elif len(name) > 120 or len(name_en) > 120:
        problems["name"] = "too_long"
    if wanted.kind not in Sign.Kind.values:
        problems["kind"] = "unknown"
    lon, lat = wanted.lon, wanted.lat
    if wanted.place is not None and lon is None:
        lon, lat = wanted.place.location.x, wanted.place.location.y
    area = None
    if lon is None or lat is None:
        problems["place"] = "missing"
    elif not (-180 <= lon <= 180 and -90 <= lat <= 90):
        problems["place"] = "unreadable"
    else:
        located = areas_index().locate(lon, lat)
        area = int(located.area_id[0])
        own = permissions.own_areas(actor)
        if areas_index().has_units and area < 0:
            problems["place"] = "outside"
        elif own is not None and area not in own:
            problems["place"] = "other_area"
    if problems:
        raise SignRefused(problems)
    return Sign(
        name=name, name_en=name_en, kind=wanted.kind, location=Point(lon, lat, srid=4326), place=wanted.place,
        area_id=area if area is not None and area >= 0 else None, created_by=actor,
    )  # fmt: skip


def _new_code(taken: set[str]) -> str:
    """A random code that no sign has, and that is no word: at least one figure and one letter."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if code not in taken and any(c.isdigit() for c in code) and any(c.isalpha() for c in code):
            return code
