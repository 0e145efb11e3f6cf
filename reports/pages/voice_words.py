"""Sentences for recordings that could not be used: what happened, that the report is safe, what to do next."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reports.voice import MAX_BYTES


def why_not_voice(code: str) -> str:
    """The sentence for the `code` of a VoiceRefused."""
    match code:
        case "empty":
            return _("The file is empty. Choose it again, or leave it out.")
        case "too_large":
            return _("The recording is larger than %(most)s MB. Make a shorter one, or write a few words.") % {"most": MAX_BYTES // 2**20}
        case "voice_taken":
            return _("The report has a recording already.")
        case "report_gone":
            return _("This report was withdrawn or deleted. Nothing can be added to it.")
        case "disk_full":
            return _("No recordings can be taken at the moment. The report itself is safe; please write a few words instead.")
    return _("This file is not a recording. Choose one made by the phone’s recorder, or write a few words.")
