"""Sensorium gives any language model senses.

    import sensorium

    engine = sensorium.load("pocket")
    picture = sensorium.read_image("scene.png")
    print(engine.ask([picture, "What do you see?"]).text)

These are the public names; `sensorium.testing` has fakes for plugin authors. Names are resolved on
first use, so that importing `sensorium` imports neither torch nor pydantic.
"""

from __future__ import annotations

from .version import __version__

TYPE_CHECKING = False  # what type checkers take for True; `typing` itself takes a while to import
if TYPE_CHECKING:
    from typing import Any

    from .answer import Answer, Answering
    from .contracts import (
        AdaptableLanguageModel,
        Block,
        BlockwiseLanguageModel,
        Capabilities,
        Encoder,
        FeatureShape,
        ForkableSession,
        LanguageModel,
        LanguageModelShape,
        Projector,
        Segment,
        Session,
        Tokenizer,
        TrainableEncoder,
        TrainableLanguageModel,
        Transcriber,
        Transcript,
        VariableEncoder,
    )
    from .detokenizer import Detokenizer, StreamingTokenizer
    from .engine import AnswerStream, ChatEngine
    from .errors import (
        BundleError,
        CheckpointError,
        ConfigError,
        ContextLengthError,
        InputTypeError,
        MediaError,
        MissingPackageError,
        NothingHeardError,
        PerceptionError,
        PluginError,
        SensoriumError,
        UnknownNameError,
        UnsupportedInputError,
        WidthError,
    )
    from .generation import GenerationOptions
    from .hooks import hookimpl
    from .loading import load
    from .lora import LoraOptions
    from .media.audio import read_audio
    from .media.images import read_image
    from .messages import Media, MediaPart, Message, Part, TextPart
    from .options import NoOptions, Options
    from .specs import (
        BundleSpec,
        ChatTemplate,
        Command,
        DatasetFormat,
        DenseSample,
        EncoderSpec,
        Evaluation,
        Grouped,
        LanguageModelSpec,
        ProjectorSpec,
        Sample,
        SampleSource,
        Score,
        SpeechSample,
        TextSample,
        TokenSample,
        TranscriberSpec,
        Turn,
    )

_HOMES = {
    "answer": "Answer Answering",
    "contracts": (
        "AdaptableLanguageModel Block BlockwiseLanguageModel Capabilities Encoder FeatureShape "
        "ForkableSession LanguageModel LanguageModelShape Projector Segment Session Tokenizer "
        "TrainableEncoder TrainableLanguageModel Transcriber Transcript VariableEncoder"
    ),
    "detokenizer": "Detokenizer StreamingTokenizer",
    "engine": "AnswerStream ChatEngine",
    "errors": (
        "BundleError CheckpointError ConfigError ContextLengthError InputTypeError MediaError "
        "MissingPackageError NothingHeardError PerceptionError PluginError SensoriumError "
        "UnknownNameError UnsupportedInputError WidthError"
    ),
    "generation": "GenerationOptions",
    "hooks": "hookimpl",
    "loading": "load",
    "lora": "LoraOptions",
    "media.audio": "read_audio",
    "media.images": "read_image",
    "messages": "Media MediaPart Message Part TextPart",
    "options": "NoOptions Options",
    "specs": (
        "BundleSpec ChatTemplate Command DatasetFormat DenseSample EncoderSpec Evaluation "
        "Grouped LanguageModelSpec ProjectorSpec Sample SampleSource Score SpeechSample "
        "TextSample TokenSample TranscriberSpec Turn"
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AdaptableLanguageModel",
    "Answer",
    "AnswerStream",
    "Answering",
    "Block",
    "BlockwiseLanguageModel",
    "BundleError",
    "BundleSpec",
    "Capabilities",
    "ChatEngine",
    "ChatTemplate",
    "CheckpointError",
    "Command",
    "ConfigError",
    "ContextLengthError",
    "DatasetFormat",
    "DenseSample",
    "Detokenizer",
    "Encoder",
    "EncoderSpec",
    "Evaluation",
    "FeatureShape",
    "ForkableSession",
    "GenerationOptions",
    "Grouped",
    "InputTypeError",
    "LanguageModel",
    "LanguageModelShape",
    "LanguageModelSpec",
    "LoraOptions",
    "Media",
    "MediaError",
    "MediaPart",
    "Message",
    "MissingPackageError",
    "NoOptions",
    "NothingHeardError",
    "Options",
    "Part",
    "PerceptionError",
    "PluginError",
    "Projector",
    "ProjectorSpec",
    "Sample",
    "SampleSource",
    "Score",
    "Segment",
    "SensoriumError",
    "Session",
    "SpeechSample",
    "StreamingTokenizer",
    "TextPart",
    "TextSample",
    "TokenSample",
    "Tokenizer",
    "TrainableEncoder",
    "TrainableLanguageModel",
    "Transcriber",
    "TranscriberSpec",
    "Transcript",
    "Turn",
    "UnknownNameError",
    "UnsupportedInputError",
    "VariableEncoder",
    "WidthError",
    "__version__",
    "hookimpl",
    "load",
    "read_audio",
    "read_image",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOME_OF:
        raise AttributeError(f"module 'sensorium' has no attribute '{name}'")
    return getattr(importlib.import_module(f".{_HOME_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
