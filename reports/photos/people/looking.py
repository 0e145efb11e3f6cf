"""All searches over one picture. A search that cannot look says so; it never takes the others down."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata

from PIL import Image

from reports.photos.people import SIDE, PackageMissing, faces, nudity, plates
from reports.photos.redaction import Box

logger = logging.getLogger(__name__)

DONE, SKIPPED, FAILED = "done", "skipped", "failed"


@dataclass
class Findings:
    """How each search ended (`faces`, `plates`, `nudity`), what is to be blurred, and whether a person has to look first."""

    outcomes: dict[str, str] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)
    held: bool = False

    @property
    def is_complete(self) -> bool:
        return set(self.outcomes.values()) == {DONE}


def look(picture: Image.Image) -> Findings:
    """Search an RGB picture for faces, plates and nudity."""
    findings = Findings()
    smaller = picture
    if max(picture.size) > SIDE:
        smaller = picture.copy()
        smaller.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    for name, search in (("faces", _faces), ("plates", _plates), ("nudity", _nudity)):
        findings.outcomes[name] = _outcome(name, search, smaller, findings)
    return findings


def _outcome(name: str, search: Callable[[Image.Image, Findings], None], picture: Image.Image, findings: Findings) -> str:
    try:
        search(picture, findings)
    except PackageMissing:
        return SKIPPED
    except Exception as error:  # whatever a model makes of a picture: the photo then waits for a person
        logger.error("photos: looking for %s failed: %s", name, type(error).__name__)
        return FAILED
    return DONE


def _faces(picture: Image.Image, findings: Findings) -> None:
    findings.boxes += faces.find(picture)


def _plates(picture: Image.Image, findings: Findings) -> None:
    findings.boxes += plates.find(picture)


def _nudity(picture: Image.Image, findings: Findings) -> None:
    findings.held = nudity.found(picture)


def packages() -> str:
    """Names and versions of the packages that look, for the record of a check."""
    found = []
    for name in (faces.PACKAGE, plates.PACKAGE, nudity.PACKAGE):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)
