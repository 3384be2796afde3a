"""A corpus of token ids means something to one tokenizer only: checked before anything learns."""

from __future__ import annotations

from sensorium.errors import ConfigError
from sensorium.pipeline import Pipeline

from sensorium_trainers.data import Data
from sensorium_trainers.formats.tokens import TokensSource
from sensorium_trainers.holdout import Part


def check_tokens(data: Data, pipeline: Pipeline) -> None:
    """ConfigError where ids are another tokenizer's, or blocks longer than the context window."""
    for number, given in enumerate(data.sources):
        source = given.source if isinstance(given, Part) else given
        if not isinstance(source, TokensSource):
            continue
        held = source.manifest["tokenizer_sha256"]
        own = getattr(pipeline.llm.tokenizer, "fingerprint", None)
        if held != own:
            raise ConfigError(
                f"The corpus {source.path} holds ids of another tokenizer "
                f"({source.manifest['tokenizer']}, {held[:12]}) than the model's "
                f"({own[:12] if own else 'which has no fingerprint'})",
                where=f"data.{number}.path",
                hint="Pack the texts again with the model's tokenizer: sensorium data pack.",
            )
        if source.block > pipeline.llm.context_length:
            raise ConfigError(
                f"A block has {source.block:,} tokens, but the model reads "
                f"{pipeline.llm.context_length:,}",
                where=f"data.{number}.block",
            )
