"""Everything that is stored about one report, for the person who sent it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken

from reports import contacts
from reports.models import Contact, Photo, PrivateLook, Report
from reports.periods import DEVICE_DAYS, ORIGINAL_DAYS, VOICE_DAYS


def stored_about(report: Report) -> dict[str, Any]:
    """All of it as plain values that JSON holds; moments as ISO 8601, places in degrees (WGS 84), sizes in bytes.

    Files are named by size and format; what was deleted is said to be. What belongs to others is not in it.
    """
    return {
        "report": _report(report),
        "device": _device(report),
        "photos": [_photo(photo) for photo in report.photos.filter(kind=Photo.Kind.REPORT).order_by("position")],
        "recording": _voice(report),
        "notes": [{"at": _written(note.at), "text": note.text} for note in report.notes.all()],
        "contact": contact_of(report),
        "answers": [{"at": _written(said.at), "clean": said.clean} for said in report.verdicts.order_by("at")],
        "messages": [
            {"kind": message.kind, "channel": message.channel, "sent_at": _written(message.sent_at), "cancelled_at": _written(message.cancelled_at)}
            for message in report.messages.order_by("created_at")
        ],
        "requests": [
            {"kind": asked.kind, "text": asked.text, "at": _written(asked.created_at), "due_at": _written(asked.due_at), "answer": asked.answer,
             "answered_at": _written(asked.closed_at)}
            for asked in report.data_requests.order_by("created_at")
        ],
        "opened_by_staff": [
            {"what": look.what, "at": _written(look.at)} for look in PrivateLook.objects.filter(report_code=report.code).order_by("at", "pk")
        ],
        "case": report.case and {"code": report.case.code, "status": report.case.status},
    }  # fmt: skip


def contact_of(report: Report) -> dict[str, Any] | None:
    """The contact, unsealed; `unreadable` when the key is another one now."""
    contact = Contact.objects.filter(report=report).first()
    if contact is None:
        return None
    told: dict[str, Any] = {
        "purposes": contact.purposes, "consented_at": _written(contact.consented_at), "consent_text": contact.consent_text,
        "stopped_at": _written(contact.stopped_at),
    }  # fmt: skip
    try:
        details = contacts.unseal(contact)
    except InvalidToken:
        return {**told, "unreadable": True}
    return {"email": details.email, "phone": details.phone, "name": details.name, **told}


def _report(report: Report) -> dict[str, Any]:
    point = report.location
    return {
        "id": str(report.uuid), "code": report.code, "channel": report.channel, "language": report.language,
        "received_at": _written(report.received_at), "observed_at": _written(report.observed_at),
        "longitude": point and point.x, "latitude": point and point.y, "accuracy_m": report.accuracy_m, "location_source": report.location_source,
        "area": report.area and report.area.code, "place": report.place and report.place.code, "sign": report.sign and report.sign.code,
        "problem": report.problem, "amount": report.amount, "waste_types": list(report.waste_types.values_list("code", flat=True)),
        "description": report.description, "external_ref": report.external_ref, "photos_expected": report.photos_expected, "voice_expected": report.voice_expected,
        "counts": report.counts, "held": report.held, "redacted_at": _written(report.redacted_at), "withdrawn_at": _written(report.withdrawn_at),
    }  # fmt: skip


def _device(report: Report) -> dict[str, Any]:
    """Of the device only a keyed hash is kept, from which nobody gets back to the device."""
    kept = report.reporter is not None
    return {"hash_kept": kept, "until": _written(report.received_at + timedelta(days=DEVICE_DAYS)) if kept else None}


def _photo(photo: Photo) -> dict[str, Any]:
    return {
        "position": photo.position, "state": photo.state, "received_at": _written(photo.received_at), "size": photo.original_size,
        "format": photo.original_format, "sha256": photo.original_sha256, "public": photo.state == Photo.State.PUBLISHED and photo.flagged_at is None,
        "original_until": _written(photo.received_at + timedelta(days=ORIGINAL_DAYS)) if photo.original_name else None,
        "kept": bool(photo.original_name or photo.large_name),
    }  # fmt: skip


def _voice(report: Report) -> dict[str, Any] | None:
    note = getattr(report, "voice_note", None)
    return note and {
        "received_at": _written(note.received_at), "size": note.size, "format": note.format, "deleted_at": _written(note.deleted_at),
        "until": _written(note.received_at + timedelta(days=VOICE_DAYS)) if note.name else None,
    }  # fmt: skip


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
