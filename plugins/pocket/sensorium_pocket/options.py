"""What can be set on the pocket world and its speech as training data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from sensorium import Options


class WorldOptions(Options):
    """How much of the world."""

    seed: int = Field(default=0, ge=0, lt=1000, description="Another seed is another world tour.")
    length: int = Field(default=10_000_000, ge=1, lt=1 << 30, description="Samples.")
    questions: int = Field(
        default=8, ge=1, le=1000, description="Conversations about each picture."
    )
    longer: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of samples in which something else comes before the picture: small "
        "talk, another picture, or the same one.",
    )
    emphasis: dict[str, Annotated[float, Field(gt=0, le=100)]] = Field(
        default_factory=dict,
        description="Kind of question → how many times as often as usual it is asked.",
    )

    @field_validator("emphasis")
    @classmethod
    def _known_kinds(cls, emphasis: dict[str, float]) -> dict[str, float]:
        from .world.questions.query import KINDS

        for kind in emphasis:
            if kind not in KINDS:
                raise ValueError(f"no question kind '{kind}'; known: {', '.join(KINDS)}")
        return emphasis


class SpeechOptions(Options):
    """How much speech."""

    seed: int = Field(default=0, ge=0, lt=1000, description="Another seed says other things.")
    length: int = Field(default=10_000_000, ge=1, lt=1 << 30, description="Samples.")
    max_seconds: float = Field(
        default=6.0, gt=1, le=30, description="The longest clip: the model's window."
    )
    hissing: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of the sentences in loud white noise, 3 to 15 dB below the speech; the "
        "others are said in all the usual places.",
    )


class SpokenOptions(WorldOptions):
    """Questions about the world that are asked aloud."""

    spoken: float = Field(
        default=0.8, gt=0, le=1, description="Share of the questions that are spoken, not typed."
    )
    max_seconds: float = Field(default=6.0, gt=1, le=30, description="The longest recording.")
    position_seconds: float = Field(
        default=0.12,
        gt=0,
        le=1,
        description="Sound behind one position of the projector, for the words as dense targets.",
    )
