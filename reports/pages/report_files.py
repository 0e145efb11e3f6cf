"""The files of a step's form: photos and a voice note, looked at and kept in the draft, or refused with a sentence each."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from reports import drafts
from reports.models import Draft
from reports.pages.photo_words import why_not
from reports.photos import limits
from reports.photos.receiving import PhotoRefused, TooLarge
from reports.voice import HEAD, MAX_BYTES, sniff_voice

LONGEST_NAME = 40  # letters of a file's name within a sentence
VOICE = "voice"  # what `remove` says of it


def take_photos(request: HttpRequest, draft: Draft, fields: tuple[str, ...] = ("photo_camera", "photo_gallery")) -> dict[str, list[str]]:
    """Keep the photos that came with the form; why others could not be kept."""
    sentences = []
    files = [file for name in fields for file in request.FILES.getlist(name)]
    for file in files:
        if not file.size:
            sentences.append(named_sentence(file, why_not("empty")))
            continue
        try:
            drafts.keep_photo(draft, _bytes(file), file.name or "")
        except PhotoRefused as refusal:
            sentences.append(named_sentence(file, why_not(refusal.code)))
    return {"photos": list(dict.fromkeys(sentences))} if sentences else {}


def take_voice(request: HttpRequest, draft: Draft) -> dict[str, list[str]]:
    """Keep the recording that came with the form; why it could not be kept."""
    file = request.FILES.get("voice")
    if file is None:
        return {}
    if not file.size:
        return {"voice": [named_sentence(file, why_not("empty"))]}
    if file.size > MAX_BYTES:
        sentence = _("The recording is larger than %(most)s MB. Make a shorter one, or write a few words.")
        return {"voice": [named_sentence(file, sentence % {"most": MAX_BYTES // 2**20})]}
    body = file.read()
    if sniff_voice(body[:HEAD]) is None:
        return {"voice": [named_sentence(file, _("This file is not a recording. Choose a sound file, or write a few words."))]}
    try:
        drafts.keep_voice(draft, body, file.name or "")
    except PhotoRefused as refusal:
        return {"voice": [why_not(refusal.code)]}
    return {}


def remove_file(draft: Draft, which: str) -> None:
    """Take out the kept photo with this SHA-256, or the voice note."""
    if which == VOICE:
        drafts.drop_voice(draft)
    elif which:
        drafts.drop_photo(draft, which)


def named_sentence(file: UploadedFile, sentence: str) -> str:
    return f"{(file.name or '')[-LONGEST_NAME:]}: {sentence}"


def _bytes(file: UploadedFile) -> bytes:
    if (file.size or 0) > limits.MAX_BYTES:
        raise TooLarge(most=limits.MAX_BYTES, size=file.size or 0)
    return file.read()
