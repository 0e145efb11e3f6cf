"""The parent believes a rendition only when it is a bare picture."""

import pytest
from PIL import Image

from reports.photos.picture_only import is_picture_only
from tests.reports.photos.pictures import encoded, photo, scene

BARE = encoded(scene(), "JPEG", quality=85)
STOWAWAY = b"\xff\xe1\x00\x10http://example\0"


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 3}])
def test_a_bare_picture_passes(options: dict) -> None:
    assert is_picture_only(encoded(scene(), "JPEG", **options))
    assert is_picture_only(encoded(Image.effect_noise((200, 200), 90).convert("RGB"), "JPEG", **options))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BARE + b"<script>", id="a trailer"),
        pytest.param(BARE + b"\n", id="one byte more"),
        pytest.param(BARE[:-2], id="no end"),
        pytest.param(BARE[: len(BARE) // 2], id="half"),
        pytest.param(BARE[:2] + segment(0xE1, b"Exif\0\0") + BARE[2:], id="EXIF"),
        pytest.param(BARE[:2] + segment(0xFE, b"comment") + BARE[2:], id="a comment"),
        pytest.param(BARE[:2] + segment(0xE2, b"ICC_PROFILE\0") + BARE[2:], id="a colour profile"),
        pytest.param(BARE[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1abc") + BARE[2:], id="a JFIF thumbnail"),
        pytest.param(BARE[:2] + segment(0xE0, b"stowaway there") + BARE[2:], id="a foreign APP0"),
        pytest.param(BARE[:2] + segment(0xDB, b"x" * 5000) + BARE[2:], id="a swollen table"),
        pytest.param(BARE[:-2] + segment(0xFE, b"late comment") + b"\xff\xd9", id="a comment after the scan"),
        pytest.param(encoded(scene(), "JPEG", comment=b"hello"), id="Pillow's own comment"),
        pytest.param(photo("PNG"), id="a PNG"),
        pytest.param(b"<html>", id="HTML"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8\xff\xd9", id="an empty JPEG"),
    ],
)
def test_anything_more_or_less_than_a_picture_is_not_believed(body: bytes) -> None:
    assert not is_picture_only(body)
