"""Collects the world's words, and trains the tokenizer of the pocket's Whisper on what is said.

python -m sensorium_pocket.speech.build_tokenizer
"""

from __future__ import annotations

from collections import Counter
from random import Random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from sensorium_pocket import FOLDER
from sensorium_pocket.world.questions import corpus
from sensorium_pocket.world.questions.wording import misspell

from .sentences import common_words, draw_sentence
from .wording import normal

SPECIALS = (
    *("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>"),
    *("<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
)
"""Whisper's, in the order that CTranslate2 and faster-whisper count on: text stands before them."""

TEXT_TOKENS = 1_077
LINES = 60_000
RARE = 3
WORDS = FOLDER / "speech" / "words.txt"
PLACE = FOLDER / "recipes" / "speech" / "tokenizer.json"


def collect_words(lines: int = LINES) -> list[str]:
    """Words of the world's conversations that are no typing errors, sorted."""
    found: Counter[str] = Counter()
    for line in corpus(Random(1), lines):
        found.update(normal(line).split())
    slips = {
        slip
        for word in found
        for slip in (misspell(word, Random(seed)) for seed in range(100))
        if slip != word and slip not in common_words()
    }
    return sorted(w for w, count in found.items() if count >= RARE and w not in slips)


def build(lines: int = LINES) -> Tokenizer:
    """Byte-level BPE over what training says; words stand behind a space, as in Whisper."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TEXT_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rng = Random(0)
    tokenizer.train_from_iterator((f" {draw_sentence(rng)}" for _ in range(lines)), trainer)
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


if __name__ == "__main__":
    WORDS.write_text("\n".join(collect_words()) + "\n", "utf-8")
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    build().save(str(PLACE))
