"""What a recipe may say about Whisper. Both modes read one class, so that a recipe changes its mode
in one line; each description says which mode it is for.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from sensorium import Options
from sensorium.limits import LARGEST_SEED


class WhisperOptions(Options):
    """Options of 'whisper'."""

    checkpoint: str = Field(
        default="tiny",
        min_length=1,
        description="A size (tiny, base, small …), a hub id, or a folder: transformers' files, in "
        "its subfolder `ctranslate2` the conversion that transcribing runs on. Without one it "
        "is made once, and kept in the cache.",
    )
    revision: str | None = Field(
        default=None,
        description="Branch, tag or commit on the hub; None is the main branch "
        "as it was when first downloaded.",
    )
    language: str | None = Field(
        default=None,
        pattern="^[a-z]{2,3}$",
        description="Transcribing: language that is spoken (en, de …); detected where left out.",
    )
    beam_size: int = Field(
        default=5, ge=1, le=32, description="Transcribing: hypotheses kept; 1 is greedy, fastest."
    )
    voice_threshold: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Transcribing: how sure the detector (Silero, 2 MB) has to be that there is a "
        "voice; 0 does without it and hears whatever is louder than its surroundings.",
    )
    pause_seconds: float = Field(
        default=1.0,
        gt=0,
        le=3600,
        description="Transcribing: a pause this long ends a stretch that is heard as one.",
    )
    log_prob_threshold: float = Field(
        default=-1.0,
        ge=-1000,
        le=0,
        description="Transcribing: what the model is less sure of (mean log probability of a "
        "segment's tokens) is taken for noise and left out.",
    )
    no_speech_threshold: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Transcribing: a window whose probability of no speech is higher is left out, "
        "unless the words are surer than `log_prob_threshold`.",
    )
    compression_ratio_threshold: float = Field(
        default=2.4,
        gt=0,
        le=1000,
        description="Transcribing: text that zlib shrinks more is a loop, and left out.",
    )
    steady_decibels: float = Field(
        default=3.0,
        ge=0,
        le=200,
        description="Transcribing: sound whose loudness varies less than this (hum, hiss, tones) "
        "is no speech; 0 switches this off.",
    )
    compute_type: Literal["auto", "int8", "float32", "float16", "bfloat16", "int8_float16"] = Field(
        default="auto",
        description="Transcribing: type of CTranslate2's numbers; auto is int8 on a CPU, "
        "otherwise float16.",
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Features: type of weights and features; auto is bfloat16 on a GPU that has "
        "it, otherwise float32.",
    )
    random_seed: int | None = Field(
        default=None,
        ge=0,
        le=LARGEST_SEED,
        description="Features: start from random weights of this seed instead of the "
        "checkpoint's; needs only config.json.",
    )
