"""What is said in training: the world's questions, and sentences that break their patterns.

A model that hears nothing but templates learns the templates. So four in ten sentences are word
salad or spliced from pieces of others, where only listening helps.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from random import Random

from sensorium.plain_yaml import parse
from sensorium.text_files import read_text

from sensorium_pocket.paraphrases import written_questions
from sensorium_pocket.world.questions import sample_conversation
from sensorium_pocket.world.questions.wordbank import entries
from sensorium_pocket.world.scenes import sample_scene

from .wording import normal, number

BROKEN = 0.45
"""Share of sentences that are spliced, salad or numbers."""

LONGEST = 20
"""Words; what is longer is cut to a piece of it."""

# Of words that sound alike only the first, more frequent one stands in salad: no one could tell.
_SOUND_ALIKE = frozenset(
    entries("""
    too | two | four | their | they're | your | won | hi | know | bye | hear | wear
    write | hour | its | who's | ate | sun | pear | bee | inn | wood | knew | blew | red
    meat | weak | hole | sail | plain | deer | flour | sew | eye | ant | weigh | rode
    maid | peace | tale | mail | sum | threw | past | tail | sea | knight | our
    whether | whose | buy
    """)
)


def draw_sentence(rng: Random) -> str:
    """One sentence in normal form, of words that are in `lexicon()`."""
    while (sentence := _draw(rng)) in _held_out():
        pass
    return sentence


def _draw(rng: Random) -> str:
    if rng.random() >= BROKEN:
        words = _asked(rng).split()
        if len(words) > LONGEST:
            start = rng.randrange(len(words) - LONGEST + 1)
            words = words[start : start + LONGEST]
        return " ".join(words)
    kind = rng.choices((_spliced, _salad, _counted), (4, 5, 1))[0]
    return kind(rng)


def draw_question(rng: Random) -> str:
    """A question or something said in a conversation, whole, in normal form."""
    while True:
        said = _asked(rng)
        if len(said.split()) <= LONGEST:
            return said


def unseen_sentences() -> list[str]:
    """Held-out sentences of a structure that training has not, in normal form."""
    ours = parse(_text("unseen.yaml"))
    typed = [question.text for question in written_questions()]
    said = [normal(text) for text in (*ours, *typed)]
    # What was typed may be misspelled; nobody can say that.
    known = lexicon()
    return [text for text in said if len(text.split()) >= 3 and known >= set(text.split())]


@cache
def lexicon() -> frozenset[str]:
    """Every word that is ever said: the world's own and common ones."""
    return frozenset(world_words()) | frozenset(common_words())


@cache
def world_words() -> tuple[str, ...]:
    """The words of the world's conversations; `build_tokenizer` collects them."""
    return tuple(_text("words.txt").split())


@cache
def common_words() -> tuple[str, ...]:
    """Frequent English words."""
    return tuple(_text("common.txt").split())


@cache
def _held_out() -> frozenset[str]:
    return frozenset(unseen_sentences())


def _asked(rng: Random) -> str:
    known = lexicon()
    while True:
        scene = None if rng.random() < 0.15 else sample_scene(rng)
        turn = rng.choice(sample_conversation(scene, rng))
        said = normal(turn.question)
        if said and known >= set(said.split()):  # typing errors cannot be heard
            return said


def _piece(rng: Random, longest: int) -> list[str]:
    words = _asked(rng).split()
    length = min(len(words), rng.randint(1, longest))
    start = rng.randrange(len(words) - length + 1)
    return words[start : start + length]


def _spliced(rng: Random) -> str:
    """Pieces of two or three questions."""
    pieces = [_piece(rng, 6) for _ in range(rng.randint(2, 3))]
    return " ".join(word for piece in pieces for word in piece)


def _salad(rng: Random) -> str:
    """Any words, now and then two or three that belong together."""
    words: list[str] = []
    for _ in range(rng.randint(2, 9)):
        chance = rng.random()
        if chance < 0.15:
            words += _piece(rng, 3)
        else:
            words.append(_any_word(rng, world_words() if chance < 0.4 else common_words()))
    return " ".join(words[:14])


def _any_word(rng: Random, words: tuple[str, ...]) -> str:
    while (word := rng.choice(words)) in _SOUND_ALIKE:
        pass
    return word


def _counted(rng: Random) -> str:
    """Numbers among words."""
    value = rng.choice((rng.randrange(13), rng.randrange(100), rng.randrange(1000)))
    return " ".join([*_piece(rng, 4), number(value), *_piece(rng, 4)])


def _text(name: str) -> str:
    return read_text(files(__package__).joinpath(name))
