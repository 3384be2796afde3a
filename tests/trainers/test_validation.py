"""Held-out samples: never learned from, always the same, and training does not notice."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import socket

import numpy as np
import pytest
import torch
from accelerate import PartialState
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file
from sensorium import ConfigError, Sample, TextSample
from sensorium_trainers.answering import converse
from sensorium_trainers.checkpoints import WEIGHTS
from sensorium_trainers.data import Concatenated
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.holdout import Chosen, Remaining, draw, together
from sensorium_trainers.validation import Validation, undisturbed

FORK = multiprocessing.get_context("fork")
LORA = {"r": 2, "alpha": 4, "dropout": 0.3}  # dropout draws random numbers in every step


def quiet(line):
    """No report."""


def own(llava, **changes):
    """Validation data of its own."""
    return {"data": [{"format": "llava", "path": str(llava)}], "every": 1, **changes}


def entries(folder, name="log.jsonl"):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_same_bits_with_validation_and_without(make_run, llava, tmp_path, workers):
    settings = {"steps": 5, "lora": LORA, "accumulate": 2, "workers": workers, "save_every": 2}
    plain, watched = tmp_path / "plain", tmp_path / "watched"
    make_run("instruct", output=str(plain), **settings).train(quiet)
    watching = own(llava, samples=3, generations=2, max_tokens=3)
    make_run("instruct", output=str(watched), validation=watching, **settings).train(quiet)
    for step in (4, 5):
        one = load_file(plain / f"checkpoint-{step}" / WEIGHTS)
        other = load_file(watched / f"checkpoint-{step}" / WEIGHTS)
        assert all(torch.equal(one[name], other[name]) for name in one)
    learned = [entry["loss"] for entry in entries(watched) if "loss" in entry]
    assert learned == [entry["loss"] for entry in entries(plain)]
    assert [e["step"] for e in entries(watched) if "validation_loss" in e] == [1, 2, 3, 4, 5]
    assert len(entries(watched, "generations.jsonl")) == 10


def test_stopped_and_resumed_it_validates_the_same(make_run, llava, tmp_path):
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    settings = {"validation": own(llava, generations=1, max_tokens=2), "save_every": 2}
    make_run("align", output=str(unbroken), steps=6, **settings).train(quiet)
    make_run("align", output=str(broken), steps=4, **settings).train(quiet)
    # As if killed after step 5 was written down and before it was saved.
    for name in ("log.jsonl", "generations.jsonl"):
        with (broken / name).open("a") as file:
            file.write(json.dumps({"step": 5, "validation_loss": 9.0, "said": "lost"}) + "\n")
    make_run("align", output=str(broken), steps=6, **settings).train(quiet)

    def told(folder):
        return [(e["step"], e.get("validation_loss"), e.get("loss")) for e in entries(folder)]

    assert told(unbroken) == told(broken)
    said = entries(unbroken, "generations.jsonl")
    assert said == entries(broken, "generations.jsonl")
    assert [line["step"] for line in said] == [1, 2, 3, 4, 5, 6]


def test_validation_loss_is_the_mean_over_all_targets(make_run, llava):
    """Rows of different length in batches of 2, 2: not the mean of the batches' means."""
    run = make_run("align", validation=own(llava))
    validation = Validation(run.objective, run.held_out, run.recipe)
    run.objective.train()
    found = validation.loss(lambda batch: batch)
    assert run.objective.training
    run.objective.eval()
    total = count = 0.0
    for index in range(4):
        batch = run.objective.collate([run.held_out[index]])
        with torch.no_grad():
            loss = run.objective.loss(batch)
        total += float(loss) * len(batch["targets"])
        count += len(batch["targets"])
    assert found["loss"] == pytest.approx(total / count, rel=1e-5)
    assert found["answer_loss"] == pytest.approx(found["loss"])


@pytest.mark.slow
def test_processes_share_the_batches(make_run, llava, tmp_path):
    """Two processes, each with half of the batches, find what one finds; both know it."""
    run = make_run("align", validation=own(llava))
    whole = Validation(run.objective, run.held_out, run.recipe).loss(lambda batch: batch)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def share(rank: int) -> None:
        torch.set_num_threads(1)
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        PartialState._reset_state()
        PartialState(cpu=True)
        mine = Validation(run.objective, run.held_out, run.recipe, rank=rank, processes=2)
        found = mine.loss(lambda batch: batch)
        (tmp_path / f"{rank}.json").write_text(json.dumps(found))

    children = [FORK.Process(target=share, args=(rank,)) for rank in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=120)
        assert child.exitcode == 0
    found = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    assert found[0] == found[1] == pytest.approx(whole)


def test_damaged_samples_are_replaced_and_counted(make_run, llava, tmp_path):
    records = json.loads(llava.read_text())
    records[1]["image"] = "absent.png"
    (tmp_path / "data.json").write_text(json.dumps(records))
    data = {"format": "llava", "path": str(tmp_path / "data.json"), "images": str(llava.parent)}
    run = make_run("align", validation={"data": [data], "every": 1, "generations": 4})
    validation = Validation(run.objective, run.held_out, run.recipe)
    assert validation.loss(lambda batch: batch)["skipped_samples"] == 1
    assert [index for index, _ in validation.answers()] == [0, 2, 3]
    (tmp_path / "data.json").write_text(json.dumps(records[1:2]))
    run = make_run("align", validation={"data": [data]})
    with pytest.raises(TrainingError, match="No held-out sample could be used"):
        Validation(run.objective, run.held_out, run.recipe).loss(lambda batch: batch)
    assert run.objective.training
    lines = []
    with pytest.raises(TrainingError, match="No held-out sample could be used"):
        run.train(lines.append)
    assert not any("step" in line for line in lines)


def test_generators_are_put_back():
    before = (random.random(), np.random.rand(), torch.rand(1))
    random.seed(3), np.random.seed(3), torch.manual_seed(3)
    expected = (random.random(), np.random.rand(), torch.rand(1))
    random.seed(3), np.random.seed(3), torch.manual_seed(3)
    with undisturbed():
        random.random(), np.random.rand(9), torch.rand(9)
    assert (random.random(), np.random.rand(), torch.rand(1)) == expected != before


def test_held_out_samples_are_not_learned_from(make_run, recipe, registry):
    run = make_run("align", validation={"samples": 1}, seed=3)
    assert (len(run.data), len(run.held_out)) == (3, 1)
    learned = {run.data[index].conversations[0][0].media[0].digest for index in range(3)}
    held = {run.held_out[0].conversations[0][0].media[0].digest}
    assert len(learned | held) == 4
    again = make_run("align", validation={"samples": 1}, seed=3)
    assert again.held_out[0].conversations == run.held_out[0].conversations
    others = {
        make_run("align", validation={"samples": 1}, seed=seed).held_out.sources[0].place(0)
        for seed in range(8)
    }
    assert len(others) > 1
    with pytest.raises(ConfigError, match="none would be left to learn from"):
        make_run("align", validation={"samples": 4})


def test_a_mixture_is_split_by_its_shares(make_run, llava):
    source = {"format": "llava", "path": str(llava)}
    run = make_run("align", data=[{**source, "weight": 2}, source], validation={"samples": 3})
    assert [len(part) for part in run.held_out.sources] == [2, 1]
    assert [len(part) for part in run.data.sources] == [2, 3]


class Numbers:
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index


class Pictures(Numbers):
    """Three samples show each picture."""

    def group(self, index):
        return index // 3


@settings(deadline=None)
@given(size=st.integers(1, 80), data=st.data(), seed=st.integers(0, 9))
def test_a_split_is_a_partition_in_order(size, data, seed):
    source = Numbers(size)
    chosen = draw(source, data.draw(st.integers(1, size)), seed, 0)
    held, kept = Chosen(source, chosen), Remaining(source, together(source, chosen))
    held_out, learned = [*held], [*kept]
    assert held_out == sorted(set(held_out))
    assert learned == sorted(set(learned))
    assert sorted(held_out + learned) == list(range(size))
    with pytest.raises(IndexError):
        kept[len(kept)]


@settings(deadline=None)
@given(count=st.integers(1, 20), seed=st.integers(0, 9))
def test_no_picture_is_on_both_sides(count, seed):
    source = Pictures(60)
    chosen = draw(source, count, seed, 0)
    kept = Remaining(source, together(source, chosen))
    assert not {index // 3 for index in chosen} & {index // 3 for index in kept}
    assert len(kept) == 60 - 3 * len({index // 3 for index in chosen})


def test_formats_know_their_pictures(make_run, llava, registry, tmp_path):
    captions = [{"id": n, "image_id": n // 5, "caption": f"a cat {n}"} for n in range(20)]
    files = [{"id": n, "file_name": f"{n}.png"} for n in range(4)]
    (tmp_path / "coco.json").write_text(json.dumps({"images": files, "annotations": captions}))
    for number in range(4):
        Image.new("RGB", (8, 8), (number * 60, 0, 0)).save(tmp_path / f"{number}.png")
    coco = {"format": "coco-captions", "path": str(tmp_path / "coco.json"), "images": str(tmp_path)}
    run = make_run("align", data=[{**coco, "validation_share": 0}], validation={"samples": 1})
    assert (len(run.data), len(run.held_out)) == (15, 1)
    source = make_run("align").data.sources[0]
    assert [source.group(index) for index in range(2)] == ["red.png", "green.png"]


def test_the_model_answers_as_it_is_now(make_run, llava):
    """What it saw before its projector changed is not remembered."""
    run = make_run("align")
    sample = run.data[0]
    run.objective.eval()
    before = converse(run.objective.pipeline, sample, 8)
    assert before.asked == "What colour is it?\nIt is red.\nAnd dogs?"
    assert before.expected == "No."
    assert [media.modality for media in before.media] == ["image"]
    with torch.no_grad():
        for weight in run.objective.projector.parameters():
            weight.mul_(-3)
    assert converse(run.objective.pipeline, sample, 8).said != before.said
    asked = converse(run.objective.pipeline, Sample((sample.conversations[0][:1],)), 8)
    assert asked is None


def test_plain_text_goes_on(make_run):
    run = make_run("align")
    run.objective.eval()
    text = TextSample("What is it ? A cat and two dogs .")
    exchange = converse(run.objective.pipeline, text, 2)
    assert exchange.asked == "What is it"
    assert exchange.expected == "? A"
    assert converse(run.objective.pipeline, TextSample("It"), 2) is None


def test_pictures_lie_beside_the_answers(make_run, tmp_path):
    validation = {"samples": 2, "generations": 5, "every": 4, "max_tokens": 2}
    run = make_run("align", validation=validation)
    run.train(quiet)
    lines = entries(tmp_path / "out", "generations.jsonl")
    assert [line["sample"] for line in lines] == [0, 1]
    for number, line in enumerate(lines):
        (picture,) = line["media"]
        with Image.open(tmp_path / "out" / picture["file"]) as image:
            assert image.size == (40, 20)
        assert line["expected"] == run.held_out[number].conversations[0][-1].text


def test_dry_run_says_what_is_held_out(train):
    done = train("align", "--dry-run", validation={"samples": 1})
    assert done.exit_code == 0, done.output
    assert "of 3 in the data\n1 samples held out for validation\n" in done.output


def test_dense_and_concatenated_held_out(make_run):
    run = make_run("encoder", data=[{"format": "colours"}], validation={"samples": 2})
    assert isinstance(run.held_out, Concatenated)
    assert run.held_out.classes() == run.data.classes()
    found = Validation(run.objective, run.held_out, run.recipe).loss(lambda batch: batch)
    assert found.keys() == {"loss", "colour_loss", "colour_accuracy"}
    assert Validation(run.objective, run.held_out, run.recipe).answers() == []
