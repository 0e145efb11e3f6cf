"""What lies in a box is gone, and nothing else is; nothing but pixels becomes public."""

import io
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reports.photos import limits
from reports.photos.picture_only import is_picture_only
from reports.photos.redaction import CELLS, FACE, KINDS, OTHER, PLATE, Box, opened, pixels, redacted, renditions
from tests.reports.photos.pictures import CORNERS, encoded, is_upright, laid_down, scene


def noise(width: int = 240, height: int = 180) -> Image.Image:
    """A picture in which every pixel is a secret."""
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8))


def part(picture: Image.Image, box: Box) -> np.ndarray:
    return np.asarray(picture.crop(pixels(box.padded(), picture.size)), float)


def detail(pixels_: np.ndarray) -> float:
    """How much neighbouring pixels differ: 0 for a flat area, about 85 for noise."""
    return float(np.abs(np.diff(pixels_, axis=1)).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_the_box_cannot_be_told_from_what_remains(kind):
    """Two pictures with the same average in each cell and everything else different look the same afterwards."""
    picture, box = noise(), Box(kind, 0.3, 0.3, 0.3, 0.3)
    left, top, right, bottom = pixels(box.padded(), picture.size)
    shuffled = np.asarray(picture).copy()
    area = shuffled[top:bottom, left:right]
    cell_h, cell_w = area.shape[0] / min(CELLS[kind], area.shape[0] // 4), area.shape[1] / min(CELLS[kind], area.shape[1] // 4)
    assert cell_h >= 4 and cell_w >= 4
    before, after = part(picture, box), part(redacted(picture, [box]), box)
    assert detail(before) > 60 and detail(after) < 3
    # No pixel of the box keeps its value but by chance: the correlation with the secret is that of the few averages.
    assert abs(np.corrcoef((before - before.mean()).ravel(), (after - after.mean()).ravel())[0, 1]) < 0.25


def test_the_secret_inside_a_cell_leaves_no_trace():
    """A single white pixel in a black cell and the same light spread over the cell give the same bytes."""
    spread = Image.new("RGB", (160, 160), (4, 4, 4))
    pointed = spread.copy()
    for x in range(0, 160, 40):
        for y in range(0, 160, 40):
            pointed.paste((0, 0, 0), (x, y, x + 40, y + 40))
            pointed.paste((64, 64, 64), (x + 3, y + 5, x + 13, y + 15))  # 100 of 1600 pixels: 64 / 16 = 4
    box = Box(OTHER, 0, 0, 1, 1)
    assert list(redacted(spread, [box]).getdata()) == list(redacted(pointed, [box]).getdata())


def test_outside_of_the_box_not_a_pixel_changes():
    picture, box = noise(), Box(FACE, 0.4, 0.4, 0.2, 0.2)
    after = np.asarray(redacted(picture, [box])).copy()
    left, top, right, bottom = pixels(box.padded(), picture.size)
    before = np.asarray(picture).copy()
    after[top:bottom, left:right] = before[top:bottom, left:right] = 0
    assert (after == before).all()


def test_a_face_is_blurred_with_a_third_around_it_and_a_plate_with_a_fifth():
    wanted = {FACE: (0.37, 0.34, 0.16, 0.32), PLATE: (0.38, 0.36, 0.14, 0.28), OTHER: (0.4, 0.4, 0.1, 0.2)}
    for kind, numbers in wanted.items():
        box = Box(kind, 0.4, 0.4, 0.1, 0.2).padded()
        assert (box.x, box.y, box.w, box.h) == pytest.approx(numbers)


def test_a_plate_keeps_fewer_cells_than_it_has_letters():
    assert CELLS[PLATE] ** 2 < 7 and max(CELLS.values()) <= 8


@pytest.mark.parametrize("box", [
    Box(FACE, -0.1, -0.1, 0.2, 0.2), Box(FACE, 0.95, 0.9, 0.2, 0.3), Box(PLATE, 0, 0, 1, 1), Box(FACE, 0.999, 0.999, 0.001, 0.001),
    Box(OTHER, -5, -5, 20, 20), Box(FACE, 0.5, 0, 1e-9, 1e-9),
])  # fmt: skip
def test_a_box_at_the_border_is_cut_off_there(box):
    picture = noise()
    after = redacted(picture, [box])
    assert after.size == picture.size
    left, top, right, bottom = pixels(box.padded(), picture.size)
    assert 0 <= left < right <= picture.width and 0 <= top < bottom <= picture.height


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 5), (33, 17)])
def test_tiny_pictures_are_blurred_too(size):
    picture = noise(*size)
    assert redacted(picture, [Box(FACE, 0, 0, 1, 1)]).size == size
    large, small = renditions(encoded(picture), [Box(FACE, 0, 0, 1, 1)])
    assert Image.open(io.BytesIO(large)).size == Image.open(io.BytesIO(small)).size == size


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), *[st.floats(-1.5, 1.5)] * 2, *[st.floats(1e-9, 3)] * 2, st.integers(1, 90), st.integers(1, 90))
def test_any_box_on_any_picture_is_blurred_or_refused(kind, x, y, w, h, width, height):
    try:
        box = Box(kind, x, y, w, h)
    except ValueError:
        return
    assert redacted(Image.new("RGB", (width, height)), [box]).size == (width, height)
    kept = Box.of_row(box.as_row())
    assert kept.as_row() == box.as_row(), "what was kept stays as it is"
    assert kept.x <= max(0, box.x) + 1e-9 and kept.y <= max(0, box.y) + 1e-9, "what is kept holds at least what was found"
    assert kept.x + kept.w >= min(1, box.x + box.w) - 1e-9 and kept.y + kept.h >= min(1, box.y + box.h) - 1e-9


@pytest.mark.parametrize("row", [
    {}, {"kind": "face"}, {"kind": "cat", "x": 0, "y": 0, "w": 1, "h": 1}, {"kind": "face", "x": float("nan"), "y": 0, "w": 1, "h": 1},
    {"kind": "face", "x": 0, "y": 0, "w": 0, "h": 1}, {"kind": "face", "x": "0", "y": 0, "w": 1, "h": 1}, {"kind": "face", "x": 2, "y": 0, "w": 1, "h": 1},
    {"kind": "face", "x": float("inf"), "y": 0, "w": 1, "h": 1}, None, [],
])  # fmt: skip
def test_what_is_no_box_is_refused(row):
    with pytest.raises(ValueError):
        Box.of_row(row)


def test_public_renditions_hold_pixels_and_nothing_else(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 1, "a name"
    body = encoded(scene(1600, 1200), exif=exif.tobytes(), icc_profile=b"profile", comment=b"words")
    for number, rendition in enumerate(renditions(body, [])):
        assert is_picture_only(rendition)
        assert b"a name" not in rendition and b"words" not in rendition
        if shutil.which("exiftool"):
            (tmp_path / f"{number}.jpg").write_bytes(rendition)
            told = subprocess.run(["exiftool", "-G", "-s", tmp_path / f"{number}.jpg"], capture_output=True, text=True).stdout
            assert not [line for line in told.splitlines() if not line.startswith(("[File]", "[JFIF]", "[ExifTool]", "[Composite]"))]


def test_public_renditions_have_the_size_of_the_private_ones():
    large, small = (Image.open(io.BytesIO(body)) for body in renditions(encoded(scene(1600, 1200)), []))
    assert large.size == (1600, 1200) and max(small.size) == limits.SMALL_SIDE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_lie_where_the_gate_s_upright_picture_has_them(orientation):
    """Boxes are found on the upright rendition, so the one over the top left corner hides what is seen there."""
    from reports.photos.gate import clean_photo

    upright = clean_photo(laid_down(orientation, "JPEG")).large
    assert is_upright(opened(upright))
    after = redacted(opened(upright), [Box(OTHER, 0, 0, 0.5, 0.5), Box(OTHER, 0.4, 0.4, 0.2, 0.2)])
    assert after.getpixel((300, 75)) == pytest.approx(CORNERS["top right"], abs=12)
    assert after.getpixel((200, 150)) != pytest.approx(CORNERS["bottom right"], abs=40)


@pytest.mark.parametrize("body", [b"", b"\xff\xd8\xff", encoded(scene(64, 64), "PNG"), encoded(scene(2000, 100))])
def test_only_what_the_gate_wrote_is_opened(body):
    with pytest.raises(ValueError):
        opened(body)
