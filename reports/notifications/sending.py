"""One message, from its row to a channel: at most once, whoever runs this however often.

**The claim comes before the sending**, in a transaction of its own: of two workers only one gets it. What the channel says
afterwards decides:

* handed over: `sent_at`;
* certainly not taken (`NotHandedOver`): the claim is given back and the row is tried again later, ten times over six hours;
* refused for good (`Unreachable`): the row ends with a word;
* anything else, or a worker that was killed in between: nobody knows whether the letter is on its way. It is *not* sent
  again. The row becomes a dead letter that says so, and a person decides.

So a letter is never doubled by this product; in the last case it may be missing. A provider may still double what it took
once: each letter has the same Message-ID every time, by which mailboxes recognise it.
"""

from __future__ import annotations

import hmac
import logging
import re
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from reports import contacts
from reports.contacts import ContactDetails
from reports.models import Contact, Message, Report
from reports.models.case import Case, Status
from reports.notifications import wording
from reports.notifications.channels import channel_for
from reports.notifications.letters import Channel, Letter, NotHandedOver, Unreachable

logger = logging.getLogger(__name__)

Kind = Message.Kind

CLAIM_S = 360  # longer than any task may run (330 s), so that an older claim is that of a dead worker
LONGEST_PAUSE_S = 3600
MOST_A_DAY = 20  # to one address: a whole family's reports, but no weapon against somebody whose address was given

# Why a message ends without being sent, as it is kept on its row; `templatetags/message_words.py` has the sentences.
NO_CHANNEL = "no-channel"
ADDRESS_REFUSED = "address-refused"
STOPPED = "stopped"
FORGOTTEN = "forgotten"
WITHDRAWN = "withdrawn"
OUTDATED = "outdated"
HELD = "held"
TOO_MANY = "too-many"

STILL_TRUE: dict[str, tuple[str, ...]] = {Kind.CLEANED: (Status.CLEANED, Status.VERIFIED), Kind.REFUSED: (Status.REFUSED,)}


def send_message(message_id: int) -> None:
    """Send one message, if it is still waiting, wanted and true. Raises what a channel raised, after noting it on the row."""
    message = Message.objects.unprocessed().select_related("report__contact", "report__case", "report__area").filter(pk=message_id).first()
    if message is None:
        return
    if message.claimed_at is not None:
        _look_after(message)
        return
    Message.objects.filter(pk=message.pk).update(attempts=F("attempts") + 1)  # a run that is killed counts too
    if reason := why_not(message):
        _end(message, reason)
        return
    try:
        details = contacts.unseal(message.report.contact)
    except InvalidToken:  # the key is another one; nobody will ever read it
        _end(message, FORGOTTEN)
        return
    channel = channel_for(details)
    if channel is None:
        _end(message, NO_CHANNEL)
        return
    letter, recipient = wording.letter(message), _recipient(channel.address_of(details))
    if _sent_today(recipient) >= MOST_A_DAY:
        _end(message, TOO_MANY)
    elif _claim(message, channel, recipient):
        _hand_over(message, channel, details, letter)


def why_not(message: Message) -> str:
    """Why this message must not go out any more; empty when it may. What was scheduled is asked again: a minute has passed."""
    report: Report = message.report
    contact: Contact | None = getattr(report, "contact", None)
    if contact is None:
        return FORGOTTEN
    if report.withdrawn_at is not None:
        return WITHDRAWN
    if contact.stopped_at is not None or contacts.PROGRESS not in contact.purposes:
        return STOPPED
    if message.kind == Kind.RECEIVED and report.held:
        return HELD
    if message.kind in STILL_TRUE and (report.case is None or _standing(report.case).status not in STILL_TRUE[message.kind]):
        return OUTDATED
    return ""


def _standing(case: Case) -> Case:
    """The case where the work went on."""
    standing = case
    while standing.merged_into is not None:
        standing = standing.merged_into
    return standing


def _claim(message: Message, channel: Channel, recipient: bytes) -> bool:
    """Make the message this worker's own; False when another has it, or when it was taken back. Durable when this returns."""
    now = timezone.now()
    free = Message.objects.unprocessed().filter(pk=message.pk, claimed_at=None)
    return bool(
        free.update(claimed_at=now, channel=channel.name, recipient=recipient, next_try=now + timedelta(seconds=CLAIM_S), last_error="")
    )


def _hand_over(message: Message, channel: Channel, details: ContactDetails, letter: Letter) -> None:
    row = Message.objects.filter(pk=message.pk)
    try:
        channel.send(channel.address_of(details), letter)
    except Unreachable:
        _end(message, ADDRESS_REFUSED)
    except NotHandedOver as refusal:
        cause = refusal.__cause__ or refusal
        row.update(claimed_at=None, next_try=timezone.now() + pause(message.attempts + 1), last_error=type(cause).__name__)
        raise cause from None
    except Exception:
        row.update(failed_at=timezone.now())  # the claim stays: it says that the letter may have gone out
        raise
    else:
        now = timezone.now()
        row.update(sent_at=now, processed_at=now, last_error="")


def _look_after(message: Message) -> None:
    """Somebody has claimed it. A claim older than any task is that of a worker that died with the letter in its hand."""
    if message.claimed_at and message.claimed_at < timezone.now() - timedelta(seconds=CLAIM_S):
        dead = Message.objects.unprocessed().filter(pk=message.pk, claimed_at=message.claimed_at)
        if dead.update(failed_at=timezone.now(), last_error="killed"):
            logger.error("message %s: its worker died while handing it over; it may have gone out and is not sent again", message.pk)


def _end(message: Message, reason: str) -> None:
    """Nothing more will be tried; the staff reads why. What is no longer true counts as taken back: it may become true again."""
    now = timezone.now()
    taken_back = {"cancelled_at": now, "claimed_at": None} if reason == OUTDATED else {}
    Message.objects.unprocessed().filter(pk=message.pk).update(processed_at=now, last_error=reason, **taken_back)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many runs: 30 s, 90 s, 4.5 min … one hour. Providers are away for hours, not for minutes."""
    return timedelta(seconds=min(LONGEST_PAUSE_S, 10 * 3**attempts))


def _sent_today(recipient: bytes) -> int:
    since: datetime = timezone.now() - timedelta(days=1)
    return Message.objects.filter(recipient=recipient, claimed_at__gte=since).count()


def _recipient(address: str) -> bytes:
    """A keyed hash by which messages to one mailbox are counted; “+tag” and capitals make no other mailbox."""
    local, _, domain = address.casefold().rpartition("@")
    mailbox = f"{re.sub(r'[+].*', '', local)}@{domain}" if local else domain
    return hmac.digest(settings.REPORTER_KEY.encode(), b"recipient:" + mailbox.encode("utf-8", "surrogatepass"), "sha256")
