"""What pages ask about photos: whether they are public, what is blurred on them, and who may see more."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from reports.models import Case, Photo, PhotoCheck
from reports.photos import private_photos, publishing
from reports.photos.redaction import FACE, PLATE, Box

register = template.Library()


@register.filter
def public_photo(photo: Photo | None, size: str | None = "small") -> str:
    """The public address of a photo, or nothing where it is not public."""
    return (publishing.public_url(photo, size if size in publishing.SIZES else "small") or "") if photo else ""


@register.filter
def sees_photos(user: object) -> bool:
    """Whether this member sees photos that are not blurred."""
    return private_photos.may_see_photos(user)


@register.filter
def boxes(photo: Photo) -> list[Box]:
    """What would be blurred, padding and all, in shares of the picture."""
    check = check_of(photo)
    return [Box.of_row(row).padded() for row in check.boxes] if check else []


@register.filter
def check_of(photo: Photo) -> PhotoCheck | None:
    """The check of a photo, where there is one."""
    return getattr(photo, "check_for_people", None)


@register.filter
def svg_percent(share: float) -> str:
    """A share for SVG, where a comma would break it: 41.52."""
    return f"{100 * share:.2f}"


@register.filter
def hundredths(share: float) -> float:
    """A share in percent."""
    return 100 * share


@register.filter
def box_words(box: Box) -> str:
    """What a box is about."""
    return {FACE: _("face"), PLATE: _("number plate")}.get(box.kind, _("drawn by hand"))


@register.filter
def box_value(box: Box) -> str:
    """A box as the value of a field, which `reports.pages.box_fields` reads again."""
    return ":".join([box.kind, *(f"{number:.4f}" for number in (box.x, box.y, box.w, box.h))])


@register.filter
def checked_photos(case: Case) -> int:
    """How many photos of the case's reports one click may make public."""
    return publishing.checked_photos(case).count()


@register.filter
def check_words(photo: Photo) -> str:
    """How far the search for people is, in a sentence."""
    check = check_of(photo)
    if check is None or (check.processed_at is None and check.failed_at is None):
        return _("No machine has looked for people yet. Look closely.")
    outcomes = {check.faces, check.plates, check.nudity}
    if check.failed_at or PhotoCheck.Outcome.FAILED in outcomes:
        return _("The search for people failed. Look closely.")
    if PhotoCheck.Outcome.SKIPPED in outcomes:
        return _("Not everything could be searched for here. Look closely.")
    if not check.boxes:
        return _("A machine looked for faces and number plates and found none. It misses some.")
    return _("A machine looked for faces and number plates. It misses some.")
