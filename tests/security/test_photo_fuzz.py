"""A bounded fuzz of the gate; `python -m tests.benchmarks.fuzz_photos` runs as many as one likes."""

from tests.benchmarks.fuzz_photos import in_batches, mutants, through_the_gate


def test_two_hundred_mutated_photos_each_end_as_a_picture_or_a_refusal() -> None:
    outcome = through_the_gate(200)
    assert outcome.parent_faults == []
    assert outcome.count == 200
    assert outcome.clean.total() > 10  # so the mutations are not all refused at the first byte
    assert outcome.rejected.total() > 10


def test_two_thousand_mutated_photos_never_bring_a_decoder_down_nor_let_a_word_through() -> None:
    outcome = in_batches(2000, start=1000)
    assert outcome.parent_faults == []
    assert outcome.count == 2000
    assert outcome.clean.total() > 100
    assert outcome.rejected.total() > 100
    assert outcome.decoder_deaths.total() == 0


def test_the_same_numbers_make_the_same_pictures() -> None:
    assert list(mutants(8, start=40)) == list(mutants(8, start=40))
