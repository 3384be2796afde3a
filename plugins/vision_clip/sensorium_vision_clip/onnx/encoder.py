"""CLIP's vision tower on ONNX Runtime as Sensorium's contract wants it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from sensorium.errors import CheckpointError, ConfigError
from sensorium.fingerprint import weights_fingerprint
from sensorium.onnx_runtime import open_graph, require_onnx_runtime
from torch import Tensor

from sensorium_vision_clip.checkpoint import SAFE, WHERE, Checkpoint
from sensorium_vision_clip.configuration import feature_shape, read_config
from sensorium_vision_clip.encoder import check_features, check_prepared, fingerprint_of
from sensorium_vision_clip.options import ClipOptions
from sensorium_vision_clip.preprocessing import Preprocessor, read_preprocessor
from sensorium_vision_clip.weights import vision_name

from .files import FINGERPRINT, GRAPHS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_FILES = ("config.json", "preprocessor_config.json", SAFE, *GRAPHS.values())


class OnnxClipEncoder:
    """An `Encoder`. Pictures are encoded one after the other, on the CPU."""

    modality = "image"

    def __init__(
        self,
        runtime: InferenceSession,
        preprocessor: Preprocessor,
        width: int,
        fingerprint: str,
        folder: Path,
        device: str,
    ) -> None:
        self.width = width
        self.fingerprint = fingerprint
        self._runtime = runtime
        self._preprocessor = preprocessor
        self._folder = folder
        self._device = device

    def prepare(self, media: Any) -> Tensor:
        """A picture (PIL, RGB) → [3, S, S] float32 on the CPU; PerceptionError for other media."""
        return self._preprocessor(media)

    def encode(self, batch: Sequence[Tensor]) -> list[Tensor]:
        """Prepared pictures [3, S, S] → one [T, D_encoder] each, float32.

        Raises PerceptionError for an input of another shape and for features that are not finite.
        """
        check_prepared(batch, self._preprocessor.image_size)
        pixels = (item.detach().cpu().float().contiguous().numpy()[None] for item in batch)
        features = [self._runtime.run(None, {"pixels": one})[0][0] for one in pixels]
        return check_features([torch.from_numpy(item).to(self._device) for item in features])

    def save(self, folder: Path) -> None:
        """Write the same files into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copyfile(self._folder / name, folder / name)


def build(options: ClipOptions, device: str) -> OnnxClipEncoder:
    """The encoder that the options describe, from a folder that `convert` wrote."""
    require_onnx_runtime()
    for name in ("dtype", "random_seed"):
        if getattr(options, name) != ClipOptions.model_fields[name].default:
            raise ConfigError(
                "backend: onnx runs the weights as they were converted",
                where=name,
                hint="Leave it out, or use backend: torch.",
            )
    checkpoint = Checkpoint(options)
    graph = find_graph(options)
    config = read_config(checkpoint)
    preprocessor = read_preprocessor(checkpoint, config.image_size, options.fit)
    content = weights_fingerprint(checkpoint.weights(), vision_name)
    fingerprint = fingerprint_of(options, config, preprocessor, content)
    runtime = open_graph(graph)
    if runtime.get_modelmeta().custom_metadata_map.get(FINGERPRINT) != fingerprint:
        raise CheckpointError(
            f"{graph.name} was made for another layer, class token, fit or other weights.",
            where=WHERE,
            hint="Convert it again with these settings: sensorium convert --help",
        )
    return OnnxClipEncoder(
        runtime,
        preprocessor,
        feature_shape(config, options).width,
        fingerprint,
        graph.parent,
        device,
    )


def find_graph(options: ClipOptions) -> Path:
    """The graph that the options ask for; CheckpointError where nothing was converted."""
    name = GRAPHS[options.quantization]
    graph = Checkpoint(options).find(name)
    if graph is None:
        raise CheckpointError(
            f"{options.checkpoint} has no {name}: it was not made for backend: onnx",
            where=WHERE,
            hint="Make a bundle of it: sensorium convert --help",
        )
    return graph
