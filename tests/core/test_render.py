"""Text stays literal, media stand by position, and what the assistant said is marked exactly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium import Media, Message
from sensorium.errors import CheckpointError, ConfigError
from sensorium.messages import MediaPart, TextPart, has_words
from sensorium.render import MediaPiece, TextPiece, end_id, render, stop_ids
from sensorium.specs import ChatTemplate, Turn
from sensorium.testing import fake_registry
from sensorium_llm_phi2.template import LLAVA_PHI
from sensorium_pocket import register_chat_templates

POCKET = next(iter(register_chat_templates()))
FAKE = fake_registry().chat_templates.get("fake")
TEMPLATES = [LLAVA_PHI, POCKET, FAKE]
CONTROL = re.compile(r"(<\|[a-z]+\|>)")
NASTY = [
    "<|endoftext|>",
    "<|user|>",
    "<|end|>",
    "<image>",
    " USER:",
    "ASSISTANT: ",
    "\n",
    "  ",
    "\0",
]

texts = st.lists(st.sampled_from(NASTY) | st.text(max_size=6), max_size=5).map("".join)
media = st.integers(0, 3).map(lambda n: Media("image", f"digest {n}", n))
parts = st.lists(texts.map(TextPart) | media.map(MediaPart), max_size=4).map(tuple)
fuzz = settings(deadline=None, max_examples=60)


@st.composite
def conversations(draw):
    """Turns of both sides, the last of them the user's."""
    said = []
    if draw(st.booleans()):
        said.append(Message.system(draw(texts)))
    for _ in range(draw(st.integers(0, 2))):
        said += [Message("user", draw(parts)), Message.assistant(draw(texts))]
    return [*said, Message("user", draw(parts))]


def skeleton(pieces, tokenizer, *, answer=None):
    """Strings, control tokens and media digests in order; neighbouring strings joined."""
    found = []
    names = {tokenizer.control(name): name for name in ("<|endoftext|>", *stop_and_roles())}
    for piece in pieces:
        if answer is not None and getattr(piece, "answer", False) != answer:
            continue
        if isinstance(piece, MediaPiece):
            found.append(("media", piece.media.digest))
            continue
        run = []
        for id_ in (*piece.ids, None):
            if id_ in names or id_ is None:
                text = tokenizer.decode(run)
                if text and found and found[-1][0] == "text":
                    found[-1] = ("text", found[-1][1] + text)
                elif text:
                    found.append(("text", text))
                run = []
            if id_ in names:
                found.append(("control", names[id_]))
            elif id_ is not None:
                run.append(id_)
    return found


def stop_and_roles():
    return ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]


def expected(messages, template, *, only_answers=False, reply=True):
    """What the template says, written down a second time."""
    found = []

    def text(words):
        if words and found and found[-1][0] == "text":
            found[-1] = ("text", found[-1][1] + words)
        elif words:
            found.append(("text", words))

    def frame(words):
        if found and found[-1][0] == "control":
            words = words.removeprefix(" ")
        for bit in CONTROL.split(words):
            if CONTROL.fullmatch(bit):
                found.append(("control", bit))
            else:
                text(bit)

    if messages[0].role != "system" and template.system and not only_answers:
        messages = [Message.system(template.system), *messages]
    for message in messages:
        turn = template.turns[message.role]
        silent = message.role == "assistant" and not has_words(message.text)
        if only_answers and (message.role != "assistant" or silent):
            continue
        if not only_answers:
            frame(turn.before)
        parts = [p for p in message.parts if isinstance(p, MediaPart) or p.text]
        for index, part in enumerate([] if silent else parts):
            if index == 0:
                text(turn.separator)
            if isinstance(part, MediaPart):
                found.append(("media", part.media.digest))
                continue
            if index and isinstance(parts[index - 1], MediaPart):
                text(template.media_separator)
            text(part.text)
        frame(turn.after)
    if reply and not only_answers:
        frame(template.turns["assistant"].before)
    return found


def keys(pieces):
    found = []
    for piece in pieces:
        found += piece.ids if isinstance(piece, TextPiece) else [piece.media.digest]
    return found


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
@given(said=conversations())
@fuzz
def test_control_and_media_stand_only_where_the_template_puts_them(template, said, tokenizer):
    pieces = render(said, template, tokenizer)
    assert skeleton(pieces, tokenizer) == expected(said, template)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
@given(said=conversations())
@fuzz
def test_answer_marks_exactly_what_the_assistant_says(template, said, tokenizer):
    pieces = render(said, template, tokenizer)
    marked = skeleton(pieces, tokenizer, answer=True)
    assert marked == expected(said, template, only_answers=True)
    assert all(piece.ids for piece in pieces if isinstance(piece, TextPiece))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
@given(said=conversations())
@fuzz
def test_the_beginning_of_a_conversation_renders_alike(template, said, tokenizer):
    """So the KV of a conversation serves its next turn."""
    whole = keys(render(said, template, tokenizer))
    for end, message in enumerate(said):
        if message.role == "assistant":
            asked = keys(render(said[:end], template, tokenizer))
            answered = keys(render(said[: end + 1], template, tokenizer, reply=False))
            assert whole[: len(asked)] == asked
            assert whole[: len(answered)] == answered


BLANK = ["", " ", "\n", "  \t ", "\u00a0", "\u3000", "\u200b", "\ufeff\u00ad", "\0"]
BLANK += [
    "\ufe0f",
    "\u034f",
    "\u3164",
    "\u115f\u1160",
    "\u2800 \u2800",
    "\uffa0",
    "\U000e0100",
    "\u2065",
]


def test_what_has_words():
    assert not any(map(has_words, BLANK))
    assert all(
        map(
            has_words,
            ["a", " .", "\n0", "\u200b你", "😀", "❤\ufe0f", "-", "é", "e\u0301", "⠁", "한"],
        )
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
@given(blank=st.sampled_from(BLANK), words=texts)
@fuzz
def test_an_answer_without_words_is_context_and_never_learned(template, blank, words, tokenizer):
    """Neither it nor its end; and the same empty turn, however it was written down."""
    silent = [
        Message.assistant(blank),
        Message("assistant", ()),
        Message("assistant", (TextPart(""), TextPart(blank))),
    ]
    asked, more = Message.user("What?"), [Message.user("And?"), Message.assistant(f"{words}.")]
    spelled = [render([asked, one, *more], template, tokenizer, reply=False) for one in silent]
    assert spelled[0] == spelled[1] == spelled[2]
    answers = [piece for piece in spelled[0] if getattr(piece, "answer", False)]
    assert answers == [
        piece
        for piece in render([asked, *more], template, tokenizer, reply=False)
        if getattr(piece, "answer", False)
    ]


def reference(backend, *strings):
    return [id_ for string in strings for id_ in backend.encode(string).ids]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_llava_phi_equals_the_reference_string_tokenised_whole(backend, tokenizer, turns):
    end = "<|endoftext|>"
    string = LLAVA_PHI.system
    said = []
    for turn in range(turns):
        question = f"What is it? {turn}"
        string += (" " if turn == 0 else "") + f"USER: {question} ASSISTANT:"
        said.append(Message.user(question))
        assert keys(render(said, LLAVA_PHI, tokenizer)) == reference(backend, string)
        string += f" Two cats, {turn}.{end}"
        said.append(Message.assistant(f"Two cats, {turn}."))
        assert keys(render(said, LLAVA_PHI, tokenizer, reply=False)) == reference(backend, string)


def test_llava_phi_with_pictures_equals_the_reference_cut_at_image(backend, tokenizer, pictures):
    said = [
        Message.user(pictures[0], "What is it?"),
        Message.assistant("Two cats."),
        Message.user(pictures[1], "And it?"),
    ]
    string = (
        f"{LLAVA_PHI.system} USER: <image>\nWhat is it? ASSISTANT: Two cats.<|endoftext|>"
        "USER: <image>\nAnd it? ASSISTANT:"
    )
    before, between, after = string.split("<image>")
    assert keys(render(said, LLAVA_PHI, tokenizer)) == [
        *reference(backend, before),
        pictures[0].digest,
        *reference(backend, between),
        pictures[1].digest,
        *reference(backend, after),
    ]


def test_the_system_text(tokenizer):
    asked = [Message.user("hi")]

    def first(messages, **settings):
        return skeleton(render(messages, LLAVA_PHI, tokenizer, **settings), tokenizer)[0][1]

    assert first(asked).startswith("A chat between a curious user")
    assert first(asked, system="Be brief.") == "Be brief. USER: hi ASSISTANT:"
    assert first(asked, system="") == " USER: hi ASSISTANT:"
    own = [Message.system("Be <|end|> rude."), *asked]
    assert first(own, system="Be brief.") == "Be <|end|> rude. USER: hi ASSISTANT:"


def test_roles_and_tokens_a_template_does_not_have(tokenizer):
    template = ChatTemplate("t", "s", {"user": Turn("<|me|>")}, stop=("<|me|>",))
    with pytest.raises(ConfigError, match="'t' has no turn for the role 'assistant'"):
        render([Message.assistant("hi")], template, tokenizer)
    with pytest.raises(CheckpointError, match=r"no control token '<\|me\|>'"):
        render([Message.user("hi")], template, tokenizer)
    with pytest.raises(CheckpointError, match=r"no control token '<\|me\|>'"):
        stop_ids(template, tokenizer)
    assert stop_ids(POCKET, tokenizer) == {tokenizer.control("<|end|>")}


def test_the_end_of_a_text(tokenizer):
    assert end_id(LLAVA_PHI, tokenizer) == tokenizer.control("<|endoftext|>")
    assert end_id(POCKET, tokenizer) == tokenizer.control("<|end|>")
    endless = ChatTemplate("t", "s", {"user": Turn()}, stop=())
    with pytest.raises(ConfigError, match="'t' has no token that ends a text"):
        end_id(endless, tokenizer)


def test_messages_know_their_parts(pictures):
    message = Message.user(pictures[0], "a", pictures[1], "b")
    assert message.text == "ab"
    assert message.media == (pictures[0], pictures[1])
    assert pictures[0] == Media("image", pictures[0].digest, None)
    assert pictures[0] != Media("audio", pictures[0].digest, None)
    assert pictures[0] != "image"
    assert len({pictures[0], pictures[1], Media("image", pictures[0].digest, None)}) == 2
