"""What comes out of the gate for honest photos."""

import pytest
from PIL import Image

from reports.photos.gate import clean_photo
from reports.photos.picture_only import is_picture_only
from tests.conftest import shared
from tests.reports.photos.pictures import FORMATS, corners, encoded, is_upright, laid_down, opened, photo, scene


@pytest.mark.parametrize("picture_format", FORMATS)
def test_each_format_that_is_taken_comes_out_as_two_bare_jpegs(picture_format: str) -> None:
    clean = clean_photo(photo(picture_format, 2000, 1500))
    assert (clean.width, clean.height) == (2000, 1500)
    assert opened(clean.large).size == (1600, 1200)
    assert opened(clean.small).size == (320, 240)
    for rendition in (clean.large, clean.small):
        assert is_picture_only(rendition)
        assert is_upright(opened(rendition))


def test_the_kernel_filter_is_on_where_the_tests_run() -> None:
    assert clean_photo(photo()).confined


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_set_upright(picture_format: str, orientation: int) -> None:
    clean = clean_photo(laid_down(orientation, picture_format))
    assert (clean.width, clean.height) == (400, 300)
    assert opened(clean.large).size == (400, 300)
    assert is_upright(opened(clean.large)), corners(opened(clean.large))
    assert is_upright(opened(clean.small))


@pytest.mark.parametrize("name", ["Portrait_3.jpg", "Portrait_6.jpg", "Portrait_8.jpg", "Landscape_5.jpg"])
def test_real_photos_with_an_orientation_come_out_as_a_reference_viewer_shows_them(name: str) -> None:
    from PIL import ImageChops, ImageOps, ImageStat

    body = shared(f"photos/{name}").read_bytes()
    clean = clean_photo(body)
    expected = ImageOps.exif_transpose(opened(body))
    assert (clean.width, clean.height) == expected.size
    shown = opened(clean.large)
    difference = ImageChops.difference(shown, expected.convert("RGB").resize(shown.size, Image.Resampling.LANCZOS))
    assert max(ImageStat.Stat(difference).mean) < 4


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (320, 320), (321, 5), (1599, 2), (5, 1600)])
def test_a_small_photo_is_never_enlarged(size: tuple[int, int]) -> None:
    clean = clean_photo(encoded(scene(*size), "PNG"))
    assert opened(clean.large).size == size
    assert opened(clean.small).size == (size if max(size) <= 320 else opened(clean.small).size)
    assert max(opened(clean.small).size) <= 320


@pytest.mark.parametrize("size", [(9000, 1), (1, 9000), (6000, 40), (3201, 3199)])
def test_a_long_photo_keeps_its_shape(size: tuple[int, int]) -> None:
    clean = clean_photo(encoded(scene(*size), "PNG"))
    large = opened(clean.large)
    assert max(large.size) == 1600
    assert large.size[0] == pytest.approx(size[0] * 1600 / max(size), abs=1)
    assert large.size[1] == pytest.approx(size[1] * 1600 / max(size), abs=1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P with transparency"])
@pytest.mark.parametrize("side", [200, 3300])
def test_what_is_transparent_becomes_white(mode: str, side: int) -> None:
    if mode == "P with transparency":
        picture = Image.new("P", (side, side), 1)
        picture.putpalette([0, 0, 0, 10, 10, 10])
        body = encoded(picture, "PNG", transparency=1)
    else:
        body = encoded(Image.new(mode, (side, side), 0), "PNG")
    large = opened(clean_photo(body).large)
    assert min(low for low, _ in large.getextrema()) >= 250


@pytest.mark.parametrize("picture_format", ["PNG", "WEBP", "HEIF"])
def test_half_transparent_red_becomes_pink(picture_format: str) -> None:
    body = encoded(Image.new("RGBA", (64, 64), (255, 0, 0, 128)), picture_format)
    red, green, blue = opened(clean_photo(body).large).getpixel((32, 32))
    assert red > 240
    assert green == pytest.approx(127, abs=8)
    assert blue == pytest.approx(127, abs=8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "RGB", "I;16"])
def test_every_kind_of_pixel_keeps_its_brightness(mode: str) -> None:
    if mode == "I;16":
        body = encoded(Image.new("I;16", (64, 64), 0x8080), "PNG")
    elif mode == "1":
        body = encoded(Image.new("1", (64, 64), 1), "PNG")
    else:
        grey = Image.new("RGB", (64, 64), (128, 128, 128))
        body = encoded(grey.quantize(4) if mode == "P" else grey.convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    pixel = opened(clean_photo(body).large).getpixel((32, 32))
    assert pixel == pytest.approx((255,) * 3 if mode == "1" else (128,) * 3, abs=4)


def test_a_phone_film_behind_the_picture_is_left_behind() -> None:
    film = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4000
    clean = clean_photo(photo("JPEG") + film)
    assert is_upright(opened(clean.large))
    assert b"ftyp" not in clean.large


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0" + b"\xff" * 200, b"Exif\0\0MM", b"nonsense"]
)
def test_broken_metadata_do_not_cost_the_photo(exif: bytes) -> None:
    assert is_upright(opened(clean_photo(encoded(scene(), "JPEG", exif=exif)).large))


@pytest.mark.parametrize(
    "name", ["DSCN0010.jpg", "HMD_Nokia_8.3_5G.jpg", "HMD_Nokia_8.3_5G_hdr.heif", "IMG_5195.HEIC", "litter_01.jpg"]
)
def test_real_photos_pass(name: str) -> None:
    clean = clean_photo(shared(f"photos/{name}").read_bytes())
    assert max(opened(clean.large).size) == min(1600, max(clean.width, clean.height))
