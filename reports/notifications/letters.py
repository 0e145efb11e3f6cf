"""What is said, and what carries it: the letter, and the contract of a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reports.contacts import ContactDetails


@dataclass(frozen=True, slots=True)
class Link:
    """Words to tap on, and where they lead (a whole address)."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in one language, before a channel gives it a form. All of it is plain text; nothing is markup.

    key: the same for the same message however often it is sent, and it tells nothing to a stranger. code: of the report, grouped.
    heading: what happened; with the code behind it, it is the whole message in one breath (`subject`).
    quote: words of the staff, between `lines` and `after`. answers: links below `question`, with `hint` under them.
    stop: ends all messages about this report; `why` says how it came to them.
    """

    key: str
    language: str
    kind: str
    heading: str
    code: str
    lines: tuple[str, ...]
    main: Link
    why: str
    stop: Link
    quote: str = ""
    after: tuple[str, ...] = ()
    question: str = ""
    answers: tuple[Link, ...] = ()
    hint: str = ""

    @property
    def subject(self) -> str:
        """“Cleaned: DN 7K4QX 29MWB”: enough for a subject, an SMS (with the main link behind it), or the title of a push."""
        return f"{self.heading}: {self.code}"


class NotHandedOver(Exception):
    """The letter has certainly not gone out, so trying again cannot send it twice. The error behind it is its `__cause__`."""


class Unreachable(Exception):
    """This address will never take a letter: it does not exist, or it is none."""


class Channel(Protocol):
    """A way to reach somebody: e-mail today; SMS, Zalo, web push when somebody writes them.

    A channel that is not configured reaches nobody, and says so. `send` raises `NotHandedOver` or `Unreachable` when it is sure;
    any other error means that nobody knows whether the letter went out, and it is not sent again by itself.
    """

    name: str  # at most 12 letters; kept with the message

    def can_reach(self, contact: ContactDetails) -> bool:
        """Whether this channel is configured and the contact has an address for it."""
        ...

    def address_of(self, contact: ContactDetails) -> str:
        """Where `send` sends to: an address, a number."""
        ...

    def send(self, to: str, letter: Letter) -> None:
        """Hand the letter over. Takes 5 minutes at most."""
        ...
