"""Sixteen mean colours of a picture: the smallest complete encoder plugin."""

from sensorium import EncoderSpec, FeatureShape, Options, hookimpl


class MosaicOptions(Options):
    """Nothing to set."""


class Mosaic:
    modality = "image"
    width = 3
    fingerprint = "mosaic-4x4"

    def prepare(self, media):
        import numpy
        import torch

        small = media.resize((4, 4))
        return torch.from_numpy(numpy.asarray(small, dtype="float32") / 255)

    def encode(self, batch):
        return [item.reshape(16, 3) for item in batch]

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)


@hookimpl
def register_encoders():
    yield EncoderSpec(
        name="mosaic",
        modality="image",
        summary="sixteen mean colours",
        options=MosaicOptions,
        inspect=lambda options: FeatureShape(width=3, positions=16, grid=(4, 4)),
        build=lambda options, device: Mosaic(),
    )
