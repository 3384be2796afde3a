"""Blocks of a packed corpus: every token learned once, from the right context; exact resume."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from sensorium.errors import ConfigError, SampleError
from sensorium.messages import has_words
from sensorium.specs import ChatTemplate, TextSample
from sensorium_trainers.checkpoints import WEIGHTS, newest_checkpoint
from sensorium_trainers.corpus.documents import Documents
from sensorium_trainers.corpus.errors import CorpusError
from sensorium_trainers.corpus.pack import Writer, pack
from sensorium_trainers.corpus.parts import build
from sensorium_trainers.corpus.recipe import PackRecipe
from sensorium_trainers.formats.tokens import TokensOptions, open_tokens
from sensorium_trainers.packing import Packer

from .conftest import make_tokenizer

END = 9
TEMPLATE = ChatTemplate("letters", "plain", {}, stop=("<|end|>",))
PLAN = {"kind": "sensorium-tokens", "version": 1, "vocabulary": 70_000, "end": END}
TEXTS = ["A cat and dogs .", "It is red", "Two", "", "What is it ? It is a cat and two dogs ."]


class Letters:
    """A tokenizer: one id for each letter, by its code."""

    def encode(self, text):
        return [ord(letter) for letter in text]

    def control(self, token):
        return {"<|end|>": END}[token]


@st.composite
def corpora(draw):
    """Documents, some cut off, and into how many files they are written."""
    some = st.text(st.characters(codec="utf-8", max_codepoint=0xFFF), max_size=9)
    texts = draw(st.lists(some.filter(lambda text: not text or has_words(text))))
    samples = [TextSample(text, ended=draw(st.booleans())) for text in ["A cat", *texts]]
    return samples, draw(st.integers(1, 4)), draw(st.sampled_from(["<u2", "<u4"]))


def written(folder, samples, per_part, dtype):
    recipe = PackRecipe.model_validate(
        {"tokenizer": "x", "template": "x", "data": [{"format": "x"}], "output": folder}
        | {"documents_per_part": per_part}
    )
    writer = Writer(recipe, samples, Documents(Letters(), TEMPLATE), dtype)
    count = -(-len(samples) // per_part)
    build(folder, {**PLAN, "dtype": dtype}, count, writer.write, 1, lambda line: None)


@settings(deadline=None, max_examples=60)
@given(corpora(), st.integers(1, 40), st.randoms(use_true_random=False))
def test_every_token_is_learned_once_from_the_token_before(corpus, block, random):
    samples, per_part, dtype = corpus
    expected, before, begins = [], [], []
    packer = Packer(Letters(), TEMPLATE, len, context_length=99)
    for sample in samples:
        document = [*map(ord, sample.text), *([END] if sample.ended else [])] if sample.text else []
        if document:
            begins.append(len(expected))
            before += [END, *document[:-1]]
            expected += document
            row = packer.pack(sample)  # as training on the text itself has it
            assert row.targets == list(enumerate(document))
            assert row.ids[: len(document)] == [END, *document[:-1]]
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), samples, per_part, dtype)
        source = open_tokens(TokensOptions(path=Path(folder), block=block))
        assert source.tokens == len(expected)
        order = list(range(len(source)))
        random.shuffle(order)  # a block is the same whatever was read before it
        blocks = {index: source[index] for index in order}
    for index in range(len(source)):
        found, first = blocks[index], index * block
        assert found.targets == expected[first : first + block]
        assert found.inputs == before[first : first + block]
        assert [first + start for start in found.starts] == [
            begin for begin in begins if first <= begin < first + block
        ]
    assert sum(len(found.targets) for found in blocks.values()) == len(expected)


@pytest.fixture
def packed(tmp_path, parts, registry):
    """`packed(["A cat"], "a")`: the folder of a corpus of these texts."""

    def make(texts, name="corpus", **changes):
        lines = tmp_path / f"{name}.jsonl"
        lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        data = [{"format": "text", "path": str(lines)}]
        tree = {"tokenizer": str(parts / "llm"), "data": data, "output": str(tmp_path / name)}
        tree |= {"template": "pocket", "documents_per_part": 2, **changes}
        pack(PackRecipe.model_validate(tree), registry)
        return tmp_path / name

    return make


def tokens(folder, block=8, **more):
    return {"format": "tokens", "path": str(folder), "block": block, **more}


def test_documents_of_a_block_do_not_see_each_other(make_run, packed):
    """The loss of a block is the loss of its documents each alone."""
    folder = packed(TEXTS)
    objective = make_run("pretrain", data=[tokens(folder, 100)]).objective.eval()
    (block,) = open_tokens(TokensOptions(path=folder, block=100))
    row = objective.row(block)
    alone = [objective.row(TextSample(text)) for text in TEXTS if text]
    assert [id_ for _, id_ in row.targets] == [id_ for one in alone for _, id_ in one.targets]
    assert row.positions == [at for one in alone for at in one.positions[:-1]]
    with torch.no_grad():
        together = objective.loss(objective.batch([row]))
        apart = objective.loss(objective.batch(alone))
    torch.testing.assert_close(together, apart)


def test_another_tokenizer_is_refused(make_run, packed, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["house"])
    tokenizer.save(str(other / "tokenizer.json"))
    folder = packed(["A cat"], tokenizer=str(other))
    with pytest.raises(ConfigError) as caught:
        make_run("pretrain", data=[tokens(packed(["A cat"], "right")), tokens(folder)])
    assert str(caught.value).startswith(f"The corpus {folder} holds ids of another tokenizer (")
    assert "(data.1.path). Pack the texts again with the model's tokenizer" in str(caught.value)
    many = packed(["A cat"] * 40, "many", tokenizer=str(other))
    with pytest.raises(ConfigError, match="ids of another tokenizer"):  # a held-out part or not
        make_run("pretrain", data=[tokens(many, 8)], validation={"samples": 2})


def test_texts_that_end_otherwise_are_refused(make_run, packed):
    folder = packed(["A cat"], template="llava-phi")
    with pytest.raises(ConfigError) as caught:
        make_run("pretrain", data=[tokens(folder)])
    assert str(caught.value) == (
        f"The texts of the corpus {folder} end as in the template 'llava-phi', not as in the "
        "model's, 'pocket' (data.0.path). Pack them again with `template: pocket`: sensorium data "
        "pack."
    )


def test_a_block_longer_than_the_context(make_run, packed):
    with pytest.raises(ConfigError, match=r"129 tokens, but the model reads 128 \(data\.0\.block"):
        make_run("pretrain", data=[tokens(packed(["A cat"]), 129)])


def test_damaged_files(packed):
    folder = packed(TEXTS)
    options = TokensOptions(path=folder, block=4)
    place = folder / "00000.tokens"
    whole = place.read_bytes()
    place.write_bytes(b"\xff" * len(whole))
    with pytest.raises(SampleError, match=r"corpus, block 0: it holds an id beyond the vocabulary"):
        open_tokens(options)[0]
    place.write_bytes(whole[:-1])
    with pytest.raises(CorpusError, match=rf"{len(whole) - 1} bytes, not {len(whole)} .*Copy it"):
        open_tokens(options)
    for content, said in (("{}", "is damaged"), ('{"kind": "x", "version": 1}', "another kind")):
        (folder / "manifest.json").write_text(content)
        with pytest.raises(ConfigError, match=said):
            open_tokens(options)


def test_mixed_20_to_80_and_stopped_anywhere_it_ends_with_the_same_bits(make_run, packed, tmp_path):
    """Position is the number of samples: what stands there depends on the seed alone."""
    data = [
        tokens(packed(TEXTS * 3, "a"), weight=20),
        tokens(packed([f"A cat and {n} dogs" for n in ("two", "three") * 9], "b"), weight=80),
    ]
    run = make_run("pretrain", data=data)
    assert run.data.shares() == [0.2, 0.8]
    drawn = [run.data.place(index)[0] for index in range(2000)]
    assert abs(sum(drawn) / 2000 - 0.8) < 0.05
    settings = {"data": data, "save_every": 1, "keep": 9, "accumulate": 2}
    make_run("pretrain", output=str(tmp_path / "one"), steps=5, **settings).train(lambda line: None)
    for steps, workers in ((2, 1), (3, 0), (5, 2)):
        make_run(
            "pretrain", output=str(tmp_path / "two"), steps=steps, workers=workers, **settings
        ).train(lambda line: None)
    one, two = (load_file(newest_checkpoint(tmp_path / n) / WEIGHTS) for n in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_fingerprint_tells_tokenizers_apart(parts, tmp_path):
    from sensorium.tokenizer import FastTokenizer
    from tokenizers import pre_tokenizers

    first = FastTokenizer.load(parts / "llm").fingerprint
    again = make_tokenizer()
    again.enable_truncation(4)  # what a file carries of its last user is no part of it
    assert FastTokenizer(again).fingerprint == first
    cut = make_tokenizer()
    cut.pre_tokenizer = pre_tokenizers.Split("a", "isolated")
    assert FastTokenizer(cut).fingerprint != first
    more = make_tokenizer()
    more.add_special_tokens(["<|image|>"])
    assert FastTokenizer(more).fingerprint != first
