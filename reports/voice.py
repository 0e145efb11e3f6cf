"""The door for voice notes: a short recording instead of typed words, private, deleted after 30 days.

What it is, is read from its first bytes; it is never decoded, played or converted here, and the staff gets it as a file
to save. Every refusal has a code; pages and the API make sentences of it.
"""

from __future__ import annotations

import errno
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from reports.models import Report, VoiceNote
from reports.photos import disk, store

STORE = "voice"
MAX_BYTES = 3 * 2**20  # three minutes of a phone's 128 kbit/s, half an hour of Opus as browsers record it
HEAD = 64  # bytes that tell every format

# Brands of an ISO media file that hold a recording; pictures (heic, avif …) begin alike.
_BRANDS = {b"M4A ": "m4a", b"M4B ": "m4a", b"mp41": "mp4", b"mp42": "mp4", b"isom": "mp4", b"iso2": "mp4", b"iso4": "mp4", b"iso5": "mp4",
           b"iso6": "mp4", b"dash": "mp4", b"MSNV": "mp4", b"qt  ": "mp4"}  # fmt: skip

TYPES = {
    "webm": "audio/webm", "ogg": "audio/ogg", "mp4": "audio/mp4", "m4a": "audio/mp4", "mp3": "audio/mpeg", "wav": "audio/wav",
    "amr": "audio/amr", "3gp": "audio/3gpp", "aac": "audio/aac",
}  # fmt: skip


class VoiceRefused(Exception):
    """A recording that is not taken: too_large, empty, not_a_recording, voice_taken, disk_full, report_gone."""

    def __init__(self, code: str, **facts: int) -> None:
        super().__init__(", ".join([code, *(f"{name}={value}" for name, value in facts.items())]))
        self.code, self.facts = code, facts


def sniff_voice(head: bytes) -> str | None:
    """The format that a file with these first bytes claims to be (a key of TYPES), None for anything else."""
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head[:HEAD] or b"matroska" in head[:HEAD] else None
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "amr"
    if head[4:8] == b"ftyp":
        return "3gp" if head[8:11] in (b"3gp", b"3g2") else _BRANDS.get(head[8:12])
    if head.startswith(b"ID3"):
        return "mp3"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:  # the sync word of MPEG audio; ISO 11172-3, 13818-7
        layer, version = head[1] >> 1 & 3, head[1] >> 3 & 3
        if layer == 0:
            return "aac" if head[1] & 0xF6 == 0xF0 else None
        return "mp3" if version != 1 and head[2] >> 4 not in (0, 15) else None
    return None


def receive_voice(report: Report, body: bytes, *, now: datetime | None = None) -> tuple[VoiceNote, bool]:
    """Take the voice note of a report; return it and whether it is new. The same bytes again are the same note.

    When this returns, or when the transaction around it commits, the file is durable and its row names it.
    Raises VoiceRefused.
    """
    if not body:
        raise VoiceRefused("empty")
    if len(body) > MAX_BYTES:
        raise VoiceRefused("too_large", size=len(body), most=MAX_BYTES)
    form = sniff_voice(body[:HEAD])
    if form is None:
        raise VoiceRefused("not_a_recording", size=len(body))
    digest = store.sha256(body)
    if (note := _present(report, digest)) is not None:
        return note, False
    name = _put(body, form)
    try:
        with transaction.atomic():
            # Withdrawing and erasing take this lock too: what they remove is not added behind their back.
            if Report.objects.select_for_update(no_key=True).filter(pk=report.pk, withdrawn_at=None, redacted_at=None).first() is None:
                raise VoiceRefused("report_gone")
            store.hold([digest])
            store.ensure(STORE, name, body, f".{form}")
            return VoiceNote.objects.create(
                report=report, sha256=digest, name=name, size=len(body), format=form, received_at=now or timezone.now()
            ), True
    except IntegrityError:
        if (note := _present(report, digest)) is not None:  # the same upload came twice at once
            return note, False
        raise


def forget_voices(*, now: datetime, report: Report | None = None, before: datetime | None = None) -> int:
    """Let go of recordings, of one report or received before a moment; the reaper takes the files. Returns how many."""
    kept = VoiceNote.objects.exclude(name="")
    if report is not None:
        kept = kept.filter(report=report)
    if before is not None:
        kept = kept.filter(received_at__lt=before)
    return kept.update(name="", deleted_at=now)


def _put(body: bytes, form: str) -> str:
    space = disk.room()
    if space is not None and not space.takes(len(body)):
        raise VoiceRefused("disk_full", free=space.free, reserve=space.reserve)
    try:
        return store.put(STORE, body, f".{form}")[1]
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise VoiceRefused("disk_full", free=0, reserve=space.reserve if space else 0) from error


def _present(report: Report, digest: str) -> VoiceNote | None:
    """The report's voice note if it is the same one, None if there is none. Raises VoiceRefused."""
    note = VoiceNote.objects.filter(report=report).first()
    if note is not None and note.sha256 != digest:
        raise VoiceRefused("voice_taken")
    return note
