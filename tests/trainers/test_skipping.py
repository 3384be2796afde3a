"""A sample that cannot be used is replaced, counted and shown; too many end the run."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file
from sensorium import TextSample
from sensorium.errors import ConfigError, MediaError, SampleError
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint
from sensorium_trainers.data import Concatenated
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.mixing import Mixture
from sensorium_trainers.objective import Objective
from sensorium_trainers.reading import TAKEN, Reader, Taken
from sensorium_trainers.skipping import Skipped


def quiet(line):
    """No report."""


class Broken:
    """Samples are (name, index); those in `bad` cannot be read."""

    def __init__(self, name, size, bad, error=SampleError):
        self.name, self.size, self.bad, self.error = name, size, bad, error

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        if index in self.bad:
            raise self.error(f"{self.name} {index} is broken")
        return self.name, index


class Rows(Objective):
    def row(self, sample):
        return sample

    def batch(self, rows):
        return {"rows": rows}

    def counts(self, batch):
        return {"rows": len(batch["rows"])}


def reader(*sources, seed=0, mixed=False):
    data = Mixture(sources, [1] * len(sources), seed=seed, shuffle=True) if mixed else None
    return Reader(data or Concatenated(sources), Rows(), seed)


@settings(deadline=None)
@given(
    bad=st.sets(st.integers(0, 39), max_size=20),
    indices=st.lists(st.integers(0, 79), min_size=1, max_size=16),
    seed=st.integers(0, 2**30),
    mixed=st.booleans(),
)
def test_batches_keep_their_size_and_their_source(bad, indices, seed, mixed):
    sources = (Broken("a", 40, bad), Broken("b", 40, set()))
    read = reader(*sources, seed=seed, mixed=mixed)
    batch = read(indices)
    assert len(batch["rows"]) == batch[TAKEN].samples == len(indices)
    for index, (name, at) in zip(indices, batch["rows"], strict=True):
        number, wanted = read._data.place(index)
        assert name == "ab"[number]
        assert (at == wanted) if name == "b" or wanted not in bad else at not in bad
    met = [i for i in indices if read._data.place(i)[0] == 0 and read._data.place(i)[1] in bad]
    assert len(batch[TAKEN].skipped) >= len(met)
    assert bool(batch[TAKEN].skipped) == bool(met)
    again = reader(*sources, seed=seed, mixed=mixed)
    for index, row in reversed(list(zip(indices, batch["rows"], strict=True))):
        assert again([index])["rows"] == [row]  # whatever was read before


def chats(folder, *, with_picture, without):
    """A LLaVA file of so many conversations about a picture, and about none."""
    Image.new("RGB", (32, 32), "red").save(folder / "red.png")
    turns = [("human", "What is it?"), ("gpt", "A cat.")]
    told = {"conversations": [{"from": who, "value": text} for who, text in turns]}
    seen = {"image": "red.png", "conversations": [*told["conversations"]]}
    seen["conversations"][0] = {"from": "human", "value": "<image>\nWhat is it?"}
    path = folder / "chats.json"
    path.write_text(json.dumps([seen] * with_picture + [told] * without))
    return {"format": "llava", "path": str(path)}


def test_text_alone_teaches_a_projector_nothing(make_run, tmp_path):
    lines = []
    data = [chats(tmp_path, with_picture=9, without=1)]
    make_run("align", data=data, steps=10).train(lines.append)
    (reason,) = {line for line in lines if line.startswith("skipped: ")}
    assert "It teaches nothing: it has no image, and the language model is frozen" in reason
    data = [chats(tmp_path, with_picture=0, without=4)]
    with pytest.raises(TrainingError, match="none could be used, the last: It teaches nothing"):
        make_run("align", data=data, output=str(tmp_path / "none")).train(quiet)
    make_run("instruct", data=data, output=str(tmp_path / "llm")).train(quiet)


def test_neighbours_are_not_replaced_by_the_same(tmp_path):
    """A damaged stretch does not make what follows it frequent."""
    read = reader(Broken("a", 1000, set(range(500))))
    rows = read(range(500))["rows"]
    assert len(set(rows)) > 250


def test_errors_say_which_sample():
    batch = reader(Broken("a", 3, {1}, MediaError))([0, 1])
    assert batch[TAKEN].skipped[0] == "a 1 is broken (data.0, sample 1)"


def test_reasons_are_one_plain_line():
    class Odd:
        def __len__(self):
            return 2

        def __getitem__(self, index):
            if index == 0:
                raise SampleError(f"\ud800\nno{'!' * 1000}", where="here")
            return "good"

    batch = reader(Odd(), seed=1)([0])
    assert batch["rows"] == ["good"]
    assert batch[TAKEN].skipped[0].startswith("\\ud800 no!!!")
    assert len(batch[TAKEN].skipped[0]) < 520


def test_nothing_to_replace_it_with():
    assert reader(Broken("a", 2, {0, 1}))([0]).keys() == {TAKEN}


@pytest.mark.parametrize("error", [ConfigError, ZeroDivisionError])
def test_other_errors_end_the_run(error):
    """The recipe is wrong, or the code; the data is not damaged."""
    with pytest.raises(error):
        reader(Broken("a", 2, {0}, error))([0])


def used(samples, skipped=()):
    """A batch that one could be made of."""
    return Taken(samples, skipped, counts={})


def test_the_share_is_judged_as_if_of_a_thousand_at_first():
    skipped = Skipped(0.01, quiet)
    for _ in range(10):
        skipped.add([used(1, ("broken",))])
    with pytest.raises(TrainingError, match=r"11 of 11 samples .*broken; more than 10 end a run"):
        skipped.add([used(1, ("broken",))])
    skipped = Skipped(0.01, quiet)
    skipped.add([used(2000)])
    skipped.add([used(100, ("broken",) * 21)])
    with pytest.raises(TrainingError, match=r"22 of 2,101 samples"):
        skipped.add([used(1, ("broken",))])


def test_the_first_reasons_are_shown_once():
    lines = []
    skipped = Skipped(1, lines.append)
    for number in (1, 1, 2, 3, 4, 5, 6, 7):
        skipped.add([used(1, (f"no {number}",))])
    assert lines == [f"skipped: no {number}" for number in range(1, 6)]
    assert skipped.summary() == "8 of 8 samples could not be used, the first: no 1"


@pytest.fixture
def damaged(tmp_path, llava):
    """LLaVA's form: a dozen records, among them a cut picture, a missing one and a long answer."""
    records = [record for _ in range(3) for record in json.loads(llava.read_text())]
    for record in records:
        record["image"] = f"{llava.parent.name}/{record['image']}"
    folder = llava.parent.parent
    cut = (llava.parent / "red.png").read_bytes()[:60]
    target = llava.parent / f"cut-{tmp_path.name}.png"
    target.write_bytes(cut)
    records[1]["image"] = f"{llava.parent.name}/{target.name}"
    records[4]["image"] = "none.png"
    records[7]["conversations"][1]["value"] = "No " * 200
    (tmp_path / "data.json").write_text(json.dumps(records))
    return [{"format": "llava", "path": str(tmp_path / "data.json"), "images": str(folder)}]


def test_a_run_goes_on(make_run, damaged, tmp_path, log):
    lines = []
    make_run("instruct", data=damaged, steps=6).train(lines.append)
    assert log()[-1]["skipped_samples"] >= 3
    said = "\n".join(lines)
    assert "damaged or incomplete (" in said
    assert "none.png: No such file" in said
    assert "skipped: A conversation takes" in said
    assert "data.json, record 4, id n0" in said
    assert "data.0, sample 7" in said
    finished = json.loads((tmp_path / "out" / "run.json").read_text())["finished"]
    assert finished["skipped_samples"] == log()[-1]["skipped_samples"]
    assert len(finished["reasons"]) == 3
    assert any(" of 12 samples could not be used, the first: " in line for line in lines[-2:])


@pytest.mark.parametrize("mixed", [False, True])
def test_resumed_it_ends_with_the_same_bits_and_counts(make_run, damaged, tmp_path, mixed):
    data = [{**damaged[0], "weight": 2}] if mixed else damaged
    settings = {"data": data, "save_every": 1, "keep": 9}
    make_run("instruct", output=str(tmp_path / "one"), steps=8, **settings).train(quiet)
    for steps, workers in ((3, 1), (8, 2)):
        lines = []
        run = make_run(
            "instruct", output=str(tmp_path / "two"), steps=steps, workers=workers, **settings
        )
        run.train(lines.append)
    one, two = (load_file(newest_checkpoint(tmp_path / n) / WEIGHTS) for n in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    ends = [json.loads((tmp_path / n / "run.json").read_text())["finished"] for n in ("one", "two")]
    assert ends[0] == ends[1]
    lines.clear()
    run = make_run("instruct", output=str(tmp_path / "two"), steps=8, **settings)
    run.train(lines.append)
    assert json.loads((tmp_path / "two" / "run.json").read_text())["finished"] == ends[0]


@pytest.mark.parametrize("workers", [0, 1])
def test_too_many_end_it(make_run, damaged, tmp_path, workers):
    run = make_run("instruct", data=damaged, steps=6, max_skipped_share=0.001, workers=workers)
    with pytest.raises(TrainingError, match=r"\d of \d+ samples could not be used, the first: .*"):
        run.train(quiet)
    assert not (tmp_path / "out" / "bundle").exists()


@pytest.mark.parametrize("workers", [0, 1])
def test_none_can_be_used(make_run, tmp_path, workers):
    record = {"image": "none.png", "conversations": []}
    (tmp_path / "data.json").write_text(json.dumps([record] * 3))
    data = [{"format": "llava", "path": str(tmp_path / "data.json")}]
    run = make_run("instruct", data=data, max_skipped_share=1, workers=workers)
    with pytest.raises(TrainingError, match=r"Of 100 samples tried in one place none .*record"):
        run.train(quiet)


def test_a_kind_the_stage_does_not_take_is_no_damaged_sample(make_run):
    objective = make_run("encoder", data=[{"format": "colours"}]).objective
    with pytest.raises(ConfigError, match="learns from DenseSample, not TextSample") as caught:
        objective.collate([TextSample("One")])
    assert not isinstance(caught.value, SampleError)
