"""What the task of the queue `ai` does with a clean photo: look for people, and write down what was found.

It looks at the gate's rendition, never at uploaded bytes, and decides nothing: a person does, unless the operator has
set CITYLAB_PUBLISH_WITHOUT_PERSON and every search ended well and held nothing back.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from reports.models import Photo, PhotoCheck
from reports.photos import publishing, redaction, store
from reports.photos.people.looking import Findings, look, packages


def check_photo(check_id: int) -> None:
    """Look for people on the photo of this check; does nothing when that is done, or the row is gone.

    Raises the store's error, or ValueError for a damaged rendition, when it is worth trying again.
    """
    check = PhotoCheck.objects.select_related("photo").filter(pk=check_id, processed_at=None).first()
    if check is None:
        return
    findings = look(redaction.opened(store.get(store.RENDITIONS, check.photo.large_name)))
    with transaction.atomic():
        photo = Photo.objects.select_for_update(of=("self",)).filter(pk=check.photo_id).first()
        check = PhotoCheck.objects.select_for_update().filter(pk=check_id, processed_at=None).first()
        if photo is None or check is None:
            return
        _write(check, findings)
        if findings.boxes or findings.held:
            publishing.hide_after_check(photo)
        if may_publish_by_itself(photo, check):
            publishing.publish(photo, None)


def may_publish_by_itself(photo: Photo, check: PhotoCheck) -> bool:
    """Whether the operator's rule publishes this photo: off by default, and only what a whole check held nothing against."""
    complete = {check.faces, check.plates, check.nudity} == {PhotoCheck.Outcome.DONE}
    undecided = photo.state == Photo.State.CLEAN and photo.looked_at is None
    return settings.PUBLISH_WITHOUT_PERSON and complete and undecided and not check.held and not publishing.is_withdrawn(photo)


def _write(check: PhotoCheck, findings: Findings) -> None:
    """Boxes that a person drew meanwhile stay."""
    check.faces, check.plates, check.nudity = (findings.outcomes[name] for name in ("faces", "plates", "nudity"))
    check.boxes = [*check.boxes, *(box.as_row() for box in findings.boxes)]
    check.held = findings.held
    check.model = packages()[:200]
    check.processed_at = timezone.now()
    check.last_error = ""
    check.save()
