"""A corpus of token ids means something to one tokenizer and one end of texts: checked at first."""

from __future__ import annotations

from sensorium.errors import ConfigError
from sensorium.pipeline import Pipeline
from sensorium.render import end_id

from sensorium_trainers.data import Data
from sensorium_trainers.formats.tokens import TokensSource
from sensorium_trainers.holdout import Part


def check_tokens(data: Data, pipeline: Pipeline) -> None:
    """ConfigError where ids are another tokenizer's, texts end otherwise than the model's do, or
    blocks are longer than the context window.
    """
    template = pipeline.template
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
        if source.manifest["end"] != end_id(template, pipeline.llm.tokenizer):
            raise ConfigError(
                f"The texts of the corpus {source.path} end as in the template "
                f"'{source.manifest['template']}', not as in the model's, '{template.name}'",
                where=f"data.{number}.path",
                hint=f"Pack them again with `template: {template.name}`: sensorium data pack.",
            )
        if source.block > pipeline.llm.context_length:
            raise ConfigError(
                f"A block has {source.block:,} tokens, but the model reads "
                f"{pipeline.llm.context_length:,}",
                where=f"data.{number}.block",
            )
