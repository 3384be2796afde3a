"""The pocket model: a small world of our own, and a tiny model trained on nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sensorium import (
    BundleSpec,
    ChatTemplate,
    Command,
    DatasetFormat,
    Evaluation,
    Turn,
    hookimpl,
)

if TYPE_CHECKING:
    import click
    from sensorium import Answering, SampleSource, Score

    from .options import SpeechOptions, SpokenOptions, WorldOptions

FOLDER = Path(__file__).parent


@hookimpl
def register_bundles() -> Iterable[BundleSpec]:
    """The shipped default."""
    from .examples import examples

    yield BundleSpec(
        name="pocket",
        summary="answers questions about small pictures of everyday things",
        folder=lambda: FOLDER / "bundle",
        examples=examples,
        training=lambda: FOLDER / "recipes/plan.yaml",
    )


@hookimpl
def register_chat_templates() -> Iterable[ChatTemplate]:
    """Short turns between control tokens."""
    yield ChatTemplate(
        name="pocket",
        summary="<|user|> question <|assistant|> answer <|end|>",
        turns={
            "system": Turn(separator=" "),
            "user": Turn(before="<|user|>", separator=" "),
            "assistant": Turn(before="<|assistant|>", after="<|end|>", separator=" "),
        },
        stop=("<|end|>",),
        media_separator=" ",
    )


@hookimpl
def register_dataset_formats() -> Iterable[DatasetFormat]:
    """The world as training data, generated while it is read."""
    from .options import SpeechOptions, SpokenOptions, WorldOptions

    yield DatasetFormat(
        name="pocket-patches",
        summary="pictures of the pocket world with a class for every patch",
        options=WorldOptions,
        open=_open_patches,
    )
    yield DatasetFormat(
        name="pocket-questions",
        summary="pictures of the pocket world with questions and answers",
        options=WorldOptions,
        open=_open_questions,
    )
    yield DatasetFormat(
        name="pocket-speech",
        summary="sentences spoken by espeak-ng, generated while they are read",
        options=SpeechOptions,
        open=_open_speech,
    )
    yield DatasetFormat(
        name="pocket-spoken",
        summary="pictures of the pocket world with questions asked aloud, and answers",
        options=SpokenOptions,
        open=_open_spoken,
    )


@hookimpl
def register_evaluations() -> Iterable[Evaluation]:
    """Exact answers on unseen scenes and on hand-written questions."""
    yield Evaluation(
        name="pocket",
        summary="exact answers about unseen scenes, and to hand-written questions",
        items=1000,
        run=_evaluate,
    )
    yield Evaluation(
        name="pocket-speech",
        summary="words and sentences heard right, from voices, accents and rooms held out",
        items=500,
        run=_evaluate_speech,
    )
    yield Evaluation(
        name="pocket-spoken",
        summary="the same questions about unseen scenes, typed and asked aloud",
        items=500,
        run=_evaluate_spoken,
    )


@hookimpl
def register_commands() -> Iterable[Command]:
    """The first thing to try."""
    yield Command(
        name="demo",
        summary="Ask the pocket model three questions about two pictures.",
        load=_load_demo,
    )


def _open_patches(options: WorldOptions) -> SampleSource:
    from .data import Patches

    return Patches(options)


def _open_questions(options: WorldOptions) -> SampleSource:
    from .data import Questions

    return Questions(options)


def _open_speech(options: SpeechOptions) -> SampleSource:
    from .speech.data import SpokenSentences

    return SpokenSentences(options)


def _open_spoken(options: SpokenOptions) -> SampleSource:
    from .speech.questions import SpokenQuestions

    return SpokenQuestions(options)


def _evaluate_speech(engine: Answering, limit: int) -> Iterator[Mapping[str, Score]]:
    from .speech.evaluation import evaluate

    return evaluate(engine, limit)


def _evaluate_spoken(engine: Answering, limit: int) -> Iterator[Mapping[str, Score]]:
    from .speech.asking import evaluate

    return evaluate(engine, limit)


def _evaluate(engine: Answering, limit: int) -> Iterator[Mapping[str, Score]]:
    from .evaluation import evaluate

    return evaluate(engine, limit)


def _load_demo() -> click.Command:
    from .demo import demo

    return demo
