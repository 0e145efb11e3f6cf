"""Where messages go while no e-mail provider is configured: into this server's log, without address and without secret."""

from __future__ import annotations

import logging

from reports.contacts import ContactDetails
from reports.notifications.email import is_address, is_configured
from reports.notifications.letters import Letter

logger = logging.getLogger(__name__)


class ServerLog:
    """Reaches nobody, and the staff's page says so. What a reporter would have read is in the worker's log."""

    name = "log"

    def can_reach(self, contact: ContactDetails) -> bool:
        return not is_configured() and is_address(contact.email)

    def address_of(self, contact: ContactDetails) -> str:
        return contact.email

    def send(self, to: str, letter: Letter) -> None:
        said = "\n".join([letter.subject, "", *letter.lines, letter.main.url])
        logger.info("no e-mail provider is configured (CITYLAB_EMAIL_BACKEND); this was not sent:\n%s", said)
