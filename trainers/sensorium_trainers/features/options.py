"""What a recipe says about keeping features."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ByteSize, Field
from sensorium.options import Options


class FeatureOptions(Options):
    """Where features are kept, how many, and how exactly."""

    folder: Path = Field(
        description="Folder of the features; several runs, encoders and processes may share it."
    )
    max_bytes: ByteSize = Field(
        default=ByteSize(50 * 10**9),
        gt=0,
        le=10**18,
        description="Most that the folder may hold, as 50GB. When it is full nothing is thrown "
        "out: what is in it stays useful in every epoch, and the rest is encoded each time.",
    )
    dtype: Literal["float16", "bfloat16", "float32"] = Field(
        default="float16",
        description="Number format they are kept in, and rounded to before they are used, so that "
        "a run computes the same whether it found them or made them.",
    )
