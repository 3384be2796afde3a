"""A plugin of fakes, and an engine made of it: put your own component among them and ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sensorium.config import make_recipe, merge
from sensorium.contracts import FeatureShape, LanguageModelShape
from sensorium.discovery import empty_plugins
from sensorium.engine import ChatEngine
from sensorium.errors import PluginError
from sensorium.hooks import hookimpl
from sensorium.options import NoOptions
from sensorium.pipeline import plan
from sensorium.registry import Registry
from sensorium.specs import ChatTemplate, EncoderSpec, LanguageModelSpec, TranscriberSpec, Turn

from .fakes import VOCABULARY, FakeEncoder, FakeLanguageModel, FakeTranscriber

END = "<|end|>"

RECIPE = {
    "llm": {"plugin": "fake"},
    "encoders": {"image": {"plugin": "fake", "projector": {"plugin": "linear"}}},
    "template": "fake",
}
"""A model with eyes, all of it fake but the projector."""

EARS = {"encoders": {"audio": {"plugin": "fake", "mode": "transcribe"}}}
"""Laid over `RECIPE`: it also understands what is said."""


class FakePlugin:
    """`fake` as language model, encoder, transcriber and chat template."""

    def __init__(
        self,
        llm: FakeLanguageModel | None = None,
        encoder: FakeEncoder | None = None,
        transcriber: FakeTranscriber | None = None,
    ) -> None:
        self.llm = llm or FakeLanguageModel()
        self.encoder = encoder or FakeEncoder()
        self.transcriber = transcriber or FakeTranscriber()

    @hookimpl
    def register_language_models(self) -> Iterable[LanguageModelSpec]:
        """One that writes nonsense, always the same."""
        llm = self.llm
        yield LanguageModelSpec(
            name="fake",
            summary="nonsense, always the same",
            options=NoOptions,
            inspect=lambda options: LanguageModelShape(llm.width, VOCABULARY, llm.context_length),
            build=lambda options, device: llm,
        )

    @hookimpl
    def register_encoders(self) -> Iterable[EncoderSpec]:
        """One whose features depend on the content alone."""
        encoder = self.encoder
        yield EncoderSpec(
            name="fake",
            modality=encoder.modality,
            summary="numbers that depend on the content alone",
            options=NoOptions,
            inspect=lambda options: FeatureShape(encoder.width, encoder.positions),
            build=lambda options, device: encoder,
        )

    @hookimpl
    def register_transcribers(self) -> Iterable[TranscriberSpec]:
        """One that hears what it was told to hear."""
        transcriber = self.transcriber
        yield TranscriberSpec(
            name="fake",
            modality=transcriber.modality,
            summary="hears what it was told to hear",
            options=NoOptions,
            build=lambda options, device: transcriber,
        )

    @hookimpl
    def register_chat_templates(self) -> Iterable[ChatTemplate]:
        """Roles between control tokens."""
        yield ChatTemplate(
            name="fake",
            summary="<|user|> question <|assistant|> answer <|end|>",
            turns={
                "system": Turn(before="<|system|>"),
                "user": Turn(before="<|user|>"),
                "assistant": Turn(before="<|assistant|>", after=END),
            },
            stop=(END,),
        )


def fake_registry(*plugins: object) -> Registry:
    """The built-in components, the fakes, and `plugins`; PluginError where one is broken."""
    from sensorium import builtin

    found = empty_plugins()
    given = any(isinstance(plugin, FakePlugin) for plugin in plugins)
    fakes = [] if given else [FakePlugin()]
    for number, plugin in enumerate([builtin, *fakes, *plugins]):
        found.register(plugin, f"{number}-{type(plugin).__name__}", "a test")
    registry = Registry(found)
    registry.tables()
    for broken in found.broken:
        raise PluginError(f"{broken.name}: {broken.reason}")
    return registry


def fake_engine(*plugins: object, recipe: Mapping[str, Any] | None = None) -> ChatEngine:
    """An engine from the fakes and `plugins`; `recipe` is laid over `RECIPE`.

    Random weights (the projector's) are the same every time.
    """
    import torch

    planned = plan(make_recipe(merge(RECIPE, recipe or {}), source="test"), fake_registry(*plugins))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ChatEngine(planned.build())
