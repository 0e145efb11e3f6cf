"""Where messages go while no e-mail provider is configured: a line in this server's log, without address, place or secret."""

from __future__ import annotations

import logging

from reports.contacts import ContactDetails, is_mail_address
from reports.notifications.email import is_configured
from reports.notifications.letters import Letter

logger = logging.getLogger(__name__)


class ServerLog:
    """Reaches nobody, and the staff's page says so."""

    name = "log"

    def can_reach(self, contact: ContactDetails) -> bool:
        return not is_configured() and is_mail_address(contact.email)

    def address_of(self, contact: ContactDetails) -> str:
        return contact.email

    def send(self, to: str, letter: Letter) -> None:
        logger.info("not sent, for no e-mail provider is configured (CITYLAB_EMAIL_BACKEND): %s <%s>", letter.subject, letter.main.url)
