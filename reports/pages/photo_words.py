"""Sentences for photos that could not be used: what happened, that the report is safe, what to do next."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reports.models import Photo
from reports.photos import limits

KNOWN = ("too_large", "not_a_photo", "too_many_pixels", "too_many_scans", "broken", "disk_full", "position_taken", "bad_position", "report_gone")


def why_not(code: str) -> str:
    """The sentence for the `code` of a PhotoRefused. Unknown codes read as a photo that cannot be opened."""
    if code == "too_large":
        return _("The photo is larger than %(most)s MB. Choose another one, or leave the photo out.") % {
            "most": limits.MAX_BYTES // 2**20
        }
    if code == "empty":
        return _("The file is empty. Choose it again, or leave it out.")
    if code == "not_a_photo":
        return _("This file is not a photo. Choose a JPEG, PNG, WebP or HEIC picture.")
    if code in ("too_many_pixels", "too_many_scans"):
        return _("The photo has too many pixels. Choose another one, or take it again with the phone’s camera.")
    if code == "disk_full":
        return _("No photos can be taken at the moment. The report itself is safe; please try the photo again tomorrow.")
    if code in ("position_taken", "bad_position"):
        return _("The report has three photos already.")
    if code == "report_gone":
        return _("This report was withdrawn or deleted. Nothing can be added to it.")
    return _("The photo is damaged and cannot be opened. Choose another one, or take it again.")


def state_of(photo: Photo) -> str:
    """How far a photo is, for the person who sent it."""
    if photo.state == Photo.State.REJECTED:
        return _("received, not shown") if photo.large_name else _("could not be used")
    if photo.state == Photo.State.PUBLISHED and photo.flagged_at is None:
        return _("shown on the public page, with faces blurred")
    if photo.state == Photo.State.QUARANTINED:
        return _("received, being checked")
    return _("received and kept")
