"""Opens graphs for plugins whose models run on ONNX Runtime."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import CheckpointError, MissingPackageError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_ERRORS_ONLY = 3


def require_onnx_runtime() -> None:
    """MissingPackageError, with the line to install it, where ONNX Runtime is not there."""
    if find_spec("onnxruntime") is None:
        raise MissingPackageError("onnxruntime", "backend: onnx", extra="onnx")


def open_graph(path: Path) -> InferenceSession:
    """The graph in `path`, on as many CPU threads as torch may use.

    Raises CheckpointError where ONNX Runtime cannot read it.
    """
    import onnxruntime
    import torch

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    settings.inter_op_num_threads = 1
    settings.log_severity_level = _ERRORS_ONLY
    # Threads that spin while nothing is computed would take the processor from what runs beside.
    settings.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no base
        raise CheckpointError(
            f"ONNX Runtime cannot load the graph: {str(error).strip().splitlines()[0]}",
            where=str(path.parent),
            hint="Convert the checkpoint again: sensorium convert --help",
        ) from error
