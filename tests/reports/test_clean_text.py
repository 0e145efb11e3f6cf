"""Text as it is stored: nothing in it that shows something else than it says."""

import unicodedata

import pytest

from reports.clean_text import clean_text


@pytest.mark.parametrize("mark", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))])
def test_marks_that_turn_the_direction_of_writing_are_left_out(mark):
    assert unicodedata.bidirectional(mark) in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    assert clean_text(f"rác{mark}gpj.exe{mark}") == "rácgpj.exe"


def test_letters_written_from_right_to_left_stay():
    assert clean_text("نفايات بلاستيكية 3") == "نفايات بلاستيكية 3"
