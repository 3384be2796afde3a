"""A step is one batch: however its samples are divided, it learns and says the same."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file
from sensorium import (
    DatasetFormat,
    DenseSample,
    Media,
    Message,
    Sample,
    SpeechSample,
    hookimpl,
    read_image,
)
from sensorium.config import make_recipe
from sensorium.discovery import find_plugins
from sensorium.options import NoOptions
from sensorium.pipeline import plan
from sensorium.registry import Registry
from sensorium_pocket import FOLDER
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.loop import Run
from sensorium_trainers.losses import means
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.stages import STAGES

from .conftest import COLOURS, POSITIONS
from .launching import together

EQUAL = 1e-5
ANSWERS = ("It is red.", "No.", "Yes, it is a cat and two dogs.", "Two.")
PICTURES = [read_image(Image.new("RGB", (32, 32), colour)) for colour in COLOURS]


class Talks:
    """Answers of 2 to 9 tokens; of two of the pictures every position is described, or three."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        picture = PICTURES[index]
        described = {0: POSITIONS, 2: 3}.get(index, 0)
        words = tuple([(COLOURS[index],)] * described + [()] * (POSITIONS - described))
        asked = (Message.user(picture, "What is it?"), Message.assistant(ANSWERS[index]))
        return Sample((asked,), media_labels={picture.digest: words} if described else {})


class Patches:
    """Two sets of labels; how many positions have one differs by sample and by set."""

    def __init__(self):
        self.classes = {"colour": 4, "side": 2}

    def __len__(self):
        return 4

    def __getitem__(self, index):
        labels = {"colour": torch.full((POSITIONS,), index), "side": torch.arange(POSITIONS) // 8}
        labels["colour"][: 5 * index] = -100
        labels["side"][: (0, 16, 3, 15)[index]] = -100
        return DenseSample(PICTURES[index], labels)


class Clips:
    """Texts of different length; the sounds of two of four are known."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        wave = np.sin(np.arange(8_000 + 3_000 * index) * (0.1 + 0.05 * index)).astype(np.float32)
        said = ("is there a cat", "no", "how many dogs can you see in this picture", "two")[index]
        sounds = ("cat", "", "", "tu")[index]
        return SpeechSample(Media("audio", f"{index:08x}" * 8, wave), said, sounds=sounds)


class Plugin:
    @hookimpl
    def register_dataset_formats(self):
        for made in (Talks, Patches, Clips):
            name = made.__name__.lower()
            yield DatasetFormat(name, "uneven", NoOptions, lambda options, made=made: made())


@pytest.fixture(scope="module")
def registry():
    plugins = find_plugins()
    plugins.register(Plugin(), "uneven", "a test")
    return Registry(plugins)


@pytest.fixture
def still(model, parts, tmp_path):
    """The tiny model without dropout, whose masks would differ."""
    shutil.copytree(parts / "llm", tmp_path / "llm")
    config = json.loads((tmp_path / "llm" / "config.json").read_text())
    (tmp_path / "llm" / "config.json").write_text(json.dumps({**config, "resid_pdrop": 0.0}))
    return {**model, "llm": {**model["llm"], "checkpoint": str(tmp_path / "llm")}}


@pytest.fixture
def whisper(tmp_path):
    """The pocket's Whisper, narrower."""
    (tmp_path / "whisper").mkdir()
    source = FOLDER / "recipes" / "speech"
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(source / name, tmp_path / "whisper" / name)
    sizes = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1}
    sizes |= {f"{part}_attention_heads": 2 for part in ("encoder", "decoder")}
    sizes |= {f"{part}_ffn_dim": 64 for part in ("encoder", "decoder")}
    config = json.loads((source / "config.json").read_text()) | sizes | {"dropout": 0.0}
    (tmp_path / "whisper" / "config.json").write_text(json.dumps(config))
    return str(tmp_path / "whisper")


@pytest.fixture
def case(recipe, still, whisper, tmp_path):
    """`case("align", "name", batch_size=2)`: a recipe of one step of four samples."""
    text = tmp_path / "text.txt"
    text.write_text(
        "One\nTwo dogs and a cat and two dogs and three\nred blue\nIt is a line of text\n"
    )
    of_stage = {
        "pretrain": {"model": still, "data": [{"format": "text", "path": str(text)}]},
        "align": {"model": still, "data": [{"format": "talks"}], "media_label_weight": 0.3},
        "instruct": {"model": still, "data": [{"format": "talks"}], "media_label_weight": 0.3},
        "encoder": {"model": still, "data": [{"format": "patches"}]},
        "speech": {"model": whisper, "data": [{"format": "clips"}], "sound_weight": 0.2},
    }

    def make(stage, name, **changes):
        fixed = {"steps": 1, "shuffle": False, "learning_rate": 1e-3, "max_gradient_norm": 1e6}
        fixed |= {"peak_tflops": 1.0}  # not measured for each
        return recipe(output=str(tmp_path / name), **{**fixed, **of_stage[stage], **changes})

    return make


@pytest.fixture
def learn(registry, monkeypatch):
    """Trains by a recipe; nothing is written but the log and the checkpoint."""
    monkeypatch.setattr(Run, "_finish", lambda run, report: run.recipe.output)
    monkeypatch.setattr(Run, "_tell", lambda run, report: None)

    def go(stage, tree):
        Run(STAGES[stage], TrainingRecipe.model_validate(tree), registry).train(lambda line: None)

    return go


def entries(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


MEASURED = {"seconds", "memory_gib", "flops_utilisation"}


def assert_same(folder, other):
    """What the steps say, every part of the loss, and the weights after them."""
    for mine, theirs in zip(entries(folder), entries(other), strict=True):
        assert mine.keys() == theirs.keys()
        for name in mine.keys() - MEASURED:
            if not name.endswith("per_second"):
                assert mine[name] == pytest.approx(theirs[name], rel=EQUAL, abs=EQUAL), name
    first, second = (load_file(newest_checkpoint(one) / WEIGHTS) for one in (folder, other))
    assert first.keys() == second.keys()
    for name in first:
        # Softmax ignores this bias: its gradient is nothing but rounding, which Adam makes large.
        if not name.endswith("k_proj.bias"):
            torch.testing.assert_close(first[name], second[name], rtol=EQUAL, atol=EQUAL)


CASES = [
    *(("pretrain", {}), ("pretrain", {"row_positions": 40})),
    *(("align", {}), ("align", {"row_positions": 100})),
    *(("instruct", {}), ("instruct", {"row_positions": 100})),
    *(("encoder", {}), ("speech", {})),
]


@pytest.mark.parametrize(("stage", "packed"), CASES, ids=[f"{s}{[*p]}" for s, p in CASES])
def test_accumulated_batches_are_one_batch(case, learn, tmp_path, stage, packed):
    for batch_size, accumulate in ((4, 1), (2, 2), (1, 4)):
        divided = {"batch_size": batch_size, "accumulate": accumulate}
        learn(stage, case(stage, str(batch_size), **divided, **packed))
    assert_same(tmp_path / "2", tmp_path / "4")
    assert_same(tmp_path / "1", tmp_path / "4")


def test_processes_that_accumulate_are_one_batch(case, learn, tmp_path):
    """Two of them, one for all cases: starting them takes longest."""
    made = [
        (stage, case(stage, f"two-{number}", batch_size=1, accumulate=2, **packed))
        for number, (stage, packed) in enumerate(CASES)
    ]
    started = together(2, lambda rank: [learn(*one) for one in made] and None)
    for number, (stage, packed) in enumerate(CASES):
        learn(stage, case(stage, f"one-{number}", batch_size=4, **packed))
    for process in started:
        process.join()
        assert process.exitcode == 0
    for number in range(len(CASES)):
        assert_same(tmp_path / f"two-{number}", tmp_path / f"one-{number}")


@pytest.mark.parametrize("bad", [{0}, {1, 2}])
def test_one_batch_that_is_not_finite_takes_its_step_along(case, registry, tmp_path, bad):
    """As in one batch with all of its samples; the log has the loss of the other step."""
    for accumulate in (1, 4):
        divided = {"batch_size": 4 // accumulate, "accumulate": accumulate}
        made = case("align", str(accumulate), steps=2, **divided)
        run = Run(STAGES["align"], TrainingRecipe.model_validate(made), registry)
        forward, seen = run.objective.forward, iter(range(100))
        first = {0} if accumulate == 1 else bad

        def poisoned(forward=forward, seen=seen, first=first, **inputs):
            sums = forward(**inputs)
            if next(seen) in first:
                sums["answer_loss"] = sums["answer_loss"] * torch.nan
            return sums

        run.objective.forward = poisoned
        run.train(lambda line: None)
    first, second = entries(tmp_path / "4")
    assert "loss" not in first
    assert first["skipped_steps"] == second["skipped_steps"] == 1
    assert "loss" in second
    assert_same(tmp_path / "4", tmp_path / "1")


@pytest.fixture(scope="module")
def objectives(model, registry):
    """Over the same models: each sample in a row of its own, and packed."""
    pipeline = plan(make_recipe(model, source="test"), registry).build()
    packed = {"media_label_weight": 0.5, "row_positions": 150}
    plain = LanguageObjective(pipeline, media_label_weight=0.5).eval()
    return plain, LanguageObjective(pipeline, **packed).eval()


def without_picture():
    return Sample(((Message.user("What is it?"), Message.assistant("a cat")),))


@settings(deadline=None, max_examples=15)
@given(
    drawn=st.lists(st.integers(0, 4), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 6), max_size=4),
    packed=st.booleans(),
)
def test_however_samples_are_divided_the_shares_add_up(objectives, drawn, cuts, packed):
    """Some batches have nothing to learn at the positions of media."""
    objective = objectives[packed]
    talks = Talks()
    samples = [without_picture() if number == 4 else talks[number] for number in drawn]
    bounds = sorted({0, len(samples), *(cut for cut in cuts if cut < len(samples))})
    parts = [samples[a:b] for a, b in pairwise(bounds)]
    whole = objective.collate(samples)
    counts = objective.counts(whole)
    batches = [objective.collate(part) for part in parts]
    counted = [objective.counts(batch) for batch in batches]
    assert {name: sum(one[name] for one in counted) for name in counts} == counts

    def learned(batches):
        objective.zero_grad()
        shares = []
        for batch in batches:
            sums = objective(**batch)
            share = objective.combine(sums, counts)
            share.backward()
            shares.append({"loss": share, **means(sums, counts)})
        told = {name: sum(float(share[name].detach()) for share in shares) for name in shares[0]}
        named = objective.named_parameters()
        return told, {name: weight.grad for name, weight in named if weight.grad is not None}

    told, gradients = learned([whole])
    divided, others = learned(batches)
    assert divided == pytest.approx(told, rel=EQUAL, abs=EQUAL)
    for name, gradient in gradients.items():
        torch.testing.assert_close(others[name], gradient, rtol=EQUAL, atol=EQUAL)
