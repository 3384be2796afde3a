"""A CLIP encoder → the folder that ONNX Runtime runs: its own files, and two graphs beside them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from safetensors import safe_open
from sensorium.checkpoint import save_weights
from sensorium.errors import CheckpointError
from sensorium.onnx_runtime import require_onnx, require_onnx_runtime

from sensorium_vision_clip.checkpoint import SAFE, Checkpoint
from sensorium_vision_clip.encoder import ClipEncoder, build
from sensorium_vision_clip.weights import vision_name

from .encoder import build as build_onnx
from .files import FINGERPRINT, GRAPHS

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import Tensor

    from sensorium_vision_clip.options import ClipOptions

LEAST_LIKENESS = 0.99
"""Mean cosine similarity of features in int8, over the positions of a few pictures."""


def convert(options: ClipOptions, folder: Path) -> dict[str, Any]:
    """Write the tower, its settings and its graphs into `folder`; → the options that load it.

    In the second graph weights are 8-bit integers, one scale per output channel; activations are
    rounded as they come. Raises CheckpointError where no operator computes the tower's activation,
    and where the options want the second graph and it sees too little of what the first one sees.
    """
    require_onnx("Converting to ONNX")
    require_onnx_runtime()  # which rounds the second graph
    import onnx

    from .graph import ACTIVATIONS, VisionGraph

    plain = {"backend": "torch", "quantization": None, "dtype": "float32"}
    encoder = _saved(options.model_copy(update=plain), folder)
    config = encoder.module.config
    if config.hidden_act not in ACTIVATIONS:
        raise CheckpointError(
            f"No ONNX graph can be written for this tower: its activation is {config.hidden_act}",
            hint="Use backend: torch.",
        )
    graph = VisionGraph(
        config, encoder.module.state_dict(), depth=encoder.depth, cls=encoder.options.cls
    ).build()
    onnx.helper.set_model_props(graph, {FINGERPRINT: encoder.fingerprint})
    onnx.save_model(graph, str(folder / GRAPHS[None]))
    write_rounded(graph, folder / GRAPHS["int8"])
    kept = options.model_dump(include={"layer", "cls", "fit", "quantization"})
    settings = {**kept, "backend": "onnx", "checkpoint": str(folder)}
    if options.quantization:
        _require_likeness(encoder, type(options)(**settings))
    return settings


def write_rounded(graph: ModelProto, path: Path) -> None:
    """Quantize a float32 `graph`, which is marked as looked through, into the file `path`."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    # It would advise shape inference, which finds nothing here that is not said already.
    add_pre_process_metadata(graph)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:  # not everybody's /tmp is large
        source = Path(scratch, "vision.onnx")
        onnx.save_model(graph, str(source))
        quantize_dynamic(
            str(source),
            str(path),
            op_types_to_quantize=["MatMul"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        )


def _require_likeness(exact: ClipEncoder, options: ClipOptions) -> None:
    """Outliers in trained weights may leave few of the 256 steps to all other values."""
    rounded = build_onnx(options, "cpu")
    values = torch.Generator().manual_seed(0)
    likeness = []
    for cells in (2, 8, 32):  # colours that run into each other, coarser and finer
        grid = torch.randint(0, 256, (cells, cells, 3), generator=values, dtype=torch.uint8)
        picture = exact.prepare(Image.fromarray(grid.numpy()))
        expected, features = exact.encode([picture])[0], rounded.encode([picture])[0]
        likeness.append(torch.nn.functional.cosine_similarity(features, expected, dim=1))
    if (mean := float(torch.cat(likeness).mean())) < LEAST_LIKENESS:
        raise CheckpointError(
            f"With 8-bit integers the features have a cosine similarity of {mean:.3f} with those "
            f"in float32: less than {LEAST_LIKENESS}",
            where="quantization",
            hint="Leave it out: --set encoders.image.quantization=null",
        )


def _saved(options: ClipOptions, folder: Path) -> ClipEncoder:
    """The encoder, as it comes from `folder`, into which it was written."""
    build(options, "cpu").save(folder)
    if options.random_seed is None:
        # In the types they had: the projector trained with them knows them by these.
        stored: dict[str, Tensor] = {}
        for path in Checkpoint(options).weights():
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118  # no mapping: it cannot be iterated
                    if inside := vision_name(name):
                        stored[inside] = file.get_tensor(name)
        save_weights(stored, folder / SAFE)
    update = {"checkpoint": str(folder), "revision": None, "random_seed": None}
    return build(options.model_copy(update=update), "cpu")
