"""Whisper as ears: speech to text through faster-whisper, or features from its encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sensorium import EncoderSpec, TranscriberSpec, hookimpl

if TYPE_CHECKING:
    from sensorium import FeatureShape
    from sensorium.footprint import Footprint

    from .encoder import WhisperFeatures
    from .options import WhisperOptions
    from .transcriber import WhisperTranscriber


@hookimpl
def register_transcribers() -> Iterator[TranscriberSpec]:
    """`whisper` with `mode: transcribe`: what was said, as text."""
    from .options import WhisperOptions

    yield TranscriberSpec(
        name="whisper",
        modality="audio",
        summary="Whisper through faster-whisper: int8 on a CPU, timed segments, any length",
        options=WhisperOptions,
        build=build_transcriber,
        inspect=inspect_transcriber,
        footprint=footprint_of_transcriber,
    )


@hookimpl
def register_encoders() -> Iterator[EncoderSpec]:
    """`whisper` with `mode: features`: the encoder's last hidden state, for a projector."""
    from .options import WhisperOptions

    yield EncoderSpec(
        name="whisper",
        modality="audio",
        summary="Whisper's encoder: one position for every stretch of sound, no padding",
        options=WhisperOptions,
        inspect=inspect_encoder,
        build=build_encoder,
        footprint=footprint_of_encoder,
    )


def inspect_encoder(options: WhisperOptions) -> FeatureShape:
    """The shape of the features, from `config.json`; what `build` would refuse for its shape is
    refused here, the header of the weights included where these are in a folder here.
    """
    from .checkpoint import Checkpoint
    from .configuration import feature_shape, read_config

    checkpoint = Checkpoint(options)
    config = read_config(checkpoint)
    if checkpoint.folder:
        from .fitting import check_files

        check_files(checkpoint, config, options)
    return feature_shape(config)


def inspect_transcriber(options: WhisperOptions) -> None:
    """CheckpointError where a folder that `checkpoint` names is absent, or is no whole Whisper."""
    from .loading import inspect

    inspect(options)


def build_encoder(options: WhisperOptions, device: str) -> WhisperFeatures:
    """The encoder with its weights on `device`."""
    from .encoder import build

    return build(options, device)


def build_transcriber(options: WhisperOptions, device: str) -> WhisperTranscriber:
    """The whole model, in CTranslate2's format, on `device`."""
    from .loading import build

    return build(options, device)


def footprint_of_encoder(options: WhisperOptions) -> Footprint:
    """What the encoder takes of this machine, from `config.json` alone."""
    from .footprint import encoder_footprint

    return encoder_footprint(options)


def footprint_of_transcriber(options: WhisperOptions) -> Footprint:
    """What the whole model takes of this machine, from the header of its conversion."""
    from .footprint import transcriber_footprint

    return transcriber_footprint(options)
