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
from .world.questions import Turn, sample_conversation, sample_questions
from .world.scenes import Scene, sample_scene
from .world.things import BACKGROUNDS, BY_NAME, CELLS

TEXT_ONLY = 0.04
"""Share of samples without a picture."""

LONGER_TALKS = 2
"""Conversations of a sample in which the picture comes late: they share no beginning."""

MediaLabels = dict[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn, and the picture that is shown with it."""

    turn: Turn
    picture: Media | None = None

    def message(self, recordings: Mapping[str, Media] = MappingProxyType({})) -> Message:
        """The question as the model gets it; as a recording where there is one of it."""
        seen = () if self.picture is None else (self.picture,)
        return Message.user(*seen, recordings.get(self.turn.question, self.turn.question))


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
        return rng, Lesson([shown(turns, None) for turns in talks], {})
    if options.longer and rng.random() < options.longer:
        return rng, _longer_lesson(scene, rng, options)
    talks = sample_questions(scene, rng, options.questions, options.emphasis)
    picture = picture_of(scene)
    return rng, Lesson([shown(turns, picture) for turns in talks], labels_of(scene, picture))


def later_talk(
    scene: Scene,
    picture: Media,
    other: Scene | None,
    rng: Random,
    emphasis: Mapping[str, float] = MappingProxyType({}),
) -> Talk:
    """Something else before the picture: about another scene, which is shown too, or none."""
    before, after = (sample_conversation(one, rng, emphasis) for one in (other, scene))
    return [*shown(before, None if other is None else picture_of(other)), *shown(after, picture)]


def _longer_lesson(scene: Scene, rng: Random, options: WorldOptions) -> Lesson:
    """Small talk first, or another picture, or the same one already."""
    picture = picture_of(scene)
    talks: list[Talk] = []
    labels = labels_of(scene, picture)
    for _ in range(LONGER_TALKS):
        other = rng.choice((None, scene, sample_scene(rng)))
        talk = later_talk(scene, picture, other, rng, options.emphasis)
        if other is not None and talk[0].picture is not None:
            labels |= labels_of(other, talk[0].picture)
        talks.append(talk)
    return Lesson(talks, labels)


def shown(turns: Sequence[Turn], picture: Media | None) -> Talk:
    """Turns about one picture, which is shown with the first."""
    return [Shown(turn, None if number else picture) for number, turn in enumerate(turns)]


def labels_of(scene: Scene, picture: Media) -> MediaLabels:
    """The words that describe each patch of the scene's picture."""
    return {picture.digest: patch_words(scene, dense_labels(scene))}


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
