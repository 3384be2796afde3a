"""Samples laid end to end: nothing is lost, the bound holds, and the loss is the same."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium import Message, Sample, TextSample, read_image
from sensorium.config import make_recipe
from sensorium.pipeline import plan
from sensorium_trainers.filling import fill
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.packing import Row, Slot

from .test_packing import SAMPLES, conversation
from .test_resume import LORA, assert_equal, quiet

MEDIA = read_image(Image.new("RGB", (4, 4), "red"))
LENGTHS = st.lists(st.integers(1, 90), min_size=1, max_size=40)


def row(number, length):
    """Told apart by its ids; a slot, a target and a label at places of its own."""
    ids = [number * 1000 + index for index in range(length)]
    return Row(
        ids=ids,
        segments=[1 + (index > length // 2) for index in range(length)],
        positions=list(range(length)),
        slots=[Slot(length // 3, MEDIA)],
        targets=[(length - 1, ids[-1])],
        dense=[(0, ids[0])],
    )


@given(lengths=LENGTHS, length=st.integers(1, 200))
def test_nothing_is_lost_and_the_bound_holds(lengths, length):
    rows = [row(number, size) for number, size in enumerate(lengths)]
    filled = fill(rows, length)
    width = max(length, *lengths)
    assert max(len(one.ids) for one in filled) <= width
    seen = []
    for one in filled:
        bounds = [*one.starts, len(one.ids)]
        assert bounds[0] == 0
        for start, end in pairwise(bounds):
            number = one.ids[start] // 1000
            alone = rows[number]
            seen.append(number)
            assert one.ids[start:end] == alone.ids
            assert one.positions[start:end] == alone.positions
            assert one.segments[start:end] == alone.segments
            assert Slot(start + alone.slots[0].start, MEDIA) in one.slots
        assert all(one.ids[at] == id_ for at, id_ in [*one.targets, *one.dense])
        assert len(one.slots) == len(one.targets) == len(one.dense) == len(one.starts)
        assert [one.ids[at] // 1000 for at in one.starts] == sorted(
            one.ids[at] // 1000 for at in one.starts
        )
    assert sorted(seen) == list(range(len(rows)))


@given(lengths=LENGTHS, length=st.integers(100, 400))
def test_little_is_padding(lengths, length):
    """No two rows could stand in one, and none is shorter than another by more than a sample."""
    filled = sorted(len(one.ids) for one in fill([row(0, size) for size in lengths], length))
    assert filled[-1] - filled[0] <= max(lengths)
    fewest = -(-sum(lengths) // max(length, *lengths))
    assert len(filled) <= 2 * fewest


def test_no_rows():
    assert fill([], 10) == []


@pytest.fixture(scope="module")
def objectives(model, registry):
    """Over the same models: each sample in a row of its own, and packed."""
    pipeline = plan(make_recipe(model, source="test"), registry).build()
    plain = LanguageObjective(pipeline, media_label_weight=0.5).eval()
    packed = LanguageObjective(pipeline, media_label_weight=0.5, row_positions=150).eval()
    return plain, packed


def learned(objective, samples):
    """Loss, and the gradient of everything that learns."""
    objective.zero_grad()
    loss = objective.loss(objective.collate(samples))
    loss.backward()
    return loss.detach(), {
        name: weight.grad.clone()
        for name, weight in objective.named_parameters()
        if weight.grad is not None
    }


@settings(deadline=None, max_examples=8)
@given(
    drawn=SAMPLES,
    text=st.lists(st.sampled_from(["cat", "dogs and", "it"]), min_size=1, max_size=40),
)
def test_loss_and_gradients_are_those_of_rows_of_their_own(objectives, drawn, text):
    samples = [Sample(tuple(conversation(t, picture) for t in talks)) for picture, talks in drawn]
    samples += [TextSample(" ".join(text))] * 2
    (loss, gradients), (packed_loss, packed) = (learned(o, samples) for o in objectives)
    torch.testing.assert_close(packed_loss, loss, atol=1e-5, rtol=1e-5)
    assert gradients.keys() == packed.keys()
    for name in gradients:
        torch.testing.assert_close(packed[name], gradients[name], atol=1e-5, rtol=1e-5)


def test_samples_do_stand_in_one_row(objectives):
    samples = [Sample(((Message.user("Two?"), Message.assistant("Yes")),))] * 6
    batch = objectives[1].collate(samples)
    assert batch["ids"].shape[0] == 1
    assert len(batch["blocks"]) == 6


@pytest.mark.parametrize("stage", ["instruct", "pretrain"])
def test_packed_runs_go_on_with_the_same_bits(make_run, tmp_path, stage):
    (tmp_path / "text.txt").write_text("One line\nAnother line of text\nA cat\n" * 3)
    data = {"data": [{"format": "text", "path": str(tmp_path / "text.txt")}]}
    settings = {"row_positions": 100, "save_every": 1, "keep": 9, "lora": LORA, "batch_size": 3}
    settings |= data if stage == "pretrain" else {}
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    make_run(stage, output=str(unbroken), steps=4, **settings).train(quiet)
    for steps in (1, 3, 4):
        make_run(stage, output=str(broken), steps=steps, **settings).train(quiet)
    assert_equal(unbroken, broken)
