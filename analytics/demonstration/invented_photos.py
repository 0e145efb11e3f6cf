"""Photos of the invented year: a few drawings, each through the door, the gate and the publishing of real ones, shared by many rows."""

from __future__ import annotations

from django.db.models import F, Min

from analytics.demonstration.drawn_places import SCENES, drawing
from reports.models import Case, Photo, Report
from reports.photos import publishing
from reports.photos.after import receive_after_photo
from reports.photos.processing import process_photo
from reports.photos.receiving import receive_photo

MOST = 600  # cases with a photo, the latest ones: nobody scrolls further, and each has a row
WAITING = 3  # photos that wait for a person, with something on them to be blurred

_SHARED = (
    "state", "original_sha256", "original_name", "original_size", "original_format", "large_sha256", "large_name", "small_sha256",
    "small_name", "public_large_sha256", "public_large_name", "public_small_sha256", "public_small_name", "width", "height",
)  # fmt: skip


def add_photos() -> int:
    """Give the latest cases photos and show them, and show every photo taken after cleaning; returns how many photos.

    Does nothing when that was done. The place of a case looks the same before and after: it goes by the case's id.
    """
    if Photo.objects.filter(kind=Photo.Kind.REPORT).exists():
        return 0
    latest = Case.objects.order_by("-observed_at", "-pk").values_list("pk", flat=True)[:MOST]
    first = Report.objects.filter(case__in=list(latest)).values("case").annotate(first=Min("pk")).values("first")
    reports = list(Report.objects.filter(pk__in=first).order_by("-observed_at", "-pk"))
    waiting, shown = reports[:WAITING], reports[WAITING:]
    for number, report in enumerate(waiting):  # each its own picture: the same one twice would hold the report for a look
        photo, _ = receive_photo(report, 1, drawing(number % SCENES, waste=True, passer_by=True))
        process_photo(photo.pk)
    for scene in range(SCENES):
        of_scene = [report for report in shown if _scene(report.case_id) == scene]
        if of_scene:
            _share_before(of_scene, drawing(scene, waste=True))
        _share_after(scene)
    return Photo.objects.count()


def _scene(case_id: int | None) -> int:
    return (case_id or 0) % SCENES


def _share_before(reports: list[Report], body: bytes) -> None:
    """One photo for each of these reports, which all show the first one's picture."""
    photo, _ = receive_photo(reports[0], 1, body)
    like = _shown(photo)
    Photo.objects.bulk_create(
        Photo(
            report=report, kind=Photo.Kind.REPORT, position=1, received_at=report.received_at, processed_at=report.received_at,
            next_try=report.received_at, published_at=report.received_at, **like,
        )
        for report in reports[1:]
    )  # fmt: skip


def _share_after(scene: int) -> None:
    """The picture of the cleaned place for every photo taken after a cleaning there."""
    rows = Photo.objects.filter(kind=Photo.Kind.AFTER, cleanup__isnull=False).annotate(scene=F("case_id") % SCENES).filter(scene=scene)
    one = rows.select_related("case").first()
    if one is None:
        return
    carrier = receive_after_photo(one.case, drawing(scene, waste=False))
    rows.update(published_at=F("received_at"), **_shown(carrier))
    carrier.delete()


def _shown(photo: Photo) -> dict[str, object]:
    """Pass a photo through the gate and publish it; the columns that other rows take over."""
    process_photo(photo.pk)
    photo = publishing.publish(photo, None)
    return {name: getattr(photo, name) for name in _SHARED}
