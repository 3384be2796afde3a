"""Makes and opens graphs for plugins whose models run on ONNX Runtime."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import CheckpointError, MissingPackageError
from .malloc import give_back

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto
    from onnxruntime import InferenceSession, SessionOptions

FUSED = "com.microsoft"
"""The domain of ONNX Runtime's own operators, many of which do the work of several."""

PROVIDERS = ["CPUExecutionProvider"]

_OPSETS = (("", 21), (FUSED, 1))
_IR_VERSION = 10  # the newest that the oldest onnxruntime we allow can read is 11
_ERRORS_ONLY = 3


def require_onnx_runtime() -> None:
    """MissingPackageError, with the line to install it, where ONNX Runtime is not there."""
    if find_spec("onnxruntime") is None:
        raise MissingPackageError("onnxruntime", "backend: onnx", extra="onnx")


def require_onnx(purpose: str) -> None:
    """The same where graphs cannot be made; `purpose` is what needs one."""
    if find_spec("onnx") is None:
        raise MissingPackageError("onnx", purpose, extra="onnx")


def make_model(graph: GraphProto) -> ModelProto:
    """A model of this graph that every onnxruntime we allow can read."""
    from onnx import helper

    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="sensorium"
    )


def open_graph(path: Path) -> InferenceSession:
    """The graph in `path`, on as many CPU threads as torch may use.

    Raises CheckpointError where ONNX Runtime cannot read it.
    """
    import onnxruntime

    try:
        graph = onnxruntime.InferenceSession(str(path), session_settings(), providers=PROVIDERS)
    except Exception as error:  # onnxruntime's own classes share no base
        raise CheckpointError(
            f"ONNX Runtime cannot load the graph: {str(error).strip().splitlines()[0]}",
            where=str(path.parent),
            hint="Convert the checkpoint again: sensorium convert --help",
        ) from error
    # A graph that holds its own weights is read into memory first and copied from there: what that
    # took is as large as they are.
    give_back()
    return graph


def session_settings() -> SessionOptions:
    """For a graph that shares the processor with torch: as many threads, and none that spins."""
    import onnxruntime
    import torch

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    settings.inter_op_num_threads = 1
    settings.log_severity_level = _ERRORS_ONLY
    # Threads that spin while nothing is computed would take the processor from what runs beside.
    settings.add_session_config_entry("session.force_spinning_stop", "1")
    return settings
