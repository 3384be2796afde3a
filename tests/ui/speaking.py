"""An engine that says what it is told to, at a set pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import torch
from sensorium import (
    ChatEngine,
    ChatTemplate,
    EncoderSpec,
    FeatureShape,
    LanguageModelShape,
    LanguageModelSpec,
    Turn,
    hookimpl,
)
from sensorium.config import make_recipe
from sensorium.discovery import Plugins, empty_plugins
from sensorium.options import NoOptions
from sensorium.pipeline import plan
from sensorium.registry import Registry
from sensorium.testing import FakeEncoder, FakeLanguageModel, FakeSession
from torch import Tensor

END = "<|end|>"


class SpeakingSession(FakeSession):
    """Writes the model's text letter by letter, whatever it was asked."""

    def __init__(self, llm: SpeakingModel) -> None:
        super().__init__(llm)
        self._speaker = llm
        self._at = 0

    def append(self, embeddings: Tensor, *, last: int = 1) -> Tensor:
        if self._speaker.broken:
            raise ZeroDivisionError("a fault that nobody foresaw")
        logits = super().append(embeddings, last=last)
        opening = self._speaker.embed(torch.tensor([self._speaker.opening]))[0]
        # The prompt ends with the token that opens the answer.
        self._at = 0 if torch.equal(embeddings[-1], opening) else self._at + 1
        time.sleep(self._speaker.seconds)
        self._speaker.steps += 1
        said = [*self._speaker.text.encode(), self._speaker.tokenizer.control(END)]
        logits[-1] = -1000.0
        # Sampling finds nothing else. The text may be changed meanwhile.
        logits[-1, said[min(self._at, len(said) - 1)]] = 1000.0
        return logits


class SpeakingModel(FakeLanguageModel):
    """Says `text`, `seconds` apart per letter; counts its `steps`."""

    def __init__(self, text: str = "I see three cats.", seconds: float = 0.0) -> None:
        super().__init__(context_length=4096)
        self.text = text
        self.seconds = seconds
        self.steps = 0
        self.broken = False
        self.opening = self.tokenizer.control("<|assistant|>")

    def open_session(self) -> SpeakingSession:
        return SpeakingSession(self)


class FakePlugin:
    """Everything a model with eyes needs."""

    def __init__(self, llm: FakeLanguageModel) -> None:
        self.llm = llm

    @hookimpl
    def register_language_models(self) -> Iterable[LanguageModelSpec]:
        yield LanguageModelSpec(
            name="speaking",
            summary="says what it is told to",
            options=NoOptions,
            inspect=lambda options: LanguageModelShape(8, 272, 4096),
            build=lambda options, device: self.llm,
        )

    @hookimpl
    def register_encoders(self) -> Iterable[EncoderSpec]:
        yield EncoderSpec(
            name="fake",
            modality="image",
            summary="sees four things",
            options=NoOptions,
            inspect=lambda options: FeatureShape(width=8, positions=4),
            build=lambda options, device: FakeEncoder(),
        )

    @hookimpl
    def register_chat_templates(self) -> Iterable[ChatTemplate]:
        yield ChatTemplate(
            name="fake",
            summary="control tokens",
            turns={
                "system": Turn(),
                "user": Turn(before="<|user|>"),
                "assistant": Turn(before="<|assistant|>", after=END),
            },
            stop=(END,),
            system="Be brief.",
        )


def make_engine(llm: FakeLanguageModel, *, eyes: bool = True) -> ChatEngine:
    from sensorium import builtin

    plugins: Plugins = empty_plugins()
    plugins.register(builtin, "builtin", "test")
    plugins.register(FakePlugin(llm), "fake", "test")
    encoders = {"image": {"plugin": "fake", "projector": {"plugin": "linear"}}} if eyes else {}
    tree = {"llm": {"plugin": "speaking"}, "encoders": encoders, "template": "fake"}
    registry = Registry(plugins)
    return ChatEngine(plan(make_recipe(tree, source="test"), registry).build())


def steps_when_still(engine: ChatEngine, patience_seconds: float = 30.0) -> int:
    """Wait until no answer is being written (fails when one goes on); → the model's steps."""
    end = time.monotonic() + patience_seconds
    while any(thread.name == "sensorium-answer" for thread in threading.enumerate()):
        assert time.monotonic() < end, "a generation is still running"
        time.sleep(0.01)
    assert not engine.lock.locked()
    steps: int = engine.pipeline.llm.steps  # type: ignore[attr-defined]
    return steps
