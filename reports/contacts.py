"""How to reach a reporter: sealed at once, apart from the report, and kept only with consent."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import override

from reports.clean_text import clean_text
from reports.models import Contact
from reports.rules import Refusal

PROGRESS = "progress"  # news of this report
QUESTIONS = "questions"  # the city may ask back where the waste is
PURPOSES = (PROGRESS, QUESTIONS)  # each with a box of its own
LONGEST = 200  # of each detail; an e-mail address has at most 254, a Vietnamese one rarely 60

DIGITS = range(8, 16)  # of a telephone number: the shortest hotline with its area code, and what E.164 allows

_PHONE = re.compile(r"[\d +().\u00a0\u202f-]+")
_EMAIL = re.compile(r"[^@\s,;<>()\"\[\]]+@[^@\s,;<>()\[\]]+\.[^@\s,;<>()\[\]]+")


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What a resident gave to be reached by, and for what. All of it is optional, some of it must be there.

    `purposes` are the boxes that were ticked. Consent without a purpose, as older senders give it, is for news alone.
    """

    phone: str = ""
    email: str = ""
    name: str = ""
    consent: bool = False
    purposes: tuple[str, ...] = ()

    def cleaned(self) -> ContactDetails:
        once = tuple(dict.fromkeys(self.purposes))
        return ContactDetails(clean_text(self.phone), clean_text(self.email), clean_text(self.name), self.consent, once)

    @property
    def agreed(self) -> tuple[str, ...]:
        """What these details may be used for, in the order of PURPOSES."""
        return tuple(purpose for purpose in PURPOSES if purpose in self.purposes) or (PROGRESS,)

    @property
    def is_empty(self) -> bool:
        return not (self.phone or self.email or self.name)


def refusals_of(details: ContactDetails) -> list[Refusal]:
    """Why these (cleaned) details cannot be kept. Nothing given is nothing to refuse, unless a purpose was ticked for it."""
    if details.is_empty:
        return [Refusal("contact", "contact_unreadable", {})] if details.purposes else []
    found = []
    if unknown := [purpose for purpose in details.purposes if purpose not in PURPOSES]:
        found.append(Refusal("contact", "purpose_unknown", {"purposes": unknown}))
    if not (details.phone or details.email) or max(len(details.phone), len(details.email), len(details.name)) > LONGEST:
        found.append(Refusal("contact", "contact_unreadable", {}))
    elif details.phone and not is_phone(details.phone):
        found.append(Refusal("contact", "phone_unreadable", {}))
    elif details.email and not is_mail_address(details.email):
        found.append(Refusal("contact", "email_unreadable", {}))
    if not details.consent:
        found.append(Refusal("contact", "consent_missing", {}))
    return found


def is_phone(text: str) -> bool:
    """Whether somebody can dial it: with or without +84, and with spaces, dots, dashes and brackets as people write them."""
    return bool(_PHONE.fullmatch(text)) and sum(letter.isdecimal() for letter in text) in DIGITS


def is_mail_address(text: str) -> bool:
    """Whether a letter can be sent there: one usual address, whose part before the @ every provider takes."""
    if not _EMAIL.fullmatch(text):
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def purpose_words(purpose: str) -> str:
    """What one box says, in the active language."""
    if purpose == QUESTIONS:
        return _("The city may ask me where the waste is, if it is not found.")
    return _("Tell me what became of this report: three messages at most.")


def keeping_words() -> str:
    """How the details are kept: what stands under the boxes, in the active language."""
    return _("Used for nothing else. Kept encrypted, deleted 90 days after the case is closed.")


def consent_words(language: str = "", purposes: tuple[str, ...] = ()) -> str:
    """The words that were agreed to, as the form showed them and as they are kept with the contact.

    Senders that know no purposes agreed to one sentence.
    """
    with override(language or settings.LANGUAGE_CODE):
        if purposes:
            return "\n".join([*map(purpose_words, purposes), keeping_words()])
        return _(
            "I agree that the city uses these details to tell me about this report. "
            "They are kept encrypted and deleted 90 days after the case is closed."
        )


def seal(details: ContactDetails) -> bytes:
    """The details as a Fernet token: nobody reads them without CITYLAB_CONTACT_KEY."""
    kept = {name: value for name, value in asdict(details).items() if value and name not in ("consent", "purposes")}
    return _fernet(settings.CONTACT_KEY).encrypt(json.dumps(kept, ensure_ascii=False).encode())


def unseal(contact: Contact) -> ContactDetails:
    """The details of a kept contact. Raises cryptography.fernet.InvalidToken when the key is another one."""
    return ContactDetails(**json.loads(_fernet(settings.CONTACT_KEY).decrypt(bytes(contact.sealed))), consent=True)


def seal_text(text: str) -> str:
    """One detail of a form that is not sent yet, as a Fernet token."""
    return _fernet(settings.CONTACT_KEY).encrypt(text.encode()).decode("ascii")


def unseal_text(token: str) -> str:
    """The detail in a token; nothing when the key is another one: it is typed again."""
    try:
        return _fernet(settings.CONTACT_KEY).decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError):
        return ""


@lru_cache(maxsize=4)
def _fernet(key: str) -> Fernet:
    return Fernet(key)
