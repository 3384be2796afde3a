"""Collects the world's words, and trains the tokenizer of the pocket's Whisper on what is said.

python -m sensorium_pocket.speech.build_tokenizer
"""

from __future__ import annotations

from collections import Counter
from random import Random

from sensorium.text_files import read_text
from tokenizers import Tokenizer

from sensorium_pocket import FOLDER
from sensorium_pocket.build_tokenizer import byte_level_bpe
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
    rng = Random(0)
    # Whisper's specials stand behind the text, so they are no part of what is trained.
    tokenizer = byte_level_bpe((draw_sentence(rng) for _ in range(lines)), TEXT_TOKENS, ())
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


if __name__ == "__main__":
    # What ears have learned is not taken from them: words are only added. Read what is new.
    words = {*read_text(WORDS).split(), *collect_words()}
    WORDS.write_text("\n".join(sorted(words)) + "\n", "utf-8")
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    build().save(str(PLACE))
