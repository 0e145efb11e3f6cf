"""What the door knows about a body of bytes without decoding it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reports.photos.limits import MAX_BYTES
from reports.photos.sniff import PhotoDamaged, sniff
from tests.reports.photos.pictures import FORMATS, encoded, photo, scene

MAGIC = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\0\0\0\0WEBPVP8X", b"\0\0\0\x18ftypheic", b""]


@pytest.mark.parametrize("picture_format", FORMATS)
def test_each_format_that_is_taken_is_known_by_its_bytes_with_its_size(picture_format: str) -> None:
    found = sniff(photo(picture_format, 402, 302))
    assert found is not None
    assert (found.format, found.width, found.height) == (picture_format, 402, 302)


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}])
def test_the_size_is_read_from_each_kind_of_webp(options: dict) -> None:
    found = sniff(encoded(scene(333, 222), "WEBP", **options))
    assert (found.width, found.height) == (333, 222)


def test_an_ordinary_progressive_jpeg_has_about_ten_scans_and_a_baseline_one_has_one() -> None:
    assert sniff(encoded(scene(), "JPEG")).scans == 1
    assert 5 <= sniff(encoded(scene(), "JPEG", progressive=True)).scans <= 20


def test_a_thumbnail_inside_and_a_picture_behind_count_no_scan() -> None:
    thumbnail = encoded(scene(80, 60), "JPEG", progressive=True)
    body = encoded(scene(), "JPEG")
    with_thumbnail = body[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + body[2:]
    assert sniff(with_thumbnail + thumbnail).scans == 1


def test_a_restart_marker_and_a_stuffed_byte_do_not_end_a_scan() -> None:
    noise = Image.effect_noise((300, 300), 90)
    assert sniff(encoded(noise, "JPEG", restart_marker_blocks=1)).scans == 1


@pytest.mark.parametrize(
    "filling", [b"\xff", b"\xff\x00", b"\xff\x01", b"\xff\xd0", b"\xff\xe1\x00\x02", b"\xff\xda\x00\x02", b"\x00"]
)
def test_the_largest_body_of_nothing_but_markers_is_read_to_its_end_or_refused(filling: bytes) -> None:
    body = (b"\xff\xd8\xff" + filling * (MAX_BYTES // len(filling)))[:MAX_BYTES]
    with contextlib.suppress(PhotoDamaged):
        assert sniff(body).scans <= 1


def test_a_heif_of_nothing_but_size_claims_is_read_in_part() -> None:
    body = b"\0\0\0\x18ftypheic" + b"ispe\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff" * 900_000
    assert sniff(body).pixels > 10**18


@given(start=st.sampled_from(MAGIC), rest=st.binary(max_size=300))
def test_no_bytes_bring_the_door_down(start: bytes, rest: bytes) -> None:
    try:
        found = sniff(start + rest)
    except PhotoDamaged:
        return
    assert found is None or found.format in FORMATS
