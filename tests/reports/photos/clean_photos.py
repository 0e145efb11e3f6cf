"""Photos as the gate leaves them, without the child process: for tests of what comes after."""

from __future__ import annotations

from django.utils import timezone
from PIL import Image

from reports.models import Case, Photo, PhotoCheck, Report
from reports.photos import store
from reports.photos.redaction import Box
from tests.reports.photos.pictures import encoded, scene


def clean_photo(
    report: Report | None = None, *, case: Case | None = None, picture: Image.Image | None = None, boxes: list[Box] | None = None,
    outcome: str = "done", held: bool = False, **fields: object,
) -> Photo:  # fmt: skip
    """A clean photo of a report, or an after-photo of a case, with a check that ended so; `outcome` "waiting" has not begun."""
    picture = picture or scene()
    small = picture.copy()
    small.thumbnail((320, 320))
    body = encoded(picture, quality=90)
    original, original_name = store.put(store.ORIGINALS, body + b"as it came", ".jpg")
    large, large_name = store.put(store.RENDITIONS, body, ".jpg")
    little, little_name = store.put(store.RENDITIONS, encoded(small, quality=85), ".jpg")
    now = timezone.now()
    position = Photo.objects.filter(report=report).count() + 1 if report else 1
    photo = Photo.objects.create(
        report=report, case=case, kind="after" if case else "report",
        original_sha256=original, original_name=original_name, original_size=len(body),
        large_sha256=large, large_name=large_name, small_sha256=little, small_name=little_name, width=picture.width, height=picture.height,
        **{"original_format": "JPEG", "position": position, "state": "clean", "received_at": now, "processed_at": now, "next_try": now, **fields},
    )  # fmt: skip
    done = now if outcome != "waiting" else None
    PhotoCheck.objects.create(
        photo=photo, faces=outcome, plates=outcome, nudity=outcome, held=held, boxes=[box.as_row() for box in boxes or []],
        created_at=now, next_try=now, processed_at=done,
    )  # fmt: skip
    return photo
