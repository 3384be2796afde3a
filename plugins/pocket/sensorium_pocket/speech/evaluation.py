"""`sensorium eval pocket-speech`: what the model's transcriber hears of clips nobody trained on.

Every set has as many clips as the limit says, with seeds of its own beyond all training seeds.
`words` counts words said minus errors: its share is 1 minus the word error rate. `quick` counts
3-second clips that took at most 80 ms. `transformers` is the same checkpoint, not quantized, in
transformers' own arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
from sensorium import Answering, ChatEngine, Transcriber
from sensorium.errors import UnsupportedInputError
from sensorium.media.audio import SAMPLE_RATE_HZ

from sensorium_pocket.tally import Table, Tally

from .data import Clip, spoken
from .espeak import Waveform
from .reference import Reference
from .scoring import word_errors
from .sentences import draw_question, unseen_sentences
from .sounds import QUIET, with_noise, wordless

SETS = ("voices", "accents", "white noise", "unseen structure")
FIRST_CLIP = 3_000_000
"""Clips before it were looked at while the recipes were made; these were not."""

NOISE_DECIBELS = 10.0
QUICK_SECONDS, QUICK_CLIP_SECONDS = 0.08, 3.0


def evaluate(engine: Answering, limit: int = 500) -> Iterator[Table]:
    """The sets by turns, so that a small limit shows something of each."""
    transcriber = transcriber_of(engine)
    reference = reference_of(engine)
    tally = Tally()
    for number in range(FIRST_CLIP, FIRST_CLIP + limit):
        for name in SETS:
            clip = held_out_clip(name, number)
            heard = transcriber.transcribe(clip.waveform).text
            errors, words = word_errors(clip.text, heard)
            tally.add(f"{name}: words", words - errors, words)
            tally.add(f"{name}: exact", errors == 0, 1)
            if name == "voices" and reference is not None:
                errors, words = word_errors(clip.text, reference.transcribe(clip.waveform))
                tally.add("voices, transformers: words", words - errors, words)
        for kind in QUIET:
            heard = transcriber.transcribe(held_out_sound(kind, number)).text
            tally.add(f"only {kind}: nothing heard", not heard.strip(), 1)
        clip = held_out_clip("voices", number, seconds=QUICK_CLIP_SECONDS)
        began = time.perf_counter()
        transcriber.transcribe(clip.waveform)
        tally.add("3 s: quick", time.perf_counter() - began <= QUICK_SECONDS, 1)
        yield tally.table()


def held_out_clip(name: str, number: int, seconds: float | None = None) -> Clip:
    """Clip `number` of a set; cut or filled to a length where one is given."""
    rng = Random(f"speech evaluation {name} {number}")
    if name == "unseen structure":
        texts = unseen_sentences()
        text = texts[number % len(texts)]
    else:
        text = draw_question(rng)
    clip = spoken(text, "accents" if name == "accents" else "voices", rng)
    if name == "white noise":
        clip = replace(clip, waveform=with_noise(clip.waveform, "white", NOISE_DECIBELS, rng))
    if seconds is not None:
        length = int(seconds * SAMPLE_RATE_HZ)
        filled = [clip.waveform] * -(-length // len(clip.waveform))
        clip = replace(clip, waveform=np.concatenate(filled)[:length])
    return clip


def held_out_sound(kind: str, number: int) -> Waveform:
    """[S] of silence, noise or a tone, one to five seconds."""
    rng = Random(f"speech evaluation {kind} {number}")
    return wordless(kind, rng.uniform(1, 5), rng)


def transcriber_of(engine: Answering) -> Transcriber:
    """What the model hears with."""
    hearings = engine.pipeline.hearings if isinstance(engine, ChatEngine) else {}
    if "audio" not in hearings:
        raise UnsupportedInputError(
            "This model has no transcriber for audio",
            where="encoders.audio",
            hint="Give it one, for instance: --set 'encoders.audio={plugin: whisper, "
            "mode: transcribe, checkpoint: runs/pocket/speech/speech}'",
        )
    return hearings["audio"].load()


def reference_of(engine: Answering) -> Reference | None:
    """The checkpoint in transformers, where its folder is at hand."""
    planned = engine.pipeline.plan.hearings if isinstance(engine, ChatEngine) else ()
    names = [getattr(one.options, "checkpoint", "") for one in planned if one.modality == "audio"]
    folders = [Path(name) for name in names if Path(name, "model.safetensors").is_file()]
    return Reference(folders[0]) if folders else None
