"""What a recipe may say about a CLIP encoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from sensorium import Options
from sensorium.limits import LARGEST_SEED


class ClipOptions(Options):
    """Options of the encoder 'clip'; training and chat read the same ones."""

    checkpoint: str = Field(
        default="openai/clip-vit-large-patch14-336",
        min_length=1,
        description="Hub id (such as wkcn/TinyCLIP-ViT-61M-32-Text-29M-LAION400M) or local folder "
        "of a CLIP model or of its vision tower, in safetensors.",
    )
    revision: str | None = Field(
        default=None,
        description="Branch, tag or commit on the hub; None is the main branch "
        "as it was when first downloaded.",
    )
    backend: Literal["torch", "onnx"] = Field(
        default="torch",
        description="What runs the tower: torch, or ONNX Runtime on the CPU, for which "
        "`sensorium convert` makes the checkpoint.",
    )
    quantization: Literal["int8"] | None = Field(
        default=None,
        description="int8 computes with 8-bit integers; needs backend: onnx.",
    )
    layer: int = Field(
        default=-2,
        ge=-1000,
        le=1000,
        description="Which hidden state the features are: 0 is the input of the first layer, "
        "-1 the output of the last. Layers behind it are not run.",
    )
    cls: Literal["drop", "keep", "only"] = Field(
        default="drop",
        description="The class token: drop it (patches only), keep it in front, or only it.",
    )
    fit: Literal["pad", "crop", "resize"] = Field(
        default="pad",
        description="How a picture becomes square: pad with CLIP's mean colour, crop the centre, "
        "or resize without regard to the aspect ratio. The rest is as the checkpoint's "
        "preprocessor_config.json says.",
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Type of weights and features; auto is bfloat16 on a GPU that has it, "
        "otherwise float32.",
    )
    random_seed: int | None = Field(
        default=None,
        ge=0,
        le=LARGEST_SEED,
        description="Start from random weights of this seed instead of the checkpoint's "
        "(training from scratch, full-size checks); needs only config.json.",
    )

    @model_validator(mode="after")
    def _integers_need_onnx(self) -> ClipOptions:
        if self.quantization and self.backend != "onnx":
            raise ValueError("quantization: int8 needs backend: onnx")
        return self
