"""Mixtures: shares, nothing twice before its source is exhausted, the same in every process."""

from __future__ import annotations

import multiprocessing
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from sensorium import TextSample
from sensorium.errors import ConfigError
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint
from sensorium_trainers.data import Concatenated
from sensorium_trainers.mixing import _BLOCK, Mixture

SIZES = st.lists(st.integers(1, 400), min_size=1, max_size=4)


def made(sizes, weights=None, *, seed=0, shuffle=True):
    sources = [[(number, at) for at in range(size)] for number, size in enumerate(sizes)]
    return Mixture(sources, weights or [1.0] * len(sizes), seed=seed, shuffle=shuffle)


@st.composite
def mixtures(draw):
    sizes = draw(SIZES)
    weights = [draw(st.floats(0.05, 20)) for _ in sizes]
    return sizes, weights, draw(st.integers(0, 2**40)), draw(st.booleans())


@settings(deadline=None, max_examples=40)
@given(mixtures())
def test_no_sample_twice_before_its_source_is_exhausted(drawn):
    sizes, weights, seed, shuffle = drawn
    mixture = made(sizes, weights, seed=seed, shuffle=shuffle)
    walks = [[] for _ in sizes]
    for index in range(_BLOCK + 700):
        number, at = mixture[index]
        walks[number].append(at)
    for size, walk in zip(sizes, walks, strict=True):
        for start in range(0, len(walk), size):
            once = walk[start : start + size]
            assert len(set(once)) == len(once)
            assert set(once) <= set(range(size))
            if not shuffle:
                assert once == list(range(len(once)))


@settings(deadline=None, max_examples=25)
@given(
    weights=st.lists(st.floats(0.05, 20), min_size=1, max_size=5),
    seed=st.integers(0, 2**40),
    block=st.integers(0, 3),
)
def test_shares_are_the_weights(weights, seed, block):
    """In any window: six standard deviations of a binomial."""
    mixture = made([7] * len(weights), weights, seed=seed)
    first, count = block * _BLOCK + 123, _BLOCK
    found = Counter(mixture.place(index)[0] for index in range(first, first + count))
    for number, weight in enumerate(weights):
        share = weight / sum(weights)
        assert mixture.shares()[number] == pytest.approx(share)
        assert abs(found[number] - share * count) <= 6 * (share * (1 - share) * count) ** 0.5 + 1


@settings(deadline=None, max_examples=25)
@given(mixtures(), st.lists(st.integers(0, 5 * _BLOCK), min_size=1, max_size=20))
def test_what_stands_where_depends_on_the_seed_alone(drawn, indices):
    """Not on what was asked before: a run goes on, a worker sees every n-th batch only."""
    sizes, weights, seed, shuffle = drawn
    kept = made(sizes, weights, seed=seed, shuffle=shuffle)
    for index in indices:
        fresh = made(sizes, weights, seed=seed, shuffle=shuffle)
        assert kept.place(index) == fresh.place(index)


def test_the_seed_matters():
    orders = [[made([50, 50], seed=seed)[index] for index in range(60)] for seed in (1, 2)]
    assert orders[0] != orders[1]


def test_each_walk_has_an_order_of_its_own():
    mixture = made([50, 50])
    places = [mixture.place(index) for index in range(1000)]
    walk = [at for number, at in places if number == 0]
    assert sorted(walk[:50]) == sorted(walk[50:100]) == list(range(50))
    assert walk[:50] != walk[50:100] != list(range(50))
    assert walk[:50] != [at for number, at in places if number == 1][:50]


def elsewhere(pipe, indices):
    mixture = made([30, 400, 3], [1, 5, 0.1], seed=3)
    pipe.send([mixture.place(index) for index in indices])


def test_other_processes_agree():
    """Two workers, each with every second index."""
    whole = made([30, 400, 3], [1, 5, 0.1], seed=3)
    forked = multiprocessing.get_context("fork")
    for indices in (range(0, 3 * _BLOCK, 2), range(1, 3 * _BLOCK, 2)):
        here, there = forked.Pipe()
        process = forked.Process(target=elsewhere, args=(there, indices))
        process.start()
        assert here.recv() == [whole.place(index) for index in indices]
        process.join()


def test_places_do_not_change_with_versions():
    """A run that was begun earlier goes on with the data it would have had."""
    mixture = made([5, 9], [1, 2], seed=7)
    first = [(1, 0), (1, 7), (1, 1), (0, 3), (0, 0), (1, 8), (0, 2), (1, 6)]
    assert [mixture.place(index) for index in range(8)] == first
    assert mixture.place(100_000) == (1, 8)


def test_beyond_the_data():
    data = Concatenated([[1, 2], [3]])
    assert [data[index] for index in range(3)] == [1, 2, 3]
    assert data.shares() == [2 / 3, 1 / 3]
    for index in (-1, 3):
        with pytest.raises(IndexError):
            data[index]
    with pytest.raises(IndexError):
        made([3])[-1]


@pytest.fixture
def two(tmp_path):
    """Two text sources, the first with a weight."""
    for name, lines in (("a", ["One", "Two", "three"]), ("b", [f"A cat {n}" for n in range(5)])):
        (tmp_path / f"{name}.txt").write_text("\n".join(lines))
    return [
        {"format": "text", "path": str(tmp_path / "a.txt"), "weight": 3},
        {"format": "text", "path": str(tmp_path / "b.txt")},
    ]


def test_one_weight_makes_a_mixture(make_run, two):
    mixed = make_run("pretrain", data=two).data
    assert mixed.endless
    assert mixed.shares() == [0.75, 0.25]  # without a weight it is 1
    assert isinstance(mixed[12345], TextSample)
    plain = [{key: value for key, value in one.items() if key != "weight"} for one in two]
    assert not make_run("pretrain", data=plain).data.endless


def test_the_trainer_keeps_its_order(make_run, two):
    """Shuffled a second time, a sample could stand twice before its source is exhausted."""
    run = make_run("pretrain", data=two, steps=8, batch_size=3)
    asked = []
    place = run.data.place
    run.data.place = lambda index: asked.append(index) or place(index)
    run.train(lambda line: None)
    assert asked == list(range(24))  # three walks of `a` in one run, no epoch begins again


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf"), "much"])
def test_weights_that_are_none(make_run, two, weight):
    from sensorium.config import validate
    from sensorium_trainers.recipe import DataComponent

    with pytest.raises(ConfigError, match="weight"):
        validate(DataComponent, {"format": "text", "weight": weight}, source="recipe")


def test_resumed_with_workers_it_ends_with_the_same_bits(make_run, two, tmp_path):
    settings = {"data": two, "save_every": 1, "keep": 9, "accumulate": 2}
    make_run("pretrain", output=str(tmp_path / "one"), steps=6, **settings).train(lambda line: None)
    for steps, workers in ((1, 1), (4, 0), (6, 2)):
        run = make_run(
            "pretrain", output=str(tmp_path / "two"), steps=steps, workers=workers, **settings
        )
        run.train(lambda line: None)
    one, two_ = (load_file(newest_checkpoint(tmp_path / n) / WEIGHTS) for n in ("one", "two"))
    assert all(torch.equal(one[name], two_[name]) for name in one)


def test_dry_run_shows_the_shares(train, two):
    done = train("pretrain", "--dry-run", data=two)
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert ["data.0", "text", "3", "75.0%"] in lines
    assert ["data.1", "text", "5", "25.0%"] in lines
