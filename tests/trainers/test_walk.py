"""However often a run is stopped and goes on, and however its steps change, no sample is missed."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest
from accelerate.data_loader import SeedableRandomSampler
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium_trainers.checkpoints import MANIFEST, seal
from sensorium_trainers.data import Concatenated
from sensorium_trainers.grouping import _BATCHES, ByLength, continued, window_at
from sensorium_trainers.loop import Run
from sensorium_trainers.mixing import Mixture
from sensorium_trainers.place import PLACE
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.skipping import SAMPLES
from sensorium_trainers.trainer import StageTrainer
from sensorium_trainers.walk import Walk

from .conftest import WORDS
from .launching import together

CHANGES = st.lists(st.tuples(*[st.integers(1, 5)] * 3, st.integers(1, 4)), min_size=20, max_size=20)
"""Samples of a batch, batches of a step, processes; steps until the run stops."""
MOST = 20 * 4 * 5**3


class Numbers:
    """A source of numbers; the length of a sample is one of 23."""

    def __init__(self, start, size):
        self.start, self.size = start, size

    def __len__(self):
        return self.size

    def __getitem__(self, at):
        return self.start + at


def length_of(number):
    return 7 * number % 23


def walk_of(data, batch_size, batches, processes, steps, **told):
    fixed = {"model": "m", "data": [{"format": "x"}], "output": "o", "steps": steps}
    divided = {"batch_size": batch_size, "accumulate": batches}
    recipe = TrainingRecipe.model_validate({**fixed, **divided, **told})
    return Walk(data, recipe, processes=processes)


def walked(data_of, changes, folder, **told):
    """Samples in the order in which they are learned, by a run that stops before each change.

    The Trainer counts steps, and passes over those that are done.
    """
    step, taken = 0, []
    for batch_size, batches, processes, steps in changes:
        data = data_of(batch_size * processes)
        walk = walk_of(data, batch_size, batches, processes, step + steps, **told)
        if step:
            list(walk.go_on(folder / f"checkpoint-{step}", 0))
        done = step * batch_size * batches * processes
        taken += [data[walk[index]] for index in range(done, len(walk))]
        step += steps
        (folder / f"checkpoint-{step}").mkdir(exist_ok=True)
        walk.place(step).save(folder / f"checkpoint-{step}")
        assert walk.place(step).samples == len(taken)
    return taken


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoints")


@pytest.mark.parametrize("grouped", [(False, True), (True, False), (False, False)])
@pytest.mark.parametrize("told", [({}, {}), ({}, {"seed": 1}), ({}, {"shuffle": False})])
def test_another_order_of_the_data_is_said(folder, grouped, told):
    """Turned on or off, grouping by length; another seed; no more shuffling."""

    def walk(number):
        data = Concatenated([Numbers(0, 90)])
        if grouped[number]:
            data = ByLength(data, length_of, batch=4, seed=0, shuffle=True)
        return walk_of(data, 4, 1, 1, 20, **told[number])

    (folder / "checkpoint-7").mkdir(exist_ok=True)
    walk(0).place(7).save(folder / "checkpoint-7")
    said = " ".join(walk(1).go_on(folder / "checkpoint-7", 0))
    changed = grouped[0] != grouped[1] or told[0] != told[1]
    assert ("another order" in said) == changed


@settings(deadline=None, max_examples=30)
@given(changes=CHANGES, mixed=st.booleans(), size=st.integers(1, 90), shuffle=st.booleans())
def test_each_sample_of_an_epoch_once(folder, changes, mixed, size, shuffle):
    """After twenty changes of batch size, accumulation and processes, as without any."""
    sources = [Numbers(0, size), Numbers(size, size)]
    mixture = Mixture(sources, [3.0, 1.0], seed=5, shuffle=shuffle)
    data = mixture if mixed else Concatenated(sources)
    told = {"seed": 5, "shuffle": shuffle}
    taken = walked(lambda batch: data, changes, folder, **told)
    assert taken == walked(lambda batch: data, [(1, 1, 1, len(taken))], folder, **told)
    if not mixed:
        epochs = [taken[at : at + 2 * size] for at in range(0, len(taken), 2 * size)]
        assert all(sorted(epoch) == list(range(2 * size)) for epoch in epochs[:-1])
        assert len({*epochs[-1]}) == len(epochs[-1])


@settings(deadline=None, max_examples=15)
@given(changes=CHANGES, seed=st.integers(0, 99))
def test_grouped_by_length_each_sample_once(folder, changes, seed):
    """None twice, and what is before the window that the run is in was all taken."""
    opened = []

    def data_of(batch):
        plain = Concatenated([Numbers(0, MOST + 25 * _BATCHES)])
        opened.append(ByLength(plain, length_of, batch=batch, seed=seed, shuffle=False))
        return opened[-1]

    taken = walked(data_of, changes, folder)
    begin, end, _ = window_at(opened[-1].spans, len(taken) - 1)
    assert len({*taken}) == len(taken)
    assert {*range(begin)} <= {*taken} <= {*range(end)}


@settings(deadline=None, max_examples=50)
@given(
    stops=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 90)), min_size=1, max_size=8),
)
def test_windows_begin_where_batches_do(stops):
    """After a change there is less than a batch beside whole windows, and nothing is regrouped."""
    spans, place, size = ((0, 4),), 0, 4
    for batch, taken in stops:
        before = [window_at(spans, at) for at in range(place)]
        spans, size = continued(spans, place, batch), batch
        assert [window_at(spans, at) for at in range(place)] == before
        assert continued(spans, place, batch) == spans
        start, last = spans[-1]
        assert (last, (start - place) % size) == (batch, 0)
        assert all(one < other for (one, _), (other, _) in pairwise(spans))
        assert start - place <= _BATCHES * max(size for _, size in spans) + batch
        place += taken * batch


def test_the_order_is_that_of_earlier_versions():
    """Which left it to the Trainer: their checkpoints go on where an epoch was whole batches."""
    data = Concatenated([Numbers(0, 24)])
    walk = walk_of(data, 4, 1, 1, 12, seed=3)
    sampler = SeedableRandomSampler(range(24), data_seed=3)
    assert [walk[index] for index in range(48)] == [*sampler, *sampler]
    unshuffled = walk_of(data, 4, 1, 1, 12, shuffle=False)
    assert [unshuffled[index] for index in range(48)] == [*range(24), *range(24)]


@pytest.fixture
def lines(tmp_path):
    """Texts of one word each, which say which sample they are; no batch divides their number."""
    (tmp_path / "lines.txt").write_text("\n".join(WORDS[:23]))
    return [{"format": "text", "path": str(tmp_path / "lines.txt")}]


@pytest.fixture
def learn(make_run, lines, monkeypatch, tmp_path):
    """`learn(steps=3, processes=2)` → lines reported; nothing is exported."""
    monkeypatch.setattr(Run, "_finish", lambda run, report: run.recipe.output)
    monkeypatch.setattr(Run, "_tell", lambda run, report: None)
    learned = StageTrainer.compute_loss

    def noted(trainer, model, inputs, **more):
        """A line for each batch: which it is of all, by its step and its process."""
        batches = trainer.args.gradient_accumulation_steps
        number = trainer.noted = getattr(trainer, "noted", -1) + 1
        step = trainer.state.global_step, number % batches, trainer.args.process_index
        with (tmp_path / "learned.txt").open("a") as file:
            print(*step, *inputs["ids"][:, 1].tolist(), file=file)
        return learned(trainer, model, inputs, **more)

    monkeypatch.setattr(StageTrainer, "compute_loss", noted)

    def go(processes=1, **told):
        said = []
        told = {"data": lines, "save_every": 1000, "peak_tflops": 1.0, **told}

        def work(rank):
            make_run("pretrain", **told).train(said.append)

        if processes == 1:
            work(0)
            return said
        for process in together(processes, work):
            process.join()
            assert process.exitcode == 0
        return None

    return go


def taken_from(path):
    """Numbers of the lines, in the order of steps, batches and processes."""
    noted = sorted([int(word) for word in line.split()] for line in path.read_text().splitlines())
    ids = [id_ for _, _, _, *of_batch in noted for id_ in of_batch]
    order = sorted({*ids})
    return [order.index(id_) for id_ in ids]


@pytest.mark.slow
def test_a_run_whose_steps_change_twenty_times(learn, tmp_path):
    """With real processes and workers; every epoch has each of the 23 lines once."""
    draw, steps = random.Random(16), 0
    for number in range(20):
        steps += draw.randint(1, 2)
        divided = {"batch_size": draw.randint(1, 5), "accumulate": draw.randint(1, 3)}
        # Processes that are no run of their own, as in this test, may not start others.
        several, workers = (2, 0) if number % 4 == 1 else (1, draw.randint(0, 1))
        learn(several, steps=steps, workers=workers, **divided)
    taken = taken_from(tmp_path / "learned.txt")
    epochs = [taken[at : at + 23] for at in range(0, len(taken), 23)]
    assert len(epochs) > 5
    assert all(sorted(epoch) == list(range(23)) for epoch in epochs[:-1])
    assert len({*epochs[-1]}) == len(epochs[-1])


def test_what_other_steps_mean_is_said(learn, tmp_path):
    learn(steps=2, batch_size=4, shuffle=False)
    assert learn(steps=4, batch_size=2, shuffle=False)[:4] == [
        "changed since the checkpoint: batch_size: 4 → 2",
        "changed since the checkpoint: steps: 2 → 4",
        "a step takes 2 samples instead of 4: the remaining 2 steps take 4, after 8 so far",
        "resuming from checkpoint-2",
    ]
    other = {"batch_size": 1, "accumulate": 2}  # as many a step
    assert learn(steps=5, shuffle=False, **other)[3] == "resuming from checkpoint-4"
    assert taken_from(tmp_path / "learned.txt") == [*range(14)]


def test_another_number_of_processes_is_said(learn):
    learn(2, steps=2, batch_size=2)
    assert learn(steps=4, batch_size=2)[1:4] == [
        "changed since the checkpoint: processes: 2 → 1",
        "a step takes 2 samples instead of 4: the remaining 2 steps take 4, after 8 so far",
        "resuming from checkpoint-2",
    ]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"row_positions": 30}, "rows are packed from 2 samples instead of 4; padding may change"),
        ({"group_by_length": True}, "as they were up to number 128, .* for batches of 2$"),
    ],
)
def test_what_they_mean_for_grouped_and_packed_data_is_said(learn, told, said):
    learn(steps=2, batch_size=4, **told)
    for steps, times in ((4, 1), (5, 0)):
        lines = learn(steps=steps, batch_size=2, **told)
        assert sum(bool(re.search(said, line)) for line in lines) == times


def without(checkpoint, *names):
    """As an earlier version wrote it."""
    for name in (*names, MANIFEST):
        (checkpoint / name).unlink()
    seal(checkpoint)


@pytest.mark.parametrize(("lost", "batch_size"), [([PLACE], 2), ([PLACE, SAMPLES], 4)])
def test_checkpoints_of_earlier_versions_go_on(learn, tmp_path, lost, batch_size):
    """After the samples they counted; those that did not count, after as many as now take."""
    learn(steps=2, batch_size=4, shuffle=False)
    without(tmp_path / "out" / "checkpoint-2", *lost)
    said = learn(steps=4, batch_size=batch_size, shuffle=False)
    (line,) = [line for line in said if "did not record its place in the data" in line]
    assert "checkpoint-2" in line
    assert "after 8 samples" in line
    assert taken_from(tmp_path / "learned.txt") == [*range(8 + 2 * batch_size)]
    assert not [line for line in learn(steps=5, shuffle=False) if "record its place" in line]


def test_a_mixture_goes_on_exactly_from_any_checkpoint(learn, lines, tmp_path):
    data = [{**lines[0], "weight": 1}]
    learn(steps=2, batch_size=4, data=data)
    without(tmp_path / "out" / "checkpoint-2", PLACE)
    assert not [line for line in learn(steps=8, batch_size=2, data=data) if "place" in line]
    assert len({*taken_from(tmp_path / "learned.txt")}) == 20
