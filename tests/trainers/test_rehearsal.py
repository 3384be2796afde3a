"""`--dry-run` refuses what the run would refuse, and what it says of memory adds up."""

from __future__ import annotations

import json

import pytest
import torch
from sensorium_trainers import rehearsal
from sensorium_trainers.composing import compose
from sensorium_trainers.holdout import open_split
from sensorium_trainers.memory import LiveMemory, estimate, moments
from sensorium_trainers.packing import Row
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.stages import STAGES

LORA = {"r": 4, "alpha": 8, "dropout": 0.1}


@pytest.fixture
def memory(recipe, registry):
    """`memory("align", batch_size=4)`: the estimate of a batch of the data."""

    def of(stage: str, **changes):
        made = TrainingRecipe.model_validate(recipe(**changes))
        data = open_split(made, registry)[0]
        objective = compose(STAGES[stage], made, registry, data, shapes_only=True)
        assert {w.device.type for w in objective.parameters()} == {"meta"}
        rows = rehearsal.sampled(objective, data).rows
        batch = objective.batch(rehearsal.largest(rows, made))
        return estimate(objective, made, batch)

    return of


def test_live_memory_is_the_sum_of_what_is_alive():
    weight = torch.zeros(100, 50, requires_grad=True)
    with LiveMemory([weight]) as live:
        doubled = weight * 2
        assert live.bytes == 100 * 50 * 4
        doubled.view(50, 100)
        weight.t()
        assert live.bytes == 100 * 50 * 4
        total = doubled.tanh().sum()
        assert live.bytes == 2 * 100 * 50 * 4 + 4  # tanh keeps what it gave
        total.backward()
        del doubled, total
    assert live.bytes == 100 * 50 * 4  # the gradient
    assert live.most >= 3 * 100 * 50 * 4


def test_memory_of_what_learns(memory):
    full, adapted, aligned = (
        memory(stage, **changes)
        for stage, changes in (("instruct", {}), ("instruct", {"lora": LORA}), ("align", {}))
    )
    assert full.gradients == 4 * (22_614 + 1_856)
    assert full.optimizer == 2 * full.gradients
    assert aligned.gradients == 4 * 1_856
    assert aligned.gradients < adapted.gradients < full.gradients
    assert full.weights == aligned.weights


def test_moments_in_eight_bits():
    small, large = (torch.empty(count, device="meta") for count in (4000, 5000))
    assert [moments(small, name) for name in ("adamw", "paged_adamw_8bit")] == [32_000, 32_000]
    assert moments(large, "adamw") == 40_000
    assert moments(large, "adamw_8bit") == 2 * (5000 + 4 * 20)  # a scale for every 256


def test_muon_has_one_moment_of_a_matrix(memory):
    adamw, muon = (memory("align", optimizer=name) for name in ("adamw", "muon"))
    matrices = adamw.optimizer - muon.optimizer
    assert muon.gradients == adamw.gradients == 4 * 1_856
    assert matrices == 4 * (1_856 - 2 * 32)  # all but the biases of both layers


def test_memory_of_activations(memory):
    one, four = memory("instruct", batch_size=1), memory("instruct", batch_size=4)
    assert 3 * one.activations < four.activations < 4.5 * one.activations
    assert one.logits < four.logits <= 4 * one.logits
    kept = memory("instruct", batch_size=4, gradient_checkpointing=True)
    assert kept.activations < 0.7 * four.activations
    assert kept.weights == four.weights
    again = memory("align", batch_size=4, gradient_checkpointing=True)
    assert again.activations < 0.7 * memory("align", batch_size=4).activations


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features": {"folder": "features"}}, "2 rows of 40 positions"),
        ({"row_positions": 100}, "1 row of 72 positions"),
        ({"row_positions": 100, "batch_size": 8}, "4 rows of 72 positions"),
        ({"group_by_length": True}, "2 rows of 40 positions"),
    ],
    ids=["features", "packed", "packed in rows", "grouped"],
)
def test_what_makes_it_quicker_is_in_it(train, tmp_path, monkeypatch, changes, said):
    monkeypatch.chdir(tmp_path)
    done = train("align", "--dry-run", **changes)
    assert done.exit_code == 0, done.output
    assert said in done.output
    assert {path.name for path in tmp_path.iterdir()} == {"recipe.yaml"}


def test_packed_rows_have_no_mask_on_a_cpu(memory):
    """As much as rows of their own, but for their padding."""
    alone = memory("instruct", batch_size=4)
    packed = memory("instruct", batch_size=4, row_positions=1000)
    assert packed.logits == alone.logits
    assert 0.7 * alone.activations < packed.activations < alone.activations


def test_with_features_items_are_encoded_one_by_one(memory, model, parts, tmp_path):
    folder = tmp_path / "wide"
    folder.mkdir()
    config = json.loads((parts / "encoder" / "config.json").read_text())
    wide = config | {"hidden_size": 512, "intermediate_size": 2048}
    (folder / "config.json").write_text(json.dumps(wide))
    start = json.loads(json.dumps(model))
    start["encoders"]["image"]["checkpoint"] = str(folder)
    settings = {"model": start, "batch_size": 4}
    batch = memory("align", **settings).peak
    kept = memory("align", features={"folder": str(tmp_path / "features")}, **settings).peak
    assert kept + 3 * 17 * 2048 * 4 <= batch  # less by what the widest layer gives for three
    assert not (tmp_path / "features").exists()


def test_the_largest_of_many_batches():
    rows = [Row(ids=[0] * length, targets=[(0, 0)] * length) for length in (*[10] * 62, 60, 90)]

    def lengths(**changes):
        given = {"batch_size": 3, "seed": 0, "row_positions": None, "group_by_length": False}
        made = TrainingRecipe.model_construct(**(given | changes))
        return sorted(len(row.ids) for row in rehearsal.largest(rows, made))

    assert lengths()[-1] == 90
    assert lengths(group_by_length=True) == [10, 60, 90]
    assert lengths(row_positions=1000)[-1] == 90
    assert lengths(row_positions=1000, batch_size=128)[-4:] == [60, 60, 90, 90]


def test_nf4_counts_weights_and_packs_them(memory, model, parts, recipe, registry, tmp_path):
    folder = tmp_path / "wide"
    folder.mkdir()
    config = json.loads((parts / "llm" / "config.json").read_text())
    wide = config | {"hidden_size": 64, "intermediate_size": 256}
    (folder / "config.json").write_text(json.dumps(wide))
    (folder / "tokenizer.json").write_bytes((parts / "llm" / "tokenizer.json").read_bytes())
    plain = json.loads(json.dumps(model))
    plain["llm"]["checkpoint"] = str(folder)
    packed = json.loads(json.dumps(plain))
    packed["llm"]["quantization"] = "nf4"
    sizes = []
    for start in (plain, packed):
        made = TrainingRecipe.model_validate(recipe(model=start, lora=LORA))
        data = open_split(made, registry)[0]
        real = compose(STAGES["instruct"], made, registry, data)
        shapes = compose(STAGES["instruct"], made, registry, data, shapes_only=True)
        assert rehearsal.parameters(shapes) == rehearsal.parameters(real)
        sizes.append(
            (memory("instruct", model=start, lora=LORA).weights, rehearsal.parameters(real))
        )
    assert sizes[1][0] < 0.6 * sizes[0][0]
    assert sizes[1][1] == sizes[0][1]  # as many parameters as without


def test_what_the_run_refuses_is_refused(train, model):
    failed = train("align", "--dry-run", trains=["projector", "llm"])
    assert failed.exit_code == 2
    assert "The stage 'align' keeps the llm frozen" in failed.output
    failed = train("instruct", "--dry-run", freeze=["nothing"])
    assert "No parameter is called like 'nothing'" in failed.output


def test_without_weights_and_without_data(train, model, tmp_path):
    """The table is shown, then what is missing is said."""
    start = json.loads(json.dumps(model))
    del start["llm"]["random_seed"]
    del start["encoders"]["image"]["random_seed"]
    done = train("align", "--dry-run", model=start)
    assert done.exit_code == 0, done.output
    assert "projector       1,856  1,856" in done.output
    failed = train("align", "--dry-run", data=[{"format": "llava", "path": "no.json"}])
    assert failed.exit_code == 2
    assert "projector       1,856  1,856" in failed.output
    assert "Cannot read no.json" in failed.output
    assert train("align", model=start).exit_code == 1
    assert not list((tmp_path / "out").iterdir())


def test_samples_that_cannot_be_used_are_counted(train, llava, tmp_path):
    records = json.loads(llava.read_text())
    records[1]["image"] = "absent.png"
    damaged = tmp_path / "data.json"
    damaged.write_text(json.dumps(records))
    data = {"format": "llava", "path": str(damaged), "images": str(llava.parent)}
    done = train("align", "--dry-run", data=[data], validation={"data": [{**data}]})
    assert done.exit_code == 0, done.output
    assert "1 of 4 samples cannot be used, the first: " in done.output
    assert "1 of 4 held-out samples cannot be used, the first: " in done.output
    damaged.write_text(json.dumps(records[1:2]))
    failed = train("align", "--dry-run", validation={"data": [data]})
    assert failed.exit_code == 1
    assert "absent.png" in failed.output


@pytest.mark.slow
@pytest.mark.skipif(torch.version.cuda is not None, reason="this build's CUDA libraries take more")
@pytest.mark.parametrize("setting", ["full, batch 8, checkpointing", "align, batch 8"])
def test_the_estimate_is_near_what_a_run_takes(bench, tmp_path, monkeypatch, setting):
    """Of a real model in a real process; bench/ has more settings and larger models."""
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "65536")  # small models: no more than tensors
    script = bench("training_memory")
    stage, changes = script.SETTINGS[setting]
    tree = script.recipe(setting, stage, script.SIZES["small"], tmp_path) | changes
    measured = script.run(stage, tree, tmp_path / "out")
    assert measured > 1.2e9
    assert abs(script.guess(stage, tree)["estimated"] / measured - 1) < 0.15
