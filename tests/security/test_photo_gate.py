"""The gate against every hostile kind of photo that the reliability note knows."""

import io
import json
import re
import signal
import zipfile
from random import Random

import pytest
from PIL import Image

from reports.photos import limits
from reports.photos.gate import CHILD, CleanPhoto, PhotoRejected, clean_photo, orders, run_child
from reports.photos.picture_only import is_picture_only
from tests.conftest import shared
from tests.reports.photos.pictures import FORMATS, encoded, is_upright, opened, photo
from tests.security import hostile_photos as hostile

LITTLE_MEMORY = 300 * 2**20
"""Bytes of address space within which a refusal must be possible."""


def refusal(body: bytes) -> str:
    """The reason why the gate refuses `body`; fails when it does not."""
    with pytest.raises(PhotoRejected) as refused:
        clean_photo(body)
    return refused.value.reason


def in_the_child(body: bytes, picture_format: str, *, memory: int = limits.MEMORY_BYTES) -> tuple[int, dict]:
    """What the child alone says, past the cheap checks of the door: (exit code, its first line)."""
    told = orders(picture_format)
    told["limits"]["memory_bytes"] = memory
    code, output, _ = run_child([str(CHILD), json.dumps(told)], body)
    return code, json.loads(output.partition(b"\n")[0] or b"{}")


# --- pixel bombs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [60_000, 30_000])
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "HEIF"])
def test_a_header_that_claims_a_giant_picture_is_refused_at_the_door_and_by_the_child(
    picture_format: str, side: int
) -> None:
    body = {
        "JPEG": lambda: hostile.with_jpeg_size(photo("JPEG"), side, side),
        "PNG": lambda: hostile.png(side, side),
        "HEIF": lambda: hostile.with_heif_size(photo("HEIF"), side, side),
    }[picture_format]()
    assert refusal(body) == "too_many_pixels"
    code, answer = in_the_child(body, picture_format, memory=LITTLE_MEMORY)
    assert code == 0
    assert answer["state"] == "rejected"
    assert answer["reason"] in ("too_many_pixels", "broken")
    assert "MemoryError" not in answer["detail"]


@pytest.mark.parametrize("size", [(16383, 16383), (1 << 24, 1 << 24)])
def test_a_webp_canvas_that_claims_a_giant_picture_is_refused(size: tuple[int, int]) -> None:
    body = hostile.webp_claiming(*size)
    assert refusal(body) == "too_many_pixels"
    assert in_the_child(body, "WEBP", memory=LITTLE_MEMORY)[1]["state"] == "rejected"


@pytest.mark.parametrize("side", [30_000, 60_000])
def test_a_true_pixel_bomb_is_refused_without_unpacking_it(side: int) -> None:
    body = hostile.true_pixel_bomb(side)
    assert len(body) < limits.MAX_BYTES
    assert refusal(body) == "too_many_pixels"
    code, answer = in_the_child(body, "PNG", memory=LITTLE_MEMORY)
    assert (code, answer["reason"]) == (0, "too_many_pixels")


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("size", [(8, 8), (6000, 6000)])
def test_a_header_that_lies_within_the_limits_harms_nobody(picture_format: str, size: tuple[int, int]) -> None:
    body = {
        "JPEG": lambda: hostile.with_jpeg_size(photo("JPEG"), *size),
        "PNG": lambda: hostile.png(*size, data=hostile.zeros(300 * 901)),
        "WEBP": lambda: hostile.webp_claiming(*size),
        "HEIF": lambda: hostile.with_heif_size(photo("HEIF"), *size),
    }[picture_format]()
    try:
        clean = clean_photo(body)
    except PhotoRejected as refused:
        assert refused.reason in ("broken", "too_costly")
    else:
        assert is_picture_only(clean.large)


def test_the_largest_picture_that_is_taken_passes_and_one_row_more_does_not() -> None:
    width, height = 10_000, 5_000
    assert width * height == limits.MAX_PIXELS
    data = hostile.zeros((height + 1) * (1 + width))
    assert clean_photo(hostile.png(width, height, colour=0, data=data)).width == width
    assert refusal(hostile.png(width, height + 1, colour=0, data=data)) == "too_many_pixels"


# --- bombs of time and memory ---------------------------------------------------------------------


def test_a_scan_bomb_is_refused_by_counting() -> None:
    body = hostile.scan_bomb(400)
    assert len(body) < 2**20
    assert refusal(body) == "too_many_scans"


def test_a_scan_bomb_that_got_past_the_counting_dies_of_its_cpu_limit() -> None:
    code, _ = in_the_child(hostile.scan_bomb(2000), "JPEG")
    assert code == -signal.SIGXCPU


@pytest.mark.parametrize("scans", [limits.MAX_SCANS, limits.MAX_SCANS + 1])
def test_the_line_between_progressive_and_hostile_is_where_it_is_said_to_be(scans: int) -> None:
    body = hostile.scan_bomb(scans, side=400)
    if scans > limits.MAX_SCANS:
        assert refusal(body) == "too_many_scans"
    else:
        assert clean_photo(body).width == 400


@pytest.mark.parametrize("chunk", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_compressed_chunk_of_200_megabytes_is_never_unpacked(chunk: bytes) -> None:
    body = hostile.text_bomb(chunk)
    assert len(body) < 2**20
    code, answer = in_the_child(body, "PNG", memory=LITTLE_MEMORY)
    assert code == 0
    assert "MemoryError" not in answer.get("detail", "")
    assert answer["state"] in ("clean", "rejected")


def test_a_body_beyond_the_limit_is_refused_before_a_child_is_started() -> None:
    assert refusal(photo("JPEG").ljust(limits.MAX_BYTES + 1, b"\0")) == "too_large"


# --- many frames ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("picture_format", "count"), [("PNG", 300), ("WEBP", 100), ("MPO", 3), ("HEIF", 5)])
def test_of_many_frames_only_the_first_comes_out(picture_format: str, count: int) -> None:
    body = hostile.animated(picture_format, count)
    assert opened(body).n_frames >= min(count, 20)  # WebP joins frames that look alike
    clean = clean_photo(body)
    assert is_upright(opened(clean.large))
    assert getattr(opened(clean.large), "n_frames", 1) == 1
    assert is_picture_only(clean.large)


# --- polyglots ------------------------------------------------------------------------------------


def nothing_but_a_picture(clean: CleanPhoto) -> bool:
    return all(
        is_picture_only(rendition) and hostile.CANARY not in rendition and not zipfile.is_zipfile(io.BytesIO(rendition))
        for rendition in (clean.large, clean.small)
    )


@pytest.mark.parametrize("trailer", hostile.trailers())
@pytest.mark.parametrize("picture_format", FORMATS)
def test_no_byte_of_a_trailer_survives(picture_format: str, trailer: str) -> None:
    body = photo(picture_format) + hostile.trailers()[trailer]
    try:
        clean = clean_photo(body)
    except PhotoRejected as refused:  # a decoder may also take offence
        assert refused.reason == "broken"
    else:
        assert nothing_but_a_picture(clean)
        assert is_upright(opened(clean.large))


@pytest.mark.parametrize("kind", hostile.stowaways())
def test_what_rides_inside_a_picture_does_not_come_out(kind: str) -> None:
    body = hostile.stowaways()[kind]
    assert hostile.CANARY in body
    assert nothing_but_a_picture(clean_photo(body))


# --- foreign formats ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", hostile.foreign())
def test_a_foreign_format_named_as_a_photo_is_refused_at_the_door(kind: str) -> None:
    assert refusal(hostile.foreign()[kind]) == "not_a_photo"


@pytest.mark.parametrize("kind", hostile.disguised())
def test_a_foreign_format_behind_a_photo_s_first_bytes_is_refused(kind: str) -> None:
    assert refusal(hostile.disguised()[kind]) == "broken"


@pytest.mark.parametrize("told", FORMATS)
@pytest.mark.parametrize("kind", ["GIF", "TIFF", "EPS", "BMP", "JPEG 2000", "PSD", "FITS", "AVIF", "SVG"])
def test_the_child_has_no_opener_for_a_foreign_format_whatever_it_is_told(told: str, kind: str) -> None:
    code, answer = in_the_child(hostile.foreign()[kind], told)
    assert (code, answer["state"], answer["reason"]) == (0, "rejected", "broken")


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_photo_is_refused(picture_format: str, part: float) -> None:
    body = encoded(Image.effect_noise((400, 300), 80).convert("RGB"), picture_format)
    assert refusal(body[: int(len(body) * part)]) in ("broken", "not_a_photo")


def test_a_damaged_real_photo_is_refused_or_comes_out_as_a_picture() -> None:
    assert refusal(shared("photos/corrupted.jpg").read_bytes()) == "broken"


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_are_refused(seed: int) -> None:
    assert refusal(Random(seed).randbytes(5000)) == "not_a_photo"


# --- the parent believes nothing ------------------------------------------------------------------


def said(files: list[bytes], **changes: object) -> bytes:
    """An answer as the child gives it, with some of its head changed."""
    head = {
        "state": "clean",
        "width": 9,
        "height": 9,
        "large": len(files[0]),
        "small": len(files[-1]),
        "confined": True,
    }
    return json.dumps({**head, **changes}).encode() + b"\n" + b"".join(files)


PICTURE = photo("JPEG", 64, 64)


def test_a_sensible_answer_is_believed() -> None:
    from reports.photos.gate import _judged

    assert _judged(0, said([PICTURE, PICTURE]), b"").large == PICTURE


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"nonsense",
        b"{}\n",
        b"[]\n",
        b'{"state": "clean"}\n',
        b'{"state": "rejected"}\n',
        b'{"state": "rejected", "reason": "because I say so", "detail": "x"}\n',
        said([b"<html>", b"</html>"]),
        said([PICTURE, PICTURE], width="x"),
        said([PICTURE, PICTURE], width=0),
        said([PICTURE, PICTURE], width=60_000, height=60_000),
        said([PICTURE, PICTURE], large=-5),
        said([PICTURE, PICTURE, PICTURE]),
        said([photo("JPEG", 1601, 4), PICTURE]),
        said([PICTURE, photo("JPEG", 321, 4)]),
        said([PICTURE, photo("PNG", 64, 64)]),
        said([PICTURE, PICTURE + b"<script>"]),
    ],
)
def test_an_answer_of_a_child_that_was_taken_over_is_not_believed(output: bytes) -> None:
    from reports.photos.gate import _judged

    with pytest.raises(PhotoRejected) as refused:
        _judged(0, output, b"")
    assert refused.value.reason == "broken"


def test_the_child_imports_nothing_of_ours_and_only_pillow_beside_the_standard_library() -> None:
    imports = re.findall(r"^\s*(?:from|import) ([\w.]+)", CHILD.read_text(), flags=re.MULTILINE)
    assert {name.partition(".")[0] for name in imports} <= {
        "errno", "io", "json", "os", "sys", "warnings", "confinement", "PIL", "pillow_heif",
    }  # fmt: skip
