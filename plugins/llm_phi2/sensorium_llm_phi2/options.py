"""What can be set on the language model `phi2`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from sensorium.limits import LARGEST_SEED
from sensorium.options import Options

MOST_LAYERS = 1024
LARGEST_SIZE = 2**24
"""Of a width, a vocabulary, a context window."""


class Phi2Options(Options):
    """A Phi checkpoint and how to hold it."""

    checkpoint: str = Field(
        default="microsoft/phi-2",
        min_length=1,
        description="Hub id (microsoft/phi-2, microsoft/phi-1_5, …) or a folder.",
    )
    revision: str | None = Field(
        default=None, description="Branch, tag or commit of a hub id; None is the newest."
    )
    backend: Literal["torch", "onnx"] = Field(
        default="torch",
        description="What runs the model: torch, or ONNX Runtime on the CPU with 4-bit weights, "
        "for which `sensorium convert` makes the checkpoint.",
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Number format of the weights. auto: bfloat16 on CUDA; on the CPU float32, or "
        "bfloat16 where memory is short, or a large model meets a processor that computes it fast.",
    )
    quantization: Literal["nf4"] | None = Field(
        default=None, description="nf4 holds the layers' weights in 4 bits (bitsandbytes)."
    )
    adapter: Path | None = Field(
        default=None,
        description="Folder of a LoRA adapter in PEFT's format. None uses the folder 'adapter' "
        "inside of a checkpoint folder, if there is one.",
    )
    random_seed: int | None = Field(
        default=None,
        ge=0,
        le=LARGEST_SEED,
        description="Start from random weights of this seed; only config.json is read.",
    )
    config: dict[str, Any] = Field(
        default_factory=dict,
        description="Keys of config.json to set otherwise: another shape for random weights, as in "
        "{num_hidden_layers: 4}. Needs random_seed.",
    )

    @field_validator("config")
    @classmethod
    def _of_a_size_that_exists(cls, config: dict[str, Any]) -> dict[str, Any]:
        for key, value in config.items():
            most = MOST_LAYERS if key == "num_hidden_layers" else LARGEST_SIZE
            if isinstance(value, int) and value > most:
                raise ValueError(f"{key} is at most {most:,}")
        return config

    @model_validator(mode="after")
    def _shape_is_free(self) -> Phi2Options:
        if self.config and self.random_seed is None:
            raise ValueError("config changes the shape of random weights only; set random_seed")
        return self
