"""What the reporter, and whoever stands at the place, may do after a report was sent; and what privacy rules take away.

Each idea is a file: notes, withdrawal, verdicts, contact, requests about data, erasure, and what is stored about a report.
"""

from reports.follow_up.contact import correct_contact, delete_contact, stop_messages
from reports.follow_up.erasure import erase
from reports.follow_up.not_taken import NotTaken
from reports.follow_up.notes import add_note
from reports.follow_up.verdicts import give_verdict
from reports.follow_up.withdrawal import withdraw_report

__all__ = [
    "NotTaken",
    "add_note",
    "correct_contact",
    "delete_contact",
    "erase",
    "give_verdict",
    "stop_messages",
    "withdraw_report",
]
