"""Packed rows compute what separate conversations in a chat session would."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium import Message, Sample, TextSample, read_image
from sensorium.config import make_recipe
from sensorium.errors import ConfigError, SampleError
from sensorium.pipeline import plan
from sensorium.render import TextPiece, render
from sensorium_trainers.batching import attention_mask
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.losses import means
from torch.nn import functional

from .conftest import POSITIONS

PICTURES = [read_image(Image.new("RGB", (32, 32), colour)) for colour in ("red", "blue")]


@pytest.fixture(scope="module")
def pipeline(model, registry):
    made = plan(make_recipe(model, source="test"), registry).build()
    with torch.no_grad():  # the start is so regular that mistakes would hardly show
        for part in (made.senses["image"].projector, made.llm.module):
            for weight in part.parameters():
                weight.add_(
                    torch.randn(weight.shape, generator=torch.Generator().manual_seed(3)) * 0.1
                )
    return made


@pytest.fixture(scope="module")
def objective(pipeline):
    return LanguageObjective(pipeline, media_label_weight=0.5).eval()


def loss(objective, samples):
    batch = objective.collate(samples)
    with torch.no_grad():
        return float(means(objective(**batch), objective.counts(batch))["answer_loss"])


def in_chat(pipeline, conversation):
    """Losses of the answer's tokens, through perception and a KV session: another code path."""
    pieces = render(
        conversation, pipeline.template, pipeline.llm.tokenizer, system=pipeline.system, reply=False
    )
    answered = []
    for piece in pieces:
        is_text = isinstance(piece, TextPiece)
        answered += (
            [i if piece.answer else None for i in piece.ids] if is_text else [None] * POSITIONS
        )
    prompt = pipeline.perception.perceive(pieces)
    with torch.no_grad():
        logits = pipeline.llm.open_session().append(prompt.embeddings, last=len(prompt.keys))
    at = [index for index, id_ in enumerate(answered) if id_ is not None]
    targets = torch.tensor([answered[index] for index in at])
    before = torch.tensor(at) - 1
    return functional.cross_entropy(logits[before], targets, reduction="none").tolist()


WORDS = ["What", "is", "it", "?", "A", "cat", "and", "dogs", ".", "Two", "red", "blue"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
TURNS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=2)
SAMPLES = st.lists(
    st.tuples(st.sampled_from([None, *PICTURES]), st.lists(TURNS, min_size=1, max_size=3)),
    min_size=1,
    max_size=3,
)


def conversation(turns, picture):
    messages = []
    for number, (question, answer) in enumerate(turns):
        shown = [picture] if picture is not None and number == 0 else []
        messages += [Message.user(*shown, question), Message.assistant(answer)]
    return tuple(messages)


@settings(deadline=None, max_examples=25)
@given(drawn=SAMPLES)
def test_packed_loss_is_the_mean_over_separate_chats(pipeline, objective, drawn):
    samples = [Sample(tuple(conversation(t, picture) for t in talks)) for picture, talks in drawn]
    separate = [
        value
        for sample in samples
        for messages in sample.conversations
        for value in in_chat(pipeline, messages)
    ]
    expected = sum(separate) / len(separate)
    assert loss(objective, samples) == pytest.approx(expected, abs=1e-5, rel=1e-5)


def test_a_row_sees_neither_its_neighbours_nor_the_padding(objective):
    first = conversation([("What is it?", "A cat.")], PICTURES[0])
    loud = conversation([("dogs dogs dogs dogs dogs", "Two dogs and a cat")], PICTURES[0])
    alone = objective.collate([Sample((first,))])
    packed = objective.collate([Sample((loud, first)), Sample((loud, loud, loud))])
    with torch.no_grad():
        hidden = [
            objective.model.hidden(
                objective.embed(batch["ids"], batch["media"], batch["places"]),
                attention_mask(batch["samples"], batch["segments"]),
                batch["position_ids"],
            )
            for batch in (alone, packed)
        ]
    tail = 5  # <|assistant|> A cat . <|end|>
    end = int((packed["samples"][0] == 0).sum())
    torch.testing.assert_close(hidden[1][0, end - tail : end], hidden[0][0, -tail:])


def test_attention_mask_by_hand():
    samples, segments = [[0, 0, 0, 0, 0, 0, -1]], [[0, 0, 1, 1, 2, 2, -1]]
    seen = attention_mask(torch.tensor(samples), torch.tensor(segments))[0, 0].int().tolist()
    assert seen == [
        [1, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0],
        [1, 1, 0, 0, 1, 0, 0],
        [1, 1, 0, 0, 1, 1, 0],
        [0, 0, 0, 0, 0, 0, 1],
    ]


def test_media_stand_in_their_own_places(pipeline, objective):
    red, blue = PICTURES
    messages = (Message.user(red, "and", blue, "and", red, "?"), Message.assistant("Yes"))
    other = (Message.user("Yes", blue), Message.assistant("No"))
    batch = objective.collate([Sample((messages,)), Sample((other,))])
    assert len(batch["media"]["image"]) == 2  # each picture once, however often it is shown
    with torch.no_grad():
        embedded = objective.embed(batch["ids"], batch["media"], batch["places"])
        seen = dict(zip("rb", pipeline.senses["image"].perceive([red, blue]), strict=True))
    rows = [objective.packer.pack(Sample((m,))) for m in (messages, other)]
    shown = [(0, slot.start) for slot in rows[0].slots] + [(1, rows[1].slots[0].start)]
    for (row, start), picture in zip(shown, "rbrb", strict=True):
        torch.testing.assert_close(embedded[row, start : start + POSITIONS], seen[picture])
    words = pipeline.llm.embed(batch["ids"][0, :3])
    torch.testing.assert_close(embedded[0, :3], words)


def test_media_labels_are_targets_at_their_positions(pipeline, objective):
    words = tuple(("red", "cat") if n == 2 else () for n in range(POSITIONS))
    messages = conversation([("What is it?", "A cat.")], PICTURES[0])
    labelled = Sample((messages,), media_labels={PICTURES[0].digest: words})
    row = objective.packer.pack(labelled)
    id_of = {word: objective.packer.tokenizer.encode(f" {word}")[0] for word in ("red", "cat")}
    start = row.slots[0].start
    assert row.dense == [(start + 2, id_of["red"]), (start + 2, id_of["cat"])]
    batch = objective.collate([labelled])
    parts = means(objective(**batch), objective.counts(batch))
    with torch.no_grad():  # both losses once more, in the simplest words
        pieces = render(
            messages,
            objective.packer.template,
            objective.packer.tokenizer,
            system="Be kind.",
            reply=False,
        )
        prompt = pipeline.perception.perceive(pieces)
        logits = pipeline.llm.open_session().append(prompt.embeddings, last=len(prompt.keys))
        names = torch.tensor([id_of["red"], id_of["cat"]])
        said = functional.cross_entropy(logits[[start + 2] * 2], names)
        seen = functional.layer_norm(prompt.embeddings[[start + 2] * 2], (32,))
        table = pipeline.llm.module.get_input_embeddings().weight
        near = functional.cross_entropy(seen @ table.T, names)
    torch.testing.assert_close(parts["media_loss"], said)
    torch.testing.assert_close(parts["naming_loss"], near)
    total = parts["answer_loss"] + 0.5 * (parts["media_loss"] + parts["naming_loss"])
    torch.testing.assert_close(objective.loss(batch), total)
    assert loss(objective, [labelled]) == loss(objective, [Sample((messages,))])
    short = Sample((messages,), media_labels={PICTURES[0].digest: words[1:]})
    with pytest.raises(ConfigError, match="describes 15 positions of each image, but"):
        objective.packer.pack(short)
    objective.packer.label_media = False
    assert objective.packer.pack(short).dense == []


def test_plain_text_is_learned_whole_and_in_pieces(objective):
    packer = objective.packer
    end = packer.tokenizer.control("<|end|>")
    words = packer.tokenizer.encode("One line of text")
    row = packer.pack(TextSample("One line of text"))
    assert row.ids == [end, *words, end]
    assert row.targets == list(enumerate([*words, end]))
    assert row.positions == list(range(6))
    assert row.segments == [1] * 6
    with pytest.raises(SampleError, match="The text is empty"):
        packer.pack(TextSample("", ended=False))
    row = packer.pack(TextSample("One line of text", ended=False))
    assert row.ids == [end, *words]
    assert row.targets == list(enumerate(words))
    long = "text " * 300
    row = packer.pack(TextSample(long.strip()))
    assert max(row.positions) == packer.context_length - 1
    assert [id_ for _, id_ in row.targets] == [*packer.tokenizer.encode(long.strip()), end]
    assert all(row.ids[at + 1] == id_ for at, id_ in row.targets)
    assert all(row.segments[at + 1] == row.segments[at] for at, _ in row.targets)


def test_what_does_not_fit_is_refused(objective):
    with pytest.raises(ConfigError, match=r"takes \d+ positions; the model reads 128"):
        objective.packer.pack(Sample((conversation([("cat " * 200, "Yes")], None),)))
    with pytest.raises(ConfigError, match="the data gives str"):
        objective.packer.pack("text")
    sound = type(PICTURES[0])("audio", "x", None)
    with pytest.raises(ConfigError, match="The data has audio, but the model takes text, image"):
        objective.packer.pack(Sample((conversation([("what", "Yes")], sound),)))
