"""Batches of about equal length: each sample as often as before, and the same after a stop."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium.errors import ConfigError, SampleError
from sensorium_trainers.data import Concatenated
from sensorium_trainers.grouping import _BATCHES, ByLength
from sensorium_trainers.mixing import Mixture

from .test_resume import LORA, assert_equal, quiet


class Lengths:
    """Samples are their lengths; 13 cannot be read."""

    def __init__(self, lengths):
        self.lengths = lengths

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, index):
        if self.lengths[index] == 13:
            raise SampleError("broken")
        return self.lengths[index]


@settings(deadline=None, max_examples=20)
@given(
    lengths=st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=80), min_size=1, max_size=3),
    batch=st.integers(1, 5),
    seed=st.integers(0, 99),
    mixed=st.booleans(),
    shuffle=st.booleans(),
)
def test_each_sample_as_often_as_before_and_batches_alike(lengths, batch, seed, mixed, shuffle):
    sources = [Lengths(one) for one in lengths]
    plain = (
        Mixture(sources, [1.0] * len(sources), seed=seed, shuffle=shuffle)
        if mixed
        else Concatenated(sources)
    )

    def grouped():
        return ByLength(plain, lambda length: length, batch=batch, seed=seed, shuffle=shuffle)

    size, data = _BATCHES * batch, grouped()
    window = [data.place(index) for index in range(2 * size)]
    usual = plain if mixed else Mixture([plain], [1.0], seed=seed, shuffle=shuffle)
    expected = [usual.place(index) for index in range(2 * size)]
    if not mixed:
        expected = [plain.place(at) for _, at in expected]
    assert sorted(window[:size]) == sorted(expected[:size])
    assert sorted(window[size:]) == sorted(expected[size:])
    found = [lengths[number][at] for number, at in window[:size]]
    found = [0 if length == 13 else length for length in found]
    spans = sorted((min(b), max(b)) for b in (found[i : i + batch] for i in range(0, size, batch)))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert [grouped().place(index) for index in reversed(range(2 * size))] == window[::-1]
    assert data.shares() == plain.shares()


def test_a_run_goes_on_with_the_same_bits(make_run, tmp_path):
    settings = {"group_by_length": True, "save_every": 1, "keep": 9, "lora": LORA}
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    make_run("instruct", output=str(unbroken), steps=5, workers=1, **settings).train(quiet)
    for steps in (2, 5):
        make_run("instruct", output=str(broken), steps=steps, **settings).train(quiet)
    assert_equal(unbroken, broken)


@pytest.mark.parametrize("setting", [{"group_by_length": True}, {"row_positions": 9}])
def test_a_stage_without_rows_has_none(make_run, setting):
    (name,) = setting
    with pytest.raises(ConfigError, match=rf"'encoder' has no rows .*\({name}\).*align, instruct"):
        make_run("encoder", data=[{"format": "colours"}], **setting)
