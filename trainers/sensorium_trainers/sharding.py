"""FSDP2 leaves each process a piece of every weight; checkpoints hold them whole.

So a checkpoint of any number of processes, sharded or not, goes on with any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.utils._pytree import tree_map


def is_sharded(model: nn.Module) -> bool:
    """Whether its weights are in pieces."""
    return any(isinstance(weight, DTensor) for weight in model.parameters())


def whole(tensor: Tensor) -> Tensor:
    """All pieces together, in every process's memory; a tensor that is whole as it is."""
    return tensor.full_tensor().cpu() if isinstance(tensor, DTensor) else tensor


def like(tensor: Tensor, weight: Tensor) -> Tensor:
    """This process's piece of a whole tensor where `weight` is in pieces."""
    if not isinstance(weight, DTensor):
        return tensor
    mesh, placements = weight.device_mesh, weight.placements
    # Every process has read the same file: nothing needs to be sent.
    return distribute_tensor(tensor.to(weight.device), mesh, placements, src_data_rank=None)


def whole_state(state: dict[str, Any]) -> dict[str, Any]:
    """An optimizer's state with whole tensors."""
    gathered: dict[str, Any] = tree_map(
        lambda item: whole(item) if isinstance(item, DTensor) else item, state
    )
    return gathered


def state_like(state: dict[str, Any], parameters: Sequence[Tensor]) -> dict[str, Any]:
    """An optimizer's state in pieces: what has the shape of a parameter is cut as it is."""
    pieces = {
        number: {
            name: like(value, parameters[number])
            if isinstance(value, Tensor) and value.shape == parameters[number].shape
            else value
            for name, value in values.items()
        }
        for number, values in state["state"].items()
    }
    return {**state, "state": pieces}
