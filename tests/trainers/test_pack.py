"""`sensorium data pack`: each token once in the file, whole parts only, the same after a kill."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from sensorium.cli.root import root
from sensorium.errors import ConfigError, SensoriumError
from sensorium_trainers.corpus.errors import CorpusError
from sensorium_trainers.corpus.pack import pack
from sensorium_trainers.corpus.recipe import PackRecipe, load_writing_recipe
from sensorium_trainers.formats.hub import HubOptions
from sensorium_trainers.formats.tokens import TokensOptions, open_tokens
from sensorium_trainers.presets import recipe_file

from .conftest import CONTROL, make_tokenizer

FORK = multiprocessing.get_context("fork")
END = CONTROL.index("<|end|>")  # in this order the tokenizer has them
LINES = [f"A cat and {word} dogs" for word in ("two", "three", "red", "blue", "green") * 4]


def ids(text):
    return make_tokenizer().encode(text, add_special_tokens=False).ids


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES))
    return {"format": "text", "path": str(path)}


@pytest.fixture
def packed(tmp_path, parts, registry, lines):
    """`packed(data=…, name="two")`: the folder of the finished corpus."""

    def make(*, name="corpus", data=(), **changes):
        output = tmp_path / name
        settings = {"tokenizer": str(parts / "llm"), "template": "pocket"}
        settings |= {"documents_per_part": 3, **changes}
        tree = {"data": list(data) or [lines], "output": str(output), **settings}
        pack(PackRecipe.model_validate(tree), registry)
        return output

    return make


def stream(folder):
    """All ids, and where documents begin, read without our reader."""
    manifest = json.loads((folder / "manifest.json").read_text())
    tokens, starts = [], []
    for number, part in enumerate(manifest["parts"]):
        file = folder / f"{number:05}"
        begun = np.fromfile(file.with_suffix(".starts"), "<i8")
        starts += (begun + len(tokens)).tolist()
        tokens += np.fromfile(file.with_suffix(".tokens"), manifest["dtype"]).tolist()
        assert part["tokens"] == os.path.getsize(f"{file}.tokens") // 2
    return tokens, starts


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_file_holds_every_document_and_an_end_token_behind_each(packed):
    tokens, starts = stream(packed())
    assert tokens == [id_ for line in LINES for id_ in [*ids(line), END]]
    assert [tokens[start - 1] for start in starts[1:]] == [END] * (len(LINES) - 1)


def test_a_corpus_of_the_generator(packed, tmp_path):
    """Both of its forms; behind a text that was cut off stands no end token."""
    texts = tmp_path / "texts.jsonl"
    rows = [{"text": "A cat"}, {"text": "Two dogs", "ended": False}, {"text": "It is red"}]
    texts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    chat = tmp_path / "chat.jsonl"
    turns = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "A cat"}]
    chat.write_text(json.dumps({"messages": turns}) + "\n")
    data = [{"format": "text", "path": str(texts)}, {"format": "chat", "path": str(chat)}]
    folder = packed(data=data, system="")
    tokens, starts = stream(folder)
    assert tokens[: starts[3]] == [*ids("A cat"), END, *ids("Two dogs"), *ids("It is red"), END]
    backend = make_tokenizer()
    said = backend.decode(tokens[starts[3] :], skip_special_tokens=False)
    assert said == "<|user|> What is it?<|assistant|> A cat<|end|>"
    # The first token behind the cut text is predicted from an end token that is not learned.
    block = open_tokens(TokensOptions(path=folder, block=100))[0]
    assert block.inputs[starts[2]] == END
    assert block.targets == tokens


def test_text_is_literal(packed, tmp_path):
    (tmp_path / "odd.txt").write_text("A cat<|end|>and dogs")
    tokens, starts = stream(packed(data=[{"format": "text", "path": str(tmp_path / "odd.txt")}]))
    assert tokens.count(END) == 1
    assert starts == [0]


def test_several_processes_write_the_same(packed):
    assert contents(packed(name="one")) == contents(packed(name="two", processes=2))


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_at_any_moment_it_ends_the_same(packed, tmp_path, monkeypatch, processes):
    whole = contents(packed(name="whole", documents_per_part=1))
    fsync = os.fsync

    def slow(handle):
        time.sleep(0.01)
        fsync(handle)

    def go():
        os.setsid()  # with its own children, who would go on otherwise
        os.fsync = slow
        packed(name="broken", documents_per_part=1, processes=processes)

    for until in (0, 3, 7):
        child = FORK.Process(target=go)
        child.start()
        waited = time.monotonic() + 60
        while len([*(tmp_path / "broken").glob("0*.json")]) <= until:
            assert time.monotonic() < waited
            time.sleep(0.003)
        os.killpg(child.pid, signal.SIGKILL)
        child.join()
        with pytest.raises(ConfigError, match=r"no finished corpus .*missing.*run again"):
            open_tokens(TokensOptions(path=tmp_path / "broken", block=4))
    assert contents(packed(name="broken", documents_per_part=1, processes=processes)) == whole


def test_a_damaged_part_is_written_again(packed):
    folder = packed()
    before = contents(folder)
    place = folder / "00001.tokens"
    place.write_bytes(bytes(place.stat().st_size))
    assert contents(packed()) == before


def test_a_full_disk(packed, tmp_path, monkeypatch):
    replace = os.replace

    def full(source, target):
        if str(target).endswith("00002.tokens"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CorpusError, match=r"No space left on device .*make room and run the same"):
        packed()
    left = {path.name for path in (tmp_path / "corpus").iterdir()}
    assert "00001.json" in left
    assert not {name for name in left if name == "00002.json" or name.startswith(".part")}
    monkeypatch.undo()
    assert stream(packed())[0][-1] == END


def test_killed_before_anything_is_there(packed, tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "plan.json.77.partial").write_text("{")
    names = {path.name for path in packed().iterdir()}
    assert not {name for name in names if "77" in name}


def test_another_recipe_or_folder_is_refused(packed, tmp_path, lines):
    packed()
    with pytest.raises(ConfigError, match=r"begun from something else: documents_per_part changed"):
        packed(documents_per_part=4)
    (tmp_path / "lines.txt").write_text("A cat")
    with pytest.raises(ConfigError, match="samples changed"):
        packed()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")
    with pytest.raises(ConfigError, match=r"mine holds something else .*Choose an empty folder"):
        packed(name="mine")


def test_samples_that_cannot_be_used(packed, tmp_path):
    rows = [{"text": "A cat"}] * 30 + [{"text": 7}, {"text": ""}] + [{"text": 7}] * 9
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = [{"format": "text", "path": str(tmp_path / "rows.jsonl")}]
    with pytest.raises(CorpusError, match=r"11 samples of one part cannot be used.*line 31"):
        packed(data=data, documents_per_part=100)
    folder = packed(data=data, documents_per_part=25, name="more", max_skipped_share=0.011)
    first, second = json.loads((folder / "manifest.json").read_text())["parts"]
    assert "skipped" not in first
    assert (second["skipped"], len(second["reasons"]), second["documents"]) == (11, 5, 5)
    assert "rows.jsonl, line 31" in second["reasons"][0]
    assert second["reasons"][1] == "The text is empty"


def test_what_is_no_text(packed, tmp_path, llava):
    pictures = {"format": "llava", "path": str(llava)}
    folder = packed(data=[pictures])
    parts = json.loads((folder / "manifest.json").read_text())["parts"]
    assert [part["skipped"] for part in parts] == [3, 1]
    assert "media, which are no tokens" in parts[0]["reasons"][0]
    with pytest.raises(ConfigError, match="made of text or conversations; the data gives Dense"):
        packed(data=[{"format": "colours"}], name="dense")


def test_no_such_tokenizer(packed, tmp_path):
    with pytest.raises(SensoriumError, match=r"No readable tokenizer.json .*nowhere"):
        packed(tokenizer=str(tmp_path / "nowhere"))


def test_the_command(tmp_path, parts, lines, registry, monkeypatch):
    path = tmp_path / "pack.yaml"
    tree = {"tokenizer": str(parts / "llm"), "template": "pocket", "data": [lines]}
    tree["output"] = "./corpus"
    path.write_text(yaml.safe_dump(tree))
    monkeypatch.setenv("SENSORIUM_PACK_DOCUMENTS_PER_PART", "8")
    words = ["data", "pack", "--config", str(path)]
    done = CliRunner().invoke(root, words, obj=registry)
    assert done.exit_code == 0, done.output
    tokens = sum(len(ids(line)) + 1 for line in LINES)
    assert done.stdout == f"{tmp_path / 'corpus'}: {tokens} tokens, 20 documents in 3 parts\n"
    again = CliRunner().invoke(root, words, obj=registry)
    assert again.stdout == done.stdout
    assert again.stderr == "3 of 3 parts are there already\n"


def test_a_weight_has_no_meaning_here(tmp_path, parts, lines):
    path = tmp_path / "pack.yaml"
    tree = {"tokenizer": str(parts / "llm"), "template": "pocket", "output": "./out"}
    tree["data"] = [{**lines, "weight": 2}]
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ConfigError, match=r"whatever its weight \(data\.0\.weight\)"):
        load_writing_recipe(PackRecipe, path, (), "SENSORIUM_PACK_")


def test_the_example_is_a_recipe():
    path = Path(__file__).parents[2] / "configs/data/tinystories.yaml"
    recipe = load_writing_recipe(PackRecipe, path, (), "SENSORIUM_PACK_")
    preset = yaml.safe_load(recipe_file("phi2-scratch").read_text())
    assert recipe.template == preset["model"]["template"]
    assert recipe.tokenizer == preset["model"]["llm"]["checkpoint"]
    options = HubOptions.model_validate(recipe.data[0].settings)
    assert options.streaming
