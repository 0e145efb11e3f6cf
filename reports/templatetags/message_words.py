"""What became of the messages to the people who reported a place, in words for the staff. No address, no name."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citylab.templatetags.words import moment
from reports.models import Case, Message
from reports.notifications import sending

register = template.Library()

SHOWN = 50  # of one case; beyond this nobody reads on

NOT_SENT = {
    sending.NO_CHANNEL: gettext_lazy("not sent: no e-mail address was given"),
    sending.ADDRESS_REFUSED: gettext_lazy("not sent: there is no such mailbox"),
    sending.STOPPED: gettext_lazy("not sent: the reporter stopped messages"),
    sending.FORGOTTEN: gettext_lazy("not sent: the contact details are no longer kept"),
    sending.WITHDRAWN: gettext_lazy("not sent: the report was withdrawn"),
    sending.HELD: gettext_lazy("not sent: the report was held for a look"),
    sending.TOO_MANY: gettext_lazy("not sent: this mailbox had too many messages that day"),
    sending.OUTDATED: gettext_lazy("taken back: it was no longer true"),
}


@register.simple_tag
def messages_about(case: Case) -> list[Message]:
    """The messages about the reports of a case, the newest first."""
    return list(Message.objects.filter(report__case=case).select_related("report").order_by("-created_at", "-id")[:SHOWN])


@register.filter
def message_state(message: Message) -> str:
    """How far a message is, or why it was not sent."""
    if message.sent_at:
        if message.channel == "log":
            return _("written to this server’s log only: no e-mail provider is configured")
        return _("sent on %(moment)s") % {"moment": moment(message.sent_at)}
    if message.failed_at:
        if message.claimed_at:
            return _("it is not known whether it went out: something broke while it was handed over")
        return _("could not be sent")
    if message.last_error in NOT_SENT:
        return str(NOT_SENT[message.last_error])
    if message.cancelled_at:
        return _("taken back")
    if message.claimed_at:
        return _("is being sent")
    if message.attempts:
        return _("not sent yet, tried again on %(moment)s") % {"moment": moment(message.next_try)}
    return _("goes out on %(moment)s, unless it is taken back") % {"moment": moment(message.next_try)}


@register.filter
def message_tone(message: Message) -> str:
    """The class of its words: good, bad or soft."""
    if message.failed_at or message.last_error == sending.ADDRESS_REFUSED:
        return "bad"
    return "good" if message.sent_at and message.channel != "log" else "soft"
