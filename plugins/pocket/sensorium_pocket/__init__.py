"""The pocket model: a small world of our own, and a tiny model trained on nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sensorium import BundleSpec, ChatTemplate, DatasetFormat, Evaluation, Turn, hookimpl

FOLDER = Path(__file__).parent


@hookimpl
def register_bundles() -> Iterable[BundleSpec]:
    """The shipped default."""
    yield BundleSpec(
        name="pocket",
        summary="answers questions about small pictures of everyday things",
        folder=lambda: FOLDER / "bundle",
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
    from .data import WorldOptions, open_patches, open_questions

    yield DatasetFormat(
        name="pocket-patches",
        summary="pictures of the pocket world with a class for every patch",
        options=WorldOptions,
        open=open_patches,
    )
    yield DatasetFormat(
        name="pocket-questions",
        summary="pictures of the pocket world with questions and answers",
        options=WorldOptions,
        open=open_questions,
    )


@hookimpl
def register_evaluations() -> Iterable[Evaluation]:
    """Exact answers on unseen scenes and on hand-written questions."""
    from .evaluation import evaluate

    yield Evaluation(
        name="pocket",
        summary="exact answers about unseen scenes, and to hand-written questions",
        run=evaluate,
    )
