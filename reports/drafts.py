"""Photos of a form that is not complete yet: kept on the server, so that nobody has to choose them again.

The bytes go into the private store under the name of their content, and the form carries a signed reference to them,
bound to the report's UUID. No row is made: what is never sent is an orphan, which the reaper removes after a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core import signing

from reports.photos import disk, store
from reports.photos.receiving import DiskFull, inspect

SALT = "reports.drafts"
MAX_AGE = 20 * 3600  # seconds; the reaper takes files after 24 hours
LONGEST_NAME = 60


@dataclass(frozen=True)
class KeptPhoto:
    """A photo that waits for its report. `name` is what the phone called it, only to be shown in the same form."""

    reference: str
    name: str
    size: int


def keep(uuid: UUID, body: bytes, name: str) -> KeptPhoto:
    """Store a photo for the report `uuid`. Raises a PhotoRefused like the door for photos does."""
    suffix = store.SUFFIXES[inspect(body).format]
    space = disk.room()
    if space is not None and not space.takes(len(body)):
        raise DiskFull(free=space.free, reserve=space.reserve)
    digest, _name = store.put(store.ORIGINALS, body, suffix)
    name = name[-LONGEST_NAME:]
    facts = {"u": uuid.hex, "d": digest, "s": suffix, "n": name, "b": len(body)}
    return KeptPhoto(signing.dumps(facts, salt=SALT, compress=True), name, len(body))


def open_kept(uuid: UUID, reference: str) -> tuple[KeptPhoto, bytes] | None:
    """The photo behind a reference, or None when it is forged, of another report, too old, or gone."""
    try:
        facts = signing.loads(reference, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    if facts["u"] != uuid.hex:
        return None
    try:
        body = store.get(store.ORIGINALS, store.name_of(facts["d"], facts["s"]))
    except OSError:
        return None
    return KeptPhoto(reference, facts["n"], facts["b"]), body
