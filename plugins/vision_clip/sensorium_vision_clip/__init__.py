"""CLIP's vision tower as an image encoder: OpenAI's, LAION's, TinyCLIP's, or one of your own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sensorium import EncoderSpec, hookimpl

if TYPE_CHECKING:
    from sensorium import FeatureShape
    from sensorium.footprint import Footprint

    from .encoder import ClipEncoder
    from .options import ClipOptions


@hookimpl
def register_encoders() -> Iterator[EncoderSpec]:
    """One encoder: `clip`."""
    from .options import ClipOptions

    yield EncoderSpec(
        name="clip",
        modality="image",
        summary="CLIP's vision tower: any hidden layer, patches as positions",
        options=ClipOptions,
        inspect=inspect_clip,
        build=build_clip,
        footprint=footprint_of_clip,
    )


def inspect_clip(options: ClipOptions) -> FeatureShape:
    """The shape of the features, from `config.json` alone."""
    from .checkpoint import Checkpoint
    from .configuration import feature_shape, read_config

    return feature_shape(read_config(Checkpoint(options)), options)


def build_clip(options: ClipOptions, device: str) -> ClipEncoder:
    """The encoder with its weights on `device`."""
    from .encoder import build

    return build(options, device)


def footprint_of_clip(options: ClipOptions) -> Footprint:
    """What the encoder takes of this machine, from `config.json` alone."""
    from .footprint import footprint

    return footprint(options)
