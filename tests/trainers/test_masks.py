"""Exactly what is learned, token by token, against labels written out by hand.

A line is `token -> the token to predict there`; `<i>` stands for the positions of a picture.
`pytest -s` prints them.
"""

from __future__ import annotations

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium import Message, Sample, read_image
from sensorium.render import TextPiece, render
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
SPACES = (
    Message.user(" What"),
    Message.assistant(" Yes"),
    Message.user("is\nit"),
    Message.assistant("No\nno"),
    Message.user("<|end|>"),
    Message.assistant(""),
)
"""A space that belongs to the words, a line break inside, letters like an end, no words."""

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

POCKET_SPACES = """
ĠBe
Ġkind
.
<|user|>
Ġ
ĠWhat
<|assistant|> -> Ġ
Ġ -> ĠYes
ĠYes -> <|end|>
<|end|>
<|user|>
Ġis
Ċ
it
<|assistant|> -> ĠNo
ĠNo -> Ċ
Ċ -> no
no -> <|end|>
<|end|>
<|user|>
[?]
[?]
[?]
<|assistant|>
<|end|>
"""
LLAVA_SPACES = """
Be
Ġkind
.
ĠUSER
:
Ġ
ĠWhat
ĠASSISTANT
: -> Ġ
Ġ -> ĠYes
ĠYes -> <|endoftext|>
<|endoftext|>
USER
:
Ġis
Ċ
it
ĠASSISTANT
: -> ĠNo
ĠNo -> Ċ
Ċ -> no
no -> <|endoftext|>
<|endoftext|>
USER
:
[?]
[?]
[?]
ĠASSISTANT
:
<|endoftext|>
"""
BY_HAND = {
    "pocket": (POCKET_SINGLE, POCKET_MULTI, POCKET_TEXT, POCKET_SPACES),
    "llava-phi": (LLAVA_SINGLE, LLAVA_MULTI, LLAVA_TEXT, LLAVA_SPACES),
}


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
    print("", *lines, sep="\n")
    return lines


@pytest.mark.parametrize("number", range(4), ids=["single", "multi", "text", "spaces"])
@pytest.mark.parametrize("name", BY_HAND)
def test_labels_are_those_written_by_hand(registry, name, number):
    messages = (SINGLE, MULTI, TEXT, SPACES)[number]
    row = packer(registry.chat_templates.get(name)).pack(Sample((messages,)))
    assert written_out(row) == [line for line in BY_HAND[name][number].split("\n") if line]
    assert row.positions == list(range(len(row.ids)))
    assert set(row.segments) == {1}


def test_every_registered_template_has_labels_here(registry):
    assert sorted(BY_HAND) == sorted(entry.spec.name for entry in registry.chat_templates)


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


def shipped(end):
    """The pocket's tokenizer, byte-level BPE as Phi's, with the end token of a template."""
    made = tokenizers.Tokenizer.from_file(str(FOLDER / "recipes" / "llm" / "tokenizer.json"))
    made.add_special_tokens([end])
    return FastTokenizer(made)


@pytest.mark.parametrize("template", [POCKET, LLAVA_PHI], ids=lambda template: template.name)
def test_a_word_is_learned_as_it_stands_in_a_sentence(template):
    # What chat gives the model to answer is what stands before the last answer in training.
    (end,) = template.stop
    tokenizer = shipped(end)
    row = packer(template, tokenizer, 1000).pack(Sample((TEXT,)))
    (yes,) = tokenizer.encode(" Yes")
    assert len(tokenizer.encode("Yes")) > 1
    assert [id_ for _, id_ in row.targets] == [yes, tokenizer.control(end)]


@pytest.mark.parametrize("template", [POCKET, LLAVA_PHI], ids=lambda template: template.name)
@settings(deadline=None, max_examples=40)
@given(turns=st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=3))
def test_what_is_learned_is_what_the_assistant_says(template, turns):
    """On the shipped tokenizer: all of it, its end included, and nothing else."""
    (stop,) = template.stop
    tokenizer = shipped(stop)
    messages = []
    for question, answer in turns:
        messages += [Message.user(question), Message.assistant(answer)]
    row = packer(template, tokenizer, 1000).pack(Sample((tuple(messages),)))
    end = tokenizer.control(stop)
    learned = [id_ for _, id_ in row.targets]
    assert learned.count(end) == len(turns)
    said = tokenizer.decode(learned)
    assert said == "".join(f" {answer}" for _, answer in turns)
    for position, id_ in row.targets:
        assert row.ids[position + 1] == id_
    # What chat gives the model to answer is exactly what stands before the last answer in training.
    asked = render(messages[:-1], template, tokenizer, system="Be kind.")
    prompt = [id_ for piece in asked if isinstance(piece, TextPiece) for id_ in piece.ids]
    answered = tokenizer.encode(f" {turns[-1][1]}")
    assert [*prompt, *answered, end] == row.ids
    assert [id_ for _, id_ in row.targets[-len(answered) - 1 :]] == [*answered, end]
