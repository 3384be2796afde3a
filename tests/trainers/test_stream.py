"""Streaming through `datasets`: rows by number, the exact place after a stop, from local files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from sensorium import TextSample
from sensorium.errors import ConfigError, MediaError, SampleError
from sensorium_trainers import windows
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint
from sensorium_trainers.corpus.errors import CorpusError
from sensorium_trainers.corpus.pack import pack
from sensorium_trainers.corpus.recipe import PackRecipe
from sensorium_trainers.formats.hub import HubOptions, open_hub
from sensorium_trainers.mixing import Mixture

from .test_hub import picture_set
from .test_parquet import png, pq, pyarrow

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.usefixtures("hub_offline")

SIZES = (7, 5, 11)
ROWS = [f"A cat and {n} dogs" for n in range(sum(SIZES))]
PAGE = """---
dataset_info:
  features:
  - {name: text, dtype: string}
  splits:
  - {name: train, num_bytes: 1, num_examples: 23}
---
"""


@pytest.fixture
def stories(tmp_path):
    """Laid out as roneneldan/TinyStories is, its page included."""
    folder = tmp_path / "TinyStories"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text(PAGE)
    rows = iter(ROWS)
    for number, size in enumerate(SIZES):
        table = pyarrow.table({"text": [next(rows) for _ in range(size)]})
        name = f"train-{number:05}-of-00003.parquet"
        pq.write_table(table, folder / "data" / name, row_group_size=3)
    return folder


@pytest.fixture
def lines(tmp_path):
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "train.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in ROWS))
    return folder


def opened(folder, tmp_path, **options):
    settings = {"text": "text", "window": 4, "cache": tmp_path / "cache", **options}
    return open_hub(HubOptions(dataset=str(folder), streaming=True, **settings))


def test_rows_by_number(stories, lines, tmp_path):
    source = opened(stories, tmp_path)
    assert len(source) == 23  # as its page says
    for found in (source, opened(lines, tmp_path, rows=23)):
        assert [found[index] for index in range(23)] == [TextSample(text) for text in ROWS]
        assert [found[index] for index in (22, 0, 9)] == [
            TextSample(ROWS[index]) for index in (22, 0, 9)
        ]
        with pytest.raises(IndexError):
            found[23]


@pytest.mark.parametrize("kind", ["stories", "lines"])
def test_from_any_window_on_it_goes_on_to_the_row(request, kind, tmp_path, monkeypatch):
    """By the place that was noted, so that what lies before is not read again."""
    folder = request.getfixturevalue(kind)
    for index in range(23):
        opened_once = opened(folder, tmp_path, rows=23)
        assert opened_once[index] == TextSample(ROWS[index])
    asked = []
    load = datasets.IterableDataset.load_state_dict
    monkeypatch.setattr(
        datasets.IterableDataset,
        "load_state_dict",
        lambda self, s: asked.append(s) or load(self, s),
    )
    assert opened(folder, tmp_path, rows=23)[21] == TextSample(ROWS[21])
    assert len(asked) == 1
    (places,) = (tmp_path / "cache" / "sensorium-places").iterdir()
    noted = [json.loads(line) for line in places.read_text().splitlines() if line]
    assert asked[0] == next(place["state"] for place in noted if place["row"] == 20)
    places.write_text(places.read_text()[:-40])  # killed while it was written
    assert opened(folder, tmp_path, rows=23)[22] == TextSample(ROWS[22])


def test_what_cannot_be_streamed(stories, lines, tmp_path):
    for wrong, said in (
        ({"text": "story"}, "no column 'story'.*Columns: text"),
        ({"split": "test", "rows": 3}, "cannot be loaded: .*test"),
    ):
        with pytest.raises(ConfigError, match=said):
            opened(stories, tmp_path, **wrong)
    with pytest.raises(ConfigError, match=r"does not say how many rows .*Set `rows`"):
        opened(lines, tmp_path)
    with pytest.raises(ConfigError, match="The stream has 23 rows, not 24"):
        opened(lines, tmp_path, rows=24)[23]


def test_a_stream_that_breaks_off(stories, tmp_path):
    source = opened(stories, tmp_path)
    assert source[0] == TextSample(ROWS[0])
    for file in (stories / "data").iterdir():
        file.write_bytes(b"PAR1")
    with pytest.raises(CorpusError, match=r"The stream broke off: .*from row 20 on.*same command"):
        source[22]


def test_pictures_are_read_within_our_limits(tmp_path):
    picture_set(tmp_path / "set", [[{"bytes": png("red"), "path": None}], [{"bytes": b"no"}]])
    columns = {"text": None, "messages": "messages", "image": "images", "rows": 2}
    source = opened(tmp_path / "set", tmp_path, **columns)
    assert len(source[0].conversations[0][0].media) == 1
    with pytest.raises((MediaError, SampleError), match="row 1"):
        source[1]


def data_of(stories, tmp_path, **more):
    settings = {"text": "text", "streaming": True, "window": 4, "cache": str(tmp_path / "cache")}
    return [{"format": "hub", "dataset": str(stories), **settings, **more}]


def test_training_stopped_anywhere_ends_with_the_same_bits(make_run, stories, tmp_path):
    changes = {"data": data_of(stories, tmp_path), "save_every": 1, "keep": 9}
    run = make_run("pretrain", output=str(tmp_path / "one"), steps=14, **changes)
    places = [run.data.place(index)[1] for index in range(46)]
    for walk in (places[:23], places[23:]):
        assert sorted(walk) == list(range(23))  # all, in windows of 4, one after another
        assert [index // 4 for index in walk] == sorted(index // 4 for index in walk)
    run.train(lambda line: None)
    for steps, workers in ((3, 1), (4, 0), (14, 1)):
        make_run(
            "pretrain", output=str(tmp_path / "two"), steps=steps, workers=workers, **changes
        ).train(lambda line: None)
    one, two = (load_file(newest_checkpoint(tmp_path / n) / WEIGHTS) for n in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_stream_gives_up_no_samples_for_validation(make_run, stories, tmp_path):
    with pytest.raises(ConfigError, match="validation data of its own"):
        make_run("pretrain", data=data_of(stories, tmp_path), validation={"samples": 2})


def test_a_stream_is_not_grouped_by_length(make_run, stories, tmp_path):
    with pytest.raises(ConfigError, match=r"read forward only.*data\.0\)\. Use `row_positions`"):
        make_run("pretrain", data=data_of(stories, tmp_path), group_by_length=True)


def test_packed_from_the_stream(registry, parts, stories, tmp_path):
    def packed(name, data, **more):
        tree = {"tokenizer": str(parts / "llm"), "template": "pocket", "data": data}
        tree |= {"documents_per_part": 6, **more}
        output = tmp_path / name
        pack(PackRecipe.model_validate({**tree, "output": str(output)}), registry)
        return [(output / f"{number:05}.tokens").read_bytes() for number in range(4)]

    stored = packed("stored", data_of(stories, tmp_path, streaming=False))
    assert packed("streamed", data_of(stories, tmp_path)) == stored
    with pytest.raises(ConfigError, match=r"by one process \(data\.0\)\. Use one process"):
        packed("no", data_of(stories, tmp_path), processes=2)


class Near(list):
    def __init__(self, size, window, forward):
        super().__init__(range(size))
        self.window = window
        self.forward = forward


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 200), st.integers(1, 50), st.booleans(), st.integers(0, 99))
def test_windows(size, window, forward, seed):
    source = Near(size, window, forward)
    found = windows.order(source, np.random.default_rng(seed)).tolist()
    assert sorted(found) == source
    visited = [index // window for index in found]
    changes = [
        one for number, one in enumerate(visited) if number == 0 or visited[number - 1] != one
    ]
    assert len(changes) == len(set(changes))  # each window once, without a way back
    assert changes == sorted(changes) or not forward
    for index in source:
        near = windows.neighbours(source, index)
        assert index in near
        assert {one // window for one in near} == {index // window}


def test_a_mixture_of_streams_and_others():
    mixture = Mixture([Near(40, 8, True), range(10)], [1, 1], seed=3, shuffle=True)
    places = [mixture.place(index) for index in range(100)]
    walked = [at for number, at in places if number == 0][:40]
    assert [at // 8 for at in walked] == sorted(at // 8 for at in walked)
