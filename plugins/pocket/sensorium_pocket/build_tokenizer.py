"""Trains the pocket tokenizer on the world's own words.

    python -m sensorium_pocket.build_tokenizer

Byte-level BPE, so that any text has ids; words stand behind a space, as the template writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from . import FOLDER
from .world.questions import corpus

CONTROLS = ("<|pad|>", "<|user|>", "<|assistant|>", "<|end|>")
VOCABULARY = 1280
LINES = 200_000
PLACE = FOLDER / "recipes" / "llm" / "tokenizer.json"


def build(lines: int = LINES) -> Tokenizer:
    """A tokenizer trained on `lines` lines of the world's questions and answers."""
    return byte_level_bpe(corpus(Random(0), lines), VOCABULARY, CONTROLS)


def byte_level_bpe(lines: Iterable[str], vocabulary: int, controls: Sequence[str]) -> Tokenizer:
    """Trained on lines behind a space; `controls` come first and count as part of `vocabulary`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(controls),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((f" {line}" for line in lines), trainer)
    return tokenizer


if __name__ == "__main__":
    build().save(str(PLACE))
