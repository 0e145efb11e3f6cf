"""E-mail, through Django's own SMTP or any provider of django-anymail.

Addressed to the bare address, never with the reporter's name: nothing that a stranger typed becomes part of a header.
"""

from __future__ import annotations

import smtplib
from email.utils import formatdate
from urllib.parse import urlsplit

from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils.translation import override
from requests import ConnectTimeout
from urllib3.exceptions import MaxRetryError, NewConnectionError

from reports.contacts import ContactDetails, is_mail_address
from reports.notifications.letters import Letter, NotHandedOver, Unreachable

NO_ANSWER_OF_ITS_OWN = (502, 504)  # said by a gateway in between: what the provider did is unknown


class Email:
    """One letter, one connection: messages are few, and a connection that died of waiting cannot make any of them doubtful."""

    name = "email"

    def can_reach(self, contact: ContactDetails) -> bool:
        return is_configured() and is_mail_address(contact.email)

    def address_of(self, contact: ContactDetails) -> str:
        return contact.email

    def send(self, to: str, letter: Letter) -> None:
        """Raises NotHandedOver, Unreachable, or what went wrong when nobody knows whether the letter is on its way."""
        try:
            connection = get_connection()
            mail = letter_as_mail(to, letter, connection)
        except Exception as error:
            raise NotHandedOver from error
        try:
            mail.message()  # what Django would find wrong with the address while sending, it finds here
        except ValueError as error:
            raise Unreachable from error
        try:
            connection.open()
        except Exception as error:  # nothing was handed over yet, whatever it is
            raise NotHandedOver from error
        try:
            mail.send()
        except Exception as error:
            if _never(error):
                raise Unreachable from error
            if _surely_refused(error):
                raise NotHandedOver from error
            raise
        finally:
            _close(connection)


def is_configured() -> bool:
    """Whether a provider is named; without one there is only the console."""
    return not settings.EMAIL_BACKEND.endswith("console.EmailBackend")


def letter_as_mail(to: str, letter: Letter, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The letter as text and as HTML, both with the same content, and the headers of RFC 2369, 3834 and 8058."""
    context = {"letter": letter, "city": settings.CITY, "site_url": settings.SITE_URL}
    with override(letter.language):
        text = render_to_string("messages/letter.txt", context)
        html = render_to_string("messages/letter.html", context)
    headers = {
        "Message-ID": f"<{letter.key}@{urlsplit(settings.SITE_URL).hostname}>",
        "X-Citylab-Message": letter.key,
        "Date": formatdate(localtime=False),
        "Content-Language": letter.language,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Unsubscribe": f"<{letter.stop.url}>",
    }
    if letter.stop.url.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058 allows it with HTTPS only
    mail = EmailMultiAlternatives(letter.subject, text, to=[to], headers=headers, connection=connection)
    mail.attach_alternative(html, "text/html")
    return mail


def _never(error: Exception) -> bool:
    """The address itself was refused for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _said in error.recipients.values())
    return isinstance(error, (AnymailRecipientsRefused, AnymailInvalidAddress))


def _surely_refused(error: Exception) -> bool:
    """The other side answered, and its answer was no; or there was no other side."""
    if isinstance(error, AnymailAPIError):
        if error.status_code is not None:
            return error.status_code >= 400 and error.status_code not in NO_ANSWER_OF_ITS_OWN
        return isinstance(error, ConnectTimeout) or _nobody_there(error.__cause__)
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 400
    before = (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError, AnymailUnsupportedFeature, ImproperlyConfigured)
    return isinstance(error, before)


def _nobody_there(cause: BaseException | None) -> bool:
    """Whether `requests` failed because no connection came about: its error carries that of urllib3."""
    carried = next(iter(cause.args), None) if cause else None
    return isinstance(carried, MaxRetryError) and isinstance(carried.reason, NewConnectionError)


def _close(connection: BaseEmailBackend) -> None:
    """Whatever goes wrong now changes nothing about the letter."""
    try:
        connection.close()
    except Exception:
        return
