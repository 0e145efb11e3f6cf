"""Codes: the same on every machine, forgiving to read, silent about who sent what."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import codes

VECTORS = json.loads((Path(__file__).parent / "code_vectors.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["code"])
def test_a_uuid_gives_the_code_of_the_shared_vectors(vector):
    code = codes.code_of(UUID(vector["uuid"]))
    assert code == vector["code"]
    assert codes.grouped(code, "DN") == vector["grouped"]


@given(st.lists(st.uuids(), max_size=20))
def test_many_at_once_are_the_codes_of_each(uuids):
    assert codes.codes_of(uuid.bytes for uuid in uuids) == [codes.code_of(uuid) for uuid in uuids]


@given(st.uuids(), st.sampled_from(["DN", "", "OIL", "X"]), st.data())
def test_a_code_is_read_however_it_is_typed(uuid, prefix, data):
    code = codes.code_of(uuid)
    slips = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(data.draw(st.sampled_from(slips.get(letter, letter + letter.lower()))) for letter in code)
    gap = data.draw(st.sampled_from(["", " ", "-", "  "]))
    front = data.draw(st.sampled_from([prefix, prefix.lower(), ""]))
    assert codes.parse_code(f" {front}{gap}{typed[:5]}{gap}{typed[5:]} ", prefix) == code


@pytest.mark.parametrize("typed", ["", "7K4QX", "7K4QX29MWBX", "UUUUUUUUUU", "7K4QX29MWé", "７Ｋ４ＱＸ２９ＭＷＢ", "X" * 100_000, "\x00" * 10])
def test_what_cannot_be_a_code_is_none(typed):
    assert codes.parse_code(typed, "DN") is None


def test_random_codes_are_all_different_and_well_formed():
    many = codes.random_codes(5000)
    assert len(set(many)) == len(many) == 5000
    assert all(codes.parse_code(code, "") == code for code in many)
    assert codes.random_codes(0) == []


def test_a_token_opens_its_own_report_only():
    mine, other = uuid4(), uuid4()
    token = codes.secret_token(mine)
    assert len(token) == 22, "128 bits in base64url"
    assert codes.token_opens(token, mine)
    assert not codes.token_opens(token, other)
    for wrong in ("", token[:-1], token + "A", token.swapcase(), "é" * 22, "\ud800"):
        assert not codes.token_opens(wrong, mine)


def test_another_server_key_gives_another_token(settings):
    uuid = uuid4()
    before = codes.secret_token(uuid)
    settings.TOKEN_KEY = "another"
    assert codes.secret_token(uuid) != before
