"""Exactly what is learned, token by token, against labels written out by hand.

A line is `token -> the token to predict there`; `<i>` stands for the positions of a picture.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium import Message, Sample, read_image
from sensorium.tokenizer import FastTokenizer
from sensorium_llm_phi2.template import LLAVA_PHI
from sensorium_pocket import FOLDER, register_chat_templates
from sensorium_trainers.packing import Packer

from .conftest import make_tokenizer

POCKET = next(iter(register_chat_templates()))
RED = read_image(Image.new("RGB", (4, 4), "red"))
BLUE = read_image(Image.new("RGB", (4, 4), "blue"))

SINGLE = (Message.user(RED, "What is it?"), Message.assistant("A cat."))
MULTI = (*SINGLE, Message.user("And dogs?"), Message.assistant("Two."))
TEXT = (Message.user("What is it?"), Message.assistant("Yes"))

POCKET_SINGLE = """
ĠBe
Ġkind
.
<|user|>
Ġ
<i>
<i>
ĠWhat
Ġis
Ġit
?
<|assistant|> -> ĠA
ĠA -> Ġcat
Ġcat -> .
. -> <|end|>
<|end|>
"""
POCKET_MULTI = (
    POCKET_SINGLE
    + """
<|user|>
ĠAnd
Ġdogs
?
<|assistant|> -> ĠTwo
ĠTwo -> .
. -> <|end|>
<|end|>
"""
)
LLAVA_SINGLE = """
Be
Ġkind
.
ĠUSER
:
Ġ
<i>
<i>
Ċ
What
Ġis
Ġit
?
ĠASSISTANT
: -> ĠA
ĠA -> Ġcat
Ġcat -> .
. -> <|endoftext|>
<|endoftext|>
"""
LLAVA_MULTI = (
    LLAVA_SINGLE
    + """
USER
:
ĠAnd
Ġdogs
?
ĠASSISTANT
: -> ĠTwo
ĠTwo -> .
. -> <|endoftext|>
<|endoftext|>
"""
)
POCKET_TEXT = """
ĠBe
Ġkind
.
<|user|>
ĠWhat
Ġis
Ġit
?
<|assistant|> -> ĠYes
ĠYes -> <|end|>
<|end|>
"""
LLAVA_TEXT = """
Be
Ġkind
.
ĠUSER
:
ĠWhat
Ġis
Ġit
?
ĠASSISTANT
: -> ĠYes
ĠYes -> <|endoftext|>
<|endoftext|>
"""


def packer(template, tokenizer=None, context_length=64, system="Be kind."):
    tokenizer = tokenizer or FastTokenizer(make_tokenizer())
    return Packer(
        tokenizer, template, lambda media: 2, system=system, context_length=context_length
    )


def written_out(row) -> list[str]:
    """A row as lines; every target once, in its line."""
    names = {number: piece for piece, number in make_tokenizer().get_vocab().items()}
    slots = {slot.start + offset for slot in row.slots for offset in range(2)}
    targets = dict(row.targets)
    assert len(targets) == len(row.targets)
    lines = []
    for position, id_ in enumerate(row.ids):
        token = "<i>" if position in slots else names[id_]
        said = f" -> {names[targets[position]]}" if position in targets else ""
        lines.append(token + said)
    return lines


@pytest.mark.parametrize(
    ("template", "messages", "expected"),
    [
        (POCKET, SINGLE, POCKET_SINGLE),
        (POCKET, MULTI, POCKET_MULTI),
        (POCKET, TEXT, POCKET_TEXT),
        (LLAVA_PHI, SINGLE, LLAVA_SINGLE),
        (LLAVA_PHI, MULTI, LLAVA_MULTI),
        (LLAVA_PHI, TEXT, LLAVA_TEXT),
    ],
)
def test_labels_are_those_written_by_hand(template, messages, expected):
    row = packer(template).pack(Sample((messages,)))
    assert written_out(row) == [line for line in expected.split("\n") if line]
    assert row.positions == list(range(len(row.ids)))
    assert set(row.segments) == {1}


def test_two_conversations_share_the_picture_and_nothing_of_the_answer():
    other = (SINGLE[0], Message.assistant("Two."))
    row = packer(POCKET).pack(Sample((SINGLE, other)))
    assert [slot.media for slot in row.slots] == [RED]
    assert row.segments == [0] * 11 + [1] * 5 + [2] * 4
    assert row.positions == [*range(16), *range(11, 15)]
    assert written_out(row)[11:] == [
        "<|assistant|> -> ĠA",
        "ĠA -> Ġcat",
        "Ġcat -> .",
        ". -> <|end|>",
        "<|end|>",
        "<|assistant|> -> ĠTwo",
        "ĠTwo -> .",
        ". -> <|end|>",
        "<|end|>",
    ]


def test_different_pictures_are_never_shared():
    other = (Message.user(BLUE, "What is it?"), Message.assistant("A cat."))
    row = packer(POCKET).pack(Sample((SINGLE, other)))
    assert [slot.media for slot in row.slots] == [RED, BLUE]
    assert row.segments.count(0) == 5  # Be kind. <|user|> and the space


SENTENCES = st.lists(
    st.sampled_from(["there are two cats.", "Yes", " no", "red\nblue", "<|end|>", "é", "a  b"]),
    min_size=1,
    max_size=3,
).map(" ".join)


@settings(deadline=None, max_examples=40)
@given(turns=st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=3))
def test_what_is_learned_is_what_the_assistant_says(turns):
    """On the shipped tokenizer: all of it, its end included, and nothing else."""
    folder = FOLDER / "recipes" / "llm"
    tokenizer = FastTokenizer.load(folder)
    messages = []
    for question, answer in turns:
        messages += [Message.user(question), Message.assistant(answer)]
    row = packer(POCKET, tokenizer, 1000).pack(Sample((tuple(messages),)))
    end = tokenizer.control("<|end|>")
    learned = [id_ for _, id_ in row.targets]
    assert learned.count(end) == len(turns)
    said = tokenizer.decode(learned)
    assert said == "".join(f" {answer}" for _, answer in turns)
    for position, id_ in row.targets:
        assert row.ids[position + 1] == id_
