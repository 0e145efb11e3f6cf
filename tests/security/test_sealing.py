"""A sealed file gives back exactly what was written, or nothing."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citylab import sealing
from citylab.sealing import Unsealable, opened, sealed

KEY = bytes(32)


def write(path, data, key=KEY):
    with sealed(path, key) as file:
        for start in range(0, len(data), 700_001):
            file.write(data[start : start + 700_001])


def read(path, key=KEY):
    with opened(path, key) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, sealing.BLOCK - 1, sealing.BLOCK, sealing.BLOCK + 1, 3 * sealing.BLOCK])
def test_what_was_sealed_comes_back(size, tmp_path):
    data = os.urandom(size)
    write(tmp_path / "a", data)
    assert read(tmp_path / "a") == data


def test_nothing_readable_is_in_a_sealed_file(tmp_path):
    write(tmp_path / "a", b"0905 123 456" * 1000)
    assert b"0905" not in (tmp_path / "a").read_bytes()


def test_another_key_opens_nothing(tmp_path):
    write(tmp_path / "a", b"secret")
    with pytest.raises(Unsealable):
        read(tmp_path / "a", b"\1" * 32)


@given(where=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(where, bit, tmp_path_factory):
    path = tmp_path_factory.mktemp("sealed") / "a"
    write(path, b"x" * 500)
    damaged = bytearray(path.read_bytes())
    damaged[where % len(damaged)] ^= 1 << bit
    path.write_bytes(damaged)
    with pytest.raises(Unsealable):
        read(path)


def test_a_file_that_was_cut_at_a_block_is_noticed(tmp_path):
    path = tmp_path / "a"
    write(path, os.urandom(3 * sealing.BLOCK))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(sealing.MAGIC) + 16 + 2 * (sealing.BLOCK + sealing.TAG)])
    with pytest.raises(Unsealable):
        read(path)


def test_without_a_key_a_file_is_written_as_it_is(tmp_path):
    write(tmp_path / "a", b"plain", None)
    assert (tmp_path / "a").read_bytes() == b"plain"
