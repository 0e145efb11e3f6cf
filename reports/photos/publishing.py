"""The only place where a photo becomes public, or stops being so.

A person publishes (DESIGN rule 4): the blurred renditions are made from the boxes at that moment, and only they have a
public address. Anybody may flag a public photo, which hides it at once until a person has looked. Each decision adds a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from citylab.models import Member
from citylab.permissions import may_work
from reports.clean_text import clean_text
from reports.models import Case, Photo, PhotoCheck, PhotoDecision
from reports.photos import redaction, store
from reports.photos.private_photos import visible_photos
from reports.photos.redaction import Box

Decision = PhotoDecision.Kind
State = Photo.State

SIZES = ("large", "small")

STANDS_AFTER = 2
"""How often a person shows a flagged photo again before flags are only counted: a few phones cannot hide it for good."""


HIDDEN_IN_AN_HOUR = 30
"""How many photos the flags of strangers hide in an hour, of the whole city: more is a script that walks through the numbers,
and people could not look at as many in that time. What is flagged beyond is only counted."""


class NotAllowed(Exception):
    """This member may not decide about this photo."""


class NotPossible(Exception):
    """The photo is in a state from which this does not lead anywhere. `why` is its state, or `withdrawn`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ReasonMissing(Exception):
    """Somebody who rejects a photo says why."""


class RenditionDamaged(Exception):
    """The stored rendition is not what the gate made."""


# --- verbs --------------------------------------------------------------------------------------------


def publish(photo: Photo, actor: Member | None, *, boxes: Iterable[Box] | None = None, now: datetime | None = None) -> Photo:
    """Make the blurred renditions and show them; `actor` None is the operator's rule.

    `boxes` are what is blurred, as shares of the picture; None takes those of the photo's check. Publishing again replaces
    the renditions, and answers a flag. Raises NotAllowed, NotPossible, RenditionDamaged, or the store's error.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = _locked(photo, actor)
        if row.state == State.QUARANTINED or not row.large_name:
            raise NotPossible(row.state)
        if is_withdrawn(row):
            raise NotPossible("withdrawn")
        check = _check_of(row, now)
        chosen = [Box.of_row(found) for found in check.boxes] if boxes is None else list(boxes)
        if boxes is not None:
            check.boxes = [box.as_row() for box in chosen]
            check.save(update_fields=["boxes"])
        _keep_renditions(row, chosen)
        kind = Decision.KEPT if row.flagged_at else Decision.PUBLISHED
        row.state, row.reject_reason = State.PUBLISHED, ""
        row.published_at, row.flagged_at = now, None
        if actor is not None:
            row.looked_at, row.looked_by = now, actor
        row.save()
        _record(row, kind, actor, now, boxes=check.boxes, sha256=row.public_large_sha256)
    return row


def publish_checked(case: Case, actor: Member) -> int:
    """Publish the photos of a case's reports that `checked_photos` names; returns how many. Raises NotAllowed."""
    return len([publish(photo, actor) for photo in checked_photos(case)])


def reject(photo: Photo, actor: Member, reason: str, *, now: datetime | None = None) -> Photo:
    """Say that a photo is not to be shown; who works on the case still sees it. Its public renditions go.

    Raises NotAllowed, NotPossible, ReasonMissing.
    """
    words = clean_text(reason)[:200]
    if not words:
        raise ReasonMissing
    now = now or timezone.now()
    with transaction.atomic():
        row = _locked(photo, actor)
        if row.state not in (State.CLEAN, State.PUBLISHED):
            raise NotPossible(row.state)
        row.state, row.reject_reason = State.REJECTED, words
        row.looked_at, row.looked_by = now, actor
        row.published_at = row.flagged_at = None
        row.public_large_name = row.public_large_sha256 = row.public_small_name = row.public_small_sha256 = ""
        row.save()
        _record(row, Decision.REJECTED, actor, now, reason=words)
    return row


def flag(photo: Photo, *, now: datetime | None = None) -> bool:
    """Somebody says that a person can be seen: hide the photo until a person looks. Returns whether it was hidden by this.

    After a person has shown it again twice, a flag is only counted; so is any while flags have hidden too many photos.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = Photo.objects.select_for_update(of=("self",)).filter(pk=photo.pk, state=State.PUBLISHED).first()
        if row is None:
            return False
        row.flags += 1
        hides = row.flagged_at is None and row.decisions.filter(kind=Decision.KEPT).count() < STANDS_AFTER and not _is_braked(now)
        if hides:
            row.flagged_at = now
            _record(row, Decision.FLAGGED, None, now)
        row.save(update_fields=["flags", "flagged_at"])
    return hides


def hide_after_check(photo: Photo, *, now: datetime | None = None) -> None:
    """A check that ended late found something on a photo that is public already: hide it until a person looks again."""
    now = now or timezone.now()
    if Photo.objects.filter(pk=photo.pk, state=State.PUBLISHED, flagged_at=None).update(flagged_at=now):
        _record(photo, Decision.FLAGGED, None, now, reason="check")


def hide_again(photo: Photo, actor: Member, *, now: datetime | None = None) -> bool:
    """A member takes back at once what they showed: the photo is hidden and waits for a look. Returns whether it was shown."""
    now = now or timezone.now()
    with transaction.atomic():
        row = _locked(photo, actor)
        if row.state != State.PUBLISHED or row.flagged_at is not None:
            return False
        row.flagged_at = now
        row.save(update_fields=["flagged_at"])
        _record(row, Decision.FLAGGED, actor, now, reason="undo")
    return True


# --- questions ----------------------------------------------------------------------------------------


def is_withdrawn(photo: Photo) -> bool:
    """Whether the report was taken back: none of its photos is public then."""
    return photo.report is not None and photo.report.withdrawn_at is not None


def is_public(photo: Photo) -> bool:
    """Whether anybody may see the photo at this moment; the same rule as `Photo.objects.public()`."""
    return photo.state == State.PUBLISHED and photo.flagged_at is None and not is_withdrawn(photo)


def public_url(photo: Photo, size: str) -> str | None:
    """The address of the `large` or `small` public rendition, or None when the photo is not public."""
    return reverse("public-photo", args=[photo.pk, size]) if is_public(photo) else None


def checked_photos(case: Case) -> QuerySet[Photo]:
    """The photos of a case's reports on which every search ended well, and about which nobody has decided yet."""
    done = PhotoCheck.Outcome.DONE
    return Photo.objects.filter(
        report__case=case, report__withdrawn_at=None, state=State.CLEAN, looked_at=None, check_for_people__held=False,
        check_for_people__faces=done, check_for_people__plates=done, check_for_people__nudity=done,
    ).order_by("report__observed_at", "position", "pk")  # fmt: skip


def photo_of_case(case: Case, kind: str = "report") -> Photo | None:
    """The public photo that stands for a case: the first sent with a report, or the latest taken `after` cleaning."""
    return photos_of_cases([case], kind).get(case.pk)


def photos_of_cases(cases: Iterable[Case], kind: str = "report") -> dict[int, Photo]:
    """`photo_of_case` for many cases in one query: {id of the case: photo}, without the cases that have none."""
    ids = [case.pk for case in cases]
    public = Photo.objects.public().select_related("report")
    found: dict[int, Photo] = {}
    if kind == Photo.Kind.REPORT:
        for photo in public.filter(report__case__in=ids, kind=kind).order_by("report__observed_at", "position", "pk"):
            found.setdefault(photo.report.case_id, photo)
    else:
        for photo in public.filter(case__in=ids, kind=kind).order_by("-received_at", "position", "-pk"):
            found.setdefault(photo.case_id, photo)
    return found


# --- how ----------------------------------------------------------------------------------------------


def _is_braked(now: datetime) -> bool:
    """Whether strangers have hidden as many photos within the hour as they may. Two at once may pass by one; that harms nobody."""
    hidden = PhotoDecision.objects.filter(kind=Decision.FLAGGED, actor=None, reason="", at__gt=now - timedelta(hours=1))
    return hidden.count() >= HIDDEN_IN_AN_HOUR


def _locked(photo: Photo, actor: Member | None) -> Photo:
    """The photo's row, locked. Raises NotAllowed when the actor may not decide about it, or it is gone."""
    rows = Photo.objects.all() if actor is None else visible_photos(actor)
    if (actor is not None and not may_work(actor)) or not rows.filter(pk=photo.pk).exists():
        raise NotAllowed
    return Photo.objects.select_related("report").select_for_update(of=("self",)).get(pk=photo.pk)


def _check_of(photo: Photo, now: datetime) -> PhotoCheck:
    check, _ = PhotoCheck.objects.get_or_create(photo=photo, defaults={"created_at": now, "next_try": now})
    return check


def _keep_renditions(photo: Photo, boxes: list[Box]) -> None:
    """Store the blurred renditions and name them on the row. The transaction around this commits after they are durable."""
    clean = store.get(store.RENDITIONS, photo.large_name)
    if store.sha256(clean) != photo.large_sha256:
        raise RenditionDamaged(photo.large_name)
    large, small = redaction.renditions(clean, boxes)
    photo.public_large_sha256, photo.public_large_name = store.put(store.RENDITIONS, large, ".jpg")
    photo.public_small_sha256, photo.public_small_name = store.put(store.RENDITIONS, small, ".jpg")
    store.hold([photo.public_large_sha256, photo.public_small_sha256])
    store.ensure(store.RENDITIONS, photo.public_large_name, large, ".jpg")
    store.ensure(store.RENDITIONS, photo.public_small_name, small, ".jpg")


def _record(photo: Photo, kind: str, actor: Member | None, now: datetime, *, reason: str = "", boxes: list | None = None, sha256: str = "") -> None:
    PhotoDecision.objects.create(photo=photo, kind=kind, actor=actor, at=now, reason=reason, boxes=boxes or [], sha256=sha256)
