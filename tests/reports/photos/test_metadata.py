"""Nothing but the picture leaves the gate; exiftool, which is not ours, is the judge."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.photos.gate import clean_photo
from tests.conftest import shared
from tests.reports.photos.pictures import FORMATS, encoded, photo, scene

CANARY = "canary-7f3a9c"
SUFFIX = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "HEIF": "heic"}
TAGS = [
    "-GPSLatitude=16.0544", "-GPSLatitudeRef=N", "-GPSLongitude=108.2022", "-GPSLongitudeRef=E", "-GPSAltitude=7",
    f"-EXIF:Artist={CANARY}", f"-EXIF:ImageDescription={CANARY}", "-EXIF:DateTimeOriginal=2026:11:18 08:00:00",
    f"-XMP-dc:Creator={CANARY}", f"-XMP-photoshop:City={CANARY}",
]  # fmt: skip
MORE_TAGS = {
    "JPEG": [f"-Comment={CANARY}", f"-IPTC:City={CANARY}"],
    "PNG": [f"-PNG:Comment={CANARY}", f"-PNG:Author={CANARY}"],
    "WEBP": [],
    "HEIF": [],
}
PICTURE_GROUPS = {"ExifTool", "System", "File", "JFIF", "Composite"}
"""Groups that describe the file and the picture itself, none of which can hold a word."""


def exiftool(*arguments: str) -> str:
    assert shutil.which("exiftool"), "exiftool is missing: sudo apt-get install libimage-exiftool-perl (bin/test does)"
    return subprocess.run(["exiftool", *arguments], check=True, capture_output=True, text=True).stdout


def groups(path: Path) -> set[str]:
    """The groups of tags that exiftool finds, unknown and duplicate ones too."""
    tags = json.loads(exiftool("-json", "-G1", "-a", "-u", "-ee", str(path)))[0]
    return {tag.partition(":")[0] for tag in tags if tag != "SourceFile"}


def profile() -> bytes:
    """A colour profile that says the canary."""
    from PIL import ImageCms

    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made + CANARY.encode()


@pytest.mark.parametrize("picture_format", FORMATS)
def test_position_words_and_colour_profile_are_stripped_from_each_format(picture_format: str, tmp_path: Path) -> None:
    original = tmp_path / f"original.{SUFFIX[picture_format]}"
    original.write_bytes(encoded(scene(), picture_format, icc_profile=profile()))
    exiftool("-overwrite_original", *TAGS, *MORE_TAGS[picture_format], str(original))
    assert CANARY in exiftool("-a", "-u", str(original))  # otherwise this test could not fail
    assert {"GPS", "IFD0", "XMP-dc"} <= groups(original)
    clean = clean_photo(original.read_bytes())
    for name, rendition in (("large.jpg", clean.large), ("small.jpg", clean.small)):
        (tmp_path / name).write_bytes(rendition)
        assert CANARY.encode() not in rendition
        assert groups(tmp_path / name) <= PICTURE_GROUPS


def test_a_thumbnail_inside_the_metadata_is_stripped(tmp_path: Path) -> None:
    (tmp_path / "thumbnail.jpg").write_bytes(photo("JPEG", 80, 60) + CANARY.encode())
    original = tmp_path / "original.jpg"
    original.write_bytes(photo())
    exiftool("-overwrite_original", "-EXIF:Artist=x", f"-ThumbnailImage<={tmp_path / 'thumbnail.jpg'}", str(original))
    assert CANARY.encode() in original.read_bytes()
    clean = clean_photo(original.read_bytes())
    (tmp_path / "large.jpg").write_bytes(clean.large)
    assert groups(tmp_path / "large.jpg") <= PICTURE_GROUPS
    assert CANARY.encode() not in clean.large


@pytest.mark.parametrize(
    "name",
    [
        "DSCN0010.jpg",
        "DSCN0012.jpg",
        "DSCN0021.jpg",
        "DSCN0042.jpg",
        "HMD_Nokia_8.3_5G.jpg",
        "HMD_Nokia_8.3_5G_hdr.heif",
        "IMG_5195.HEIC",
    ],
)
def test_real_photos_with_a_position_leave_without_it(name: str, tmp_path: Path) -> None:
    path = shared(f"photos/{name}")
    assert "GPS" in groups(path)
    clean = clean_photo(path.read_bytes())
    for rendition in (clean.large, clean.small):
        (tmp_path / "rendition.jpg").write_bytes(rendition)
        assert groups(tmp_path / "rendition.jpg") <= PICTURE_GROUPS
