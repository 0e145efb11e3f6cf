"""The one table of channels. A new channel is a module that keeps the contract of `letters.py` and a line here."""

from __future__ import annotations

from reports.contacts import ContactDetails
from reports.notifications.email import Email
from reports.notifications.letters import Channel
from reports.notifications.server_log import ServerLog

# The first that reaches the reporter is taken.
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in (Email(), ServerLog())}


def channel_for(contact: ContactDetails) -> Channel | None:
    """The channel that reaches this reporter; None when none does."""
    return next((channel for channel in CHANNELS.values() if channel.can_reach(contact)), None)
