"""CLIP's vision tower as an image encoder: OpenAI's, LAION's, TinyCLIP's, or one of your own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sensorium import EncoderSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sensorium import Encoder, FeatureShape
    from sensorium.footprint import Footprint

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
        convert=convert_clip,
    )


def inspect_clip(options: ClipOptions) -> FeatureShape:
    """The shape of the features, from `config.json`; what `build` would refuse for its shape is
    refused here, the headers of the weights included where these are in a folder here.
    """
    from .checkpoint import Checkpoint
    from .configuration import feature_shape, read_config

    checkpoint = Checkpoint(options)
    config = read_config(checkpoint)
    shape = feature_shape(config, options)
    if checkpoint.folder:
        from .fitting import check_files

        check_files(checkpoint, config, options)
    return shape


def build_clip(options: ClipOptions, device: str) -> Encoder:
    """The encoder with its weights: on `device`, or on ONNX Runtime."""
    if options.backend == "onnx" and device != "meta":
        from .onnx.encoder import build as build_onnx

        return build_onnx(options, device)
    from .encoder import build

    return build(options, device)


def footprint_of_clip(options: ClipOptions) -> Footprint:
    """What the encoder takes of this machine, from `config.json` alone."""
    from .footprint import footprint

    return footprint(options)


def convert_clip(options: ClipOptions, folder: Path) -> Mapping[str, Any]:
    """Write the tower into `folder` for ONNX Runtime."""
    from .onnx.convert import convert

    return convert(options, folder)
