"""What the task does with a photo: read the original, pass it through the gate, store what came out."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from reports.models import Photo, PhotoCheck
from reports.photos import fingerprints, gate, store


class OriginalDamaged(Exception):
    """The stored original is not what was received."""


def process_photo(photo_id: int) -> None:
    """Turn a quarantined photo into a clean or a rejected one; does nothing when that is done, or the row is gone.

    The row stays locked meanwhile, so a second run waits and then finds the work done. Raises GateUnavailable,
    OriginalDamaged or the store's error when it is worth trying again: the row is then as it was, and waits.
    """
    with transaction.atomic():
        photo = Photo.objects.select_for_update(of=("self",)).filter(pk=photo_id, processed_at=None).first()
        if photo is None:
            return
        try:
            clean = gate.clean_photo(_original(photo))
        except gate.PhotoRejected as rejection:
            photo.state = Photo.State.REJECTED
            photo.reject_reason = rejection.reason
        else:
            _keep(photo, clean)
        photo.processed_at = now = timezone.now()
        photo.last_error = ""
        photo.save()
        if photo.state == Photo.State.CLEAN:  # the row is the queue of who looks for people, where somebody does
            PhotoCheck.objects.get_or_create(photo=photo, defaults={"created_at": now, "next_try": now})


def _original(photo: Photo) -> bytes:
    if not photo.original_name:  # privacy rules took it before it was checked
        raise gate.PhotoRejected("original deleted")
    body = store.get(store.ORIGINALS, photo.original_name)
    if store.sha256(body) != photo.original_sha256:
        raise OriginalDamaged(photo.original_name)
    return body


def _keep(photo: Photo, clean: gate.CleanPhoto) -> None:
    """Store the renditions and name them on the row. The transaction around this commits after they are durable."""
    photo.large_sha256, photo.large_name = store.put(store.RENDITIONS, clean.large, ".jpg")
    photo.small_sha256, photo.small_name = store.put(store.RENDITIONS, clean.small, ".jpg")
    store.hold([photo.large_sha256, photo.small_sha256])
    store.ensure(store.RENDITIONS, photo.large_name, clean.large, ".jpg")
    store.ensure(store.RENDITIONS, photo.small_name, clean.small, ".jpg")
    photo.width, photo.height = clean.width, clean.height
    photo.phash, photo.dhash = fingerprints.hashes_of(clean.large)
    photo.state = Photo.State.CLEAN
