"""The hooks a plugin may implement. Each docstring is a whole plugin that runs.

A plugin is a module (or object) named in the entry-point group `sensorium`. Every hook is
optional, takes no argument and yields frozen specs.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from .specs import (
    BundleSpec,
    ChatTemplate,
    Command,
    DatasetFormat,
    EncoderSpec,
    Evaluation,
    LanguageModelSpec,
    ProjectorSpec,
    TranscriberSpec,
)

GROUP = "sensorium"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as the implementation of the hook of the same name."""


@hookspec
def register_encoders() -> Iterable[EncoderSpec]:
    """Encoders: media → features.

    >>> from sensorium import EncoderSpec, FeatureShape, hookimpl
    >>> from sensorium.options import NoOptions
    >>> from sensorium.testing import FakeEncoder
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_encoders(self):
    ...         yield EncoderSpec(
    ...             name="tone", modality="audio", summary="a tone's pitch", options=NoOptions,
    ...             inspect=lambda options: FeatureShape(width=8, positions=4),
    ...             build=lambda options, device: FakeEncoder(modality="audio", width=8),
    ...         )
    """
    raise NotImplementedError


@hookspec
def register_transcribers() -> Iterable[TranscriberSpec]:
    """Transcribers: media → text.

    >>> from sensorium import TranscriberSpec, Transcript, hookimpl
    >>> from sensorium.options import NoOptions
    >>> class Deaf:
    ...     modality = "audio"
    ...     def transcribe(self, media, *, progress=None):
    ...         return Transcript(text="", language="en")
    ...     def save(self, folder):
    ...         pass
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_transcribers(self):
    ...         yield TranscriberSpec(
    ...             name="deaf", modality="audio", summary="hears nothing", options=NoOptions,
    ...             build=lambda options, device: Deaf(),
    ...         )
    """
    raise NotImplementedError


@hookspec
def register_projectors() -> Iterable[ProjectorSpec]:
    """Projectors: features → embeddings.

    >>> from sensorium import ProjectorSpec, hookimpl
    >>> from sensorium.options import NoOptions
    >>> def build(options, source, target_width):
    ...     from sensorium.builtin.projectors import Linear
    ...     return Linear(source, target_width)
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_projectors(self):
    ...         yield ProjectorSpec(
    ...             name="plain", summary="one matrix", options=NoOptions, build=build
    ...         )
    """
    raise NotImplementedError


@hookspec
def register_language_models() -> Iterable[LanguageModelSpec]:
    """Language models with their tokenizers.

    >>> from sensorium import LanguageModelShape, LanguageModelSpec, hookimpl
    >>> from sensorium.options import NoOptions
    >>> from sensorium.testing import FakeLanguageModel
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_language_models(self):
    ...         yield LanguageModelSpec(
    ...             name="parrot", summary="repeats", options=NoOptions,
    ...             inspect=lambda options: LanguageModelShape(8, 256, 512),
    ...             build=lambda options, device: FakeLanguageModel(width=8),
    ...         )
    """
    raise NotImplementedError


@hookspec
def register_chat_templates() -> Iterable[ChatTemplate]:
    """Conversation formats.

    >>> from sensorium import ChatTemplate, Turn, hookimpl
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_chat_templates(self):
    ...         yield ChatTemplate(
    ...             name="plain", summary="question and answer",
    ...             turns={
    ...                 "system": Turn(),
    ...                 "user": Turn(before="Q:", separator=" "),
    ...                 "assistant": Turn(before=" A:", after="<|endoftext|>", separator=" "),
    ...             },
    ...             stop=("<|endoftext|>",),
    ...         )
    """
    raise NotImplementedError


@hookspec
def register_dataset_formats() -> Iterable[DatasetFormat]:
    """Readers of training data.

    >>> from sensorium import DatasetFormat, Message, Sample, hookimpl
    >>> from sensorium.options import NoOptions
    >>> greeting = Sample(((Message.user("hi"), Message.assistant("Hello.")),))
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_dataset_formats(self):
    ...         yield DatasetFormat(
    ...             name="greetings", summary="one greeting, often", options=NoOptions,
    ...             open=lambda options: [greeting] * 10,
    ...         )
    """
    raise NotImplementedError


@hookspec
def register_bundles() -> Iterable[BundleSpec]:
    """Complete models shipped with a plugin.

    >>> from pathlib import Path
    >>> from sensorium import BundleSpec, hookimpl
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_bundles(self):
    ...         yield BundleSpec(
    ...             name="mine", summary="my model", folder=lambda: Path("bundles/mine")
    ...         )
    """
    raise NotImplementedError


@hookspec
def register_evaluations() -> Iterable[Evaluation]:
    """Scored tasks for `sensorium eval`.

    >>> from sensorium import Evaluation, Message, Score, hookimpl
    >>> def run(engine, limit):
    ...     answer = engine.ask([Message.user("hi")])
    ...     yield {"greeting": Score(float(answer.text == "Hello."), 1)}
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_evaluations(self):
    ...         yield Evaluation(name="polite", summary="does it greet back", run=run)
    """
    raise NotImplementedError


@hookspec
def register_commands() -> Iterable[Command]:
    """Commands of the command line, loaded only when they run.

    >>> import click
    >>> from sensorium import Command, hookimpl
    >>> class Plugin:
    ...     @hookimpl
    ...     def register_commands(self):
    ...         yield Command(
    ...             name="hello", summary="say hello",
    ...             load=lambda: click.Command("hello", callback=lambda: click.echo("hello")),
    ...         )
    """
    raise NotImplementedError
