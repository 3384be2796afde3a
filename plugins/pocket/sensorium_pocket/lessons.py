"""What one sample is about: conversations, and with which turn a picture is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from sensorium import Media, Message, Sample

from .options import WorldOptions
from .pictures import picture_of, scene_of, seed_of
from .world.labels import PATCHES, DenseLabels, dense_labels, size_word
from .world.questions import (
    Turn,
    sample_conversation,
    sample_pair_conversation,
    sample_pair_questions,
    sample_questions,
    second_scene,
)
from .world.scenes import Scene
from .world.things import BACKGROUNDS, BY_NAME, CELLS

TEXT_ONLY = 0.04
"""Share of samples without a picture."""

LONGER_TALKS = 2
"""Conversations of a sample in which the picture comes late: they share no beginning."""

MediaLabels = dict[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn, and the pictures that are shown with it."""

    turn: Turn
    pictures: tuple[Media, ...] = ()

    def message(self, recordings: Mapping[str, Media] = MappingProxyType({})) -> Message:
        """The question as the model gets it; as a recording where there is one of it."""
        question = self.turn.question
        return Message.user(*self.pictures, recordings.get(question, question))


Talk = Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Conversations, and the words that describe each patch of their pictures, by digest."""

    talks: Sequence[Talk]
    labels: MediaLabels

    def sample(
        self,
        recordings: Mapping[str, Media] = MappingProxyType({}),
        heard: MediaLabels | None = None,
    ) -> Sample:
        """For training; `recordings` has questions that are spoken, `heard` the words in them."""
        talks = tuple(
            tuple(
                message
                for one in talk
                for message in (one.message(recordings), Message.assistant(one.turn.answer))
            )
            for talk in self.talks
        )
        return Sample(talks, self.labels | (heard or {}))


def draw_lesson(options: WorldOptions, index: int) -> tuple[Random, Lesson]:
    """Lesson `index` of a seed, and the generator that goes on from it."""
    rng, scene = scene_of(seed_of(options, index))
    if rng.random() < TEXT_ONLY:
        talks = sample_questions(None, rng, options.questions)
        return rng, Lesson([shown(turns) for turns in talks], {})
    if options.longer and rng.random() < options.longer:
        return rng, _longer_lesson(scene, rng, options)
    if options.pairs and rng.random() < options.pairs:
        return rng, _pair_lesson(scene, rng, options)
    talks = sample_questions(scene, rng, options.questions, options.emphasis)
    picture = picture_of(scene)
    return rng, Lesson([shown(turns, picture) for turns in talks], labels_of((scene, picture)))


def _pair_lesson(scene: Scene, rng: Random, options: WorldOptions) -> Lesson:
    """Two pictures in one message."""
    pair = (scene, second_scene(scene, rng))
    pictures = (picture_of(pair[0]), picture_of(pair[1]))
    talks = sample_pair_questions(pair, rng, options.questions, options.emphasis)
    labels = labels_of(*zip(pair, pictures, strict=True))
    return Lesson([shown(turns, *pictures) for turns in talks], labels)


def _longer_lesson(scene: Scene, rng: Random, options: WorldOptions) -> Lesson:
    """Talks in which pictures come one after another, or small talk comes first."""
    talks = [_longer_talk(scene, rng, options.emphasis) for _ in range(LONGER_TALKS)]
    return Lesson([talk for talk, _ in talks], talks[0][1] | talks[1][1])


def _longer_talk(
    scene: Scene, rng: Random, emphasis: Mapping[str, float]
) -> tuple[Talk, MediaLabels]:
    """Up to three times something before the picture; a second one may be compared with the first.

    What comes before is small talk, another scene, or the same one already.
    """
    before = [
        rng.choices((None, scene, second_scene(scene, rng)), (3, 2, 5))[0]
        for _ in range(rng.choices((1, 2, 3), (70, 18, 12))[0])
    ]
    scenes = [*before, scene]
    seen = [(one, picture_of(one)) for one in scenes if one is not None]
    pictures = iter([picture for _, picture in seen])
    talk: list[Shown] = []
    for number, one in enumerate(scenes):
        last = number == len(before)
        if last and len(seen) == 2 and rng.random() < 0.5:
            pair = (seen[0][0], seen[1][0])
            if rng.random() < 0.5:  # asked with the second picture, or after a question about it
                turns = sample_pair_conversation(pair, rng, emphasis, later=True)
            else:
                turns = [
                    *sample_conversation(one, rng, emphasis)[:1],
                    *sample_pair_conversation(pair, rng, emphasis, later=True),
                ]
        else:
            turns = sample_conversation(one, rng, emphasis)
            turns = turns if last or len(before) == 1 else turns[:1]
        talk += shown(turns, *(() if one is None else (next(pictures),)))
    return talk, labels_of(*seen)


def later_talk(scene: Scene, picture: Media, other: Scene | None, rng: Random) -> Talk:
    """Something else before the picture: about another scene, which is shown too, or none."""
    before, after = (sample_conversation(one, rng) for one in (other, scene))
    return [
        *shown(before, *(() if other is None else (picture_of(other),))),
        *shown(after, picture),
    ]


def shown(turns: Sequence[Turn], *pictures: Media) -> Talk:
    """Turns about pictures, which are shown with the first."""
    return [Shown(turn, () if number else pictures) for number, turn in enumerate(turns)]


def labels_of(*seen: tuple[Scene, Media]) -> MediaLabels:
    """The words that describe each patch of the scenes' pictures."""
    return {picture.digest: patch_words(scene, dense_labels(scene)) for scene, picture in seen}


def patch_words(scene: Scene, labels: DenseLabels) -> tuple[tuple[str, ...], ...]:
    """For each patch the words that describe it: on an item's home patch its names and place."""
    background = tuple(BACKGROUNDS)[labels.background]
    described: list[tuple[str, ...]] = []
    for patch in range(PATCHES):
        if not labels.home[patch]:
            # One patch in each corner tells the ground; more would drown the things.
            corner = patch in {0, PATCHES - 1} and labels.item[patch] < 0
            described.append((background,) if corner else ())
            continue
        item = scene.items[int(labels.item[patch])]
        thing = BY_NAME[item.thing]
        words = [thing.name, thing.plural, *CELLS[item.cell].split()]
        words += [item.colour] if item.colour else []
        described.append((*words, size_word(item.scale)))
    return tuple(described)
