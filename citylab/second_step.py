"""The second step of signing in: a code of the member's phone (TOTP, RFC 6238), or one of ten recovery codes, each once.

A right password alone signs nobody in who has set it up: the session only remembers, for some minutes, that the password was
right. A session counts for the set-up under which it began, so setting it up anew ends every other session. Wrong codes count
like wrong passwords: for the name and the network they come from; beside that the phone's codes are slowed down for everybody.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from base64 import b32encode

import segno
from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from citylab import second_step_key
from citylab.models import Member, Phone, RecoveryCode, Role

logger = logging.getLogger(__name__)

WITHOUT = ("second-step-setup", "sign-out")  # what an administrator may open who has still to set it up
CODES = 10
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, as the reporters' codes
CODE_LENGTH = 10  # 50 bits: nobody guesses one, and its hash needs no salt
KEY_BYTES = 20  # as RFC 4226 recommends
MOST_SLOWED = 9  # wrong codes double the pause up to 256 s: who has the password alone cannot lock the phone out for days
HALF_WAY_S = 600  # from the right password to the code

_PASSED = "second_step"
_HALF_WAY = "half_way"
_KEY = "phone_key"


# --- whether ----------------------------------------------------------------------------------------
def is_missing(user: object) -> bool:
    """Whether this member has to set it up before anything else: an administrator of a production site."""
    required = settings.SECOND_STEP_REQUIRED and isinstance(user, Member) and user.role == Role.ADMINISTRATOR
    return required and user.second_step_at is None


def passed(request: HttpRequest) -> bool:
    """Whether this session went through the second step, where its member has one."""
    stamp = _stamp(request.user)
    return stamp is None or request.session.get(_PASSED) == stamp


# --- signing in -------------------------------------------------------------------------------------
def enter(request: HttpRequest, member: Member, then: str = "") -> bool:
    """The password was right: sign in with a new session, or remember it until the code comes. Whether they are in."""
    if member.second_step_at is None:
        login(request, member, backend="django.contrib.auth.backends.ModelBackend")
        return True
    request.session[_HALF_WAY] = [member.pk, member.get_session_auth_hash(), timezone.now().timestamp(), then]
    return False


def half_way(request: HttpRequest) -> tuple[Member, str] | None:
    """Whose password was right some minutes ago, and where they wanted to go."""
    pk, password, at, then = request.session.get(_HALF_WAY) or (0, "", 0.0, "")
    member = Member.objects.filter(pk=pk, is_active=True).first()
    late = timezone.now().timestamp() - at > HALF_WAY_S
    if member is None or late or member.get_session_auth_hash() != password:
        request.session.pop(_HALF_WAY, None)
        return None
    return member, then


def complete(request: HttpRequest, member: Member) -> None:
    """The code was right as well: sign in, with a new session."""
    request.session.pop(_HALF_WAY, None)
    login(request, member, backend="django.contrib.auth.backends.ModelBackend")
    request.session[_PASSED] = _stamp(member)


def is_right(member: Member, text: str) -> bool:
    """Whether this is the phone's code of now, or a recovery code that was not used. Either works once."""
    code = _read(text)
    if len(code) == CODE_LENGTH:
        unused = RecoveryCode.objects.filter(member=member, code_hash=_hash(code), used_at=None)
        return bool(unused.update(used_at=timezone.now()))
    with transaction.atomic():  # two requests with one code: the second finds it used
        device = Phone.objects.select_for_update().filter(user=member, confirmed=True).first()
        if device is None or not code.isdecimal() or len(code) != device.digits:
            return False
        device.throttling_failure_count = min(device.throttling_failure_count, MOST_SLOWED)
        try:
            return device.verify_token(code)
        except second_step_key.Unreadable:
            logger.error("the key of %s's phone cannot be read: was CITYLAB_CONTACT_KEY changed? A recovery code still works", member.username)
            return False


# --- setting it up ----------------------------------------------------------------------------------
def new_device(request: HttpRequest) -> Phone:
    """What the page offers to the phone: a key that the session keeps until a code proves that the phone has it."""
    key = request.session.get(_KEY)
    if key is None:
        key = request.session[_KEY] = second_step_key.sealed(secrets.token_bytes(KEY_BYTES))
    return Phone(user=request.user, name="phone", key=key)


def picture(device: Phone) -> str:
    """The QR code for the phone, as a data address."""
    return segno.make(device.config_url, error="m").svg_data_uri(scale=4, border=3, dark="#10212b")


def letters(device: Phone) -> str:
    """The key as letters to type, in groups of four."""
    text = b32encode(device.bin_key).decode("ascii").rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def set_up(request: HttpRequest, text: str) -> list[str] | None:
    """The phone shows a right code: from now on it is asked for. Returns the recovery codes, to be shown once; None for a wrong code."""
    member: Member = request.user
    device = new_device(request)
    code = _read(text)
    with transaction.atomic():
        Phone.objects.filter(user=member).delete()
        device.save()
        if not (code.isdecimal() and device.verify_token(code)):
            transaction.set_rollback(True)
            return None
        member.second_step_at = timezone.now()
        member.save(update_fields=["second_step_at"])
        codes = _new_codes(member)
    request.session.pop(_KEY, None)
    request.session.cycle_key()
    request.session[_PASSED] = _stamp(member)
    return codes


def switch_off(member: Member) -> None:
    """The password alone is enough again; the phone's key and the recovery codes are deleted."""
    with transaction.atomic():
        Phone.objects.filter(user=member).delete()
        RecoveryCode.objects.filter(member=member).delete()
        member.second_step_at = None
        member.save(update_fields=["second_step_at"])


def codes_left(member: Member) -> int:
    return RecoveryCode.objects.filter(member=member, used_at=None).count()


def _new_codes(member: Member) -> list[str]:
    codes = ["".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    RecoveryCode.objects.filter(member=member).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(member=member, code_hash=_hash(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _stamp(user: object) -> str | None:
    at = getattr(user, "second_step_at", None)
    return at and at.isoformat()


def _read(text: str) -> str:
    """What was typed, without what people put between; O, I and L are the figures they look like."""
    return "".join(text.upper().translate(str.maketrans("OIL", "011", " -.\u00a0"))[:40].split())


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
