"""How much memory a run will take, found by taking one step without any numbers.

Tensors that have shapes but no memory (torch's FakeTensor) go through the objective forwards and
backwards, and what would be alive is counted, op by op: whatever the model is, and with adapters,
half precision or gradient checkpointing, nothing has to be known about it here.

On a CPU the C library may hold somewhat more: it keeps blocks of up to 8 MiB that were freed
(sensorium/malloc.py), and cannot always use them again. That is not in the estimate.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from sensorium.contracts import TrainableEncoder, VariableEncoder
from sensorium.device import resolve_device
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from .language import LanguageObjective
from .muon import split
from .objective import variable
from .precision import half, wide_attention
from .recipe import TrainingRecipe

RUNTIME_BYTES = 570 * 10**6
"""What is there beside tensors: Python with torch, transformers and the Trainer (CPU build)."""

_SMALL = 4096
"""bitsandbytes keeps the moments of smaller parameters in float32."""
_BLOCK = 256
"""Moments that share one scale there."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. Not all of it is there at once: `peak` is the most that is, the runtime included."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    """What is kept for the way back, logits included."""
    logits: int
    peak: int


def estimate(
    objective: LanguageObjective, recipe: TrainingRecipe, batch: Mapping[str, Any]
) -> Memory:
    """For steps of batches like this one; `objective` is on the meta device and of no use after."""
    device = resolve_device(recipe.device)
    weights = sum(map(_size, {*objective.parameters(), *objective.buffers()}))
    learning = [weight for weight in objective.parameters() if weight.requires_grad]
    gradients = sum(map(_size, learning))
    matrices = split(objective)[0] if recipe.optimizer == "muon" else []
    # Of these there is one moment, of everything else there are two.
    optimizer = sum(moments(weight, recipe.optimizer) for weight in learning)
    optimizer -= sum(map(_size, matrices))
    kept, most = _step(objective, recipe, batch, device)
    in_step = gradients + _working(learning, matrices, recipe.optimizer)
    return Memory(
        weights=weights,
        gradients=gradients,
        optimizer=optimizer,
        activations=kept,
        logits=4 * len(batch["targets"]) * objective.model.vocabulary,
        peak=RUNTIME_BYTES + weights + optimizer + max(most, in_step),
    )


def _step(
    objective: LanguageObjective, recipe: TrainingRecipe, batch: Mapping[str, Any], device: str
) -> tuple[int, int]:
    """→ (bytes kept for the way back, most bytes beside weights and moments)."""
    if recipe.gradient_checkpointing:
        # Random numbers, which real runs draw twice alike, do not exist here.
        settings = {"use_reentrant": False, "preserve_rng_state": False}
        objective.activation_checkpointing_enable(activation_checkpointing_kwargs=settings)
    objective.train()
    _stand_in(objective, one_by_one=recipe.features is not None)
    kind = torch.device(device).type
    narrow = half(recipe, kind)
    autocast = torch.autocast(kind, dtype=narrow or torch.bfloat16, enabled=narrow is not None)
    with FakeTensorMode(allow_non_fake_inputs=True):

        def empty(leaf: Any) -> Any:
            return torch.empty_like(leaf, device=device) if isinstance(leaf, Tensor) else leaf

        objective._apply(empty)  # type: ignore[no-untyped-call]
        inputs = tree_map(empty, dict(batch))
        with LiveMemory({*objective.parameters(), *objective.buffers()}) as live:
            if recipe.accumulate > 1:
                # From the second batch of a step on there are gradients before it begins.
                for weight in objective.parameters():
                    weight.grad = torch.empty_like(weight) if weight.requires_grad else None
            before = live.bytes
            with wide_attention():
                with autocast:
                    loss = objective.loss(inputs)
                kept = live.bytes - before
                torch.autograd.backward(loss)
    return kept, live.most


class LiveMemory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all tensors made while it is entered that are still alive."""

    def __init__(self, there_before: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0
        self.most = 0
        self._known = {tensor.untyped_storage()._cdata for tensor in there_before}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Runs the operation, and looks at what it made."""
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor):
                self._watch(leaf.untyped_storage())
        return made

    def _watch(self, storage: torch.UntypedStorage) -> None:
        if storage._cdata not in self._known:
            self._known.add(storage._cdata)
            self.bytes += storage.nbytes()
            self.most = max(self.most, self.bytes)
            weakref.finalize(storage, self._forget, storage._cdata, storage.nbytes())

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.bytes -= size


def _stand_in(objective: LanguageObjective, *, one_by_one: bool) -> None:
    """Encoders of media of varying length look into what they are given, which has no values here.
    What they give is known; what they take themselves, in between, is left out.

    Where features are kept, there is no folder of them here, but items are encoded `one_by_one`.
    """
    pipeline = objective.pipeline
    for planned in pipeline.plan.senses:
        encoder = pipeline.senses[planned.modality].encoder
        if planned.source.positions is None:
            for name in ("encode", "features_of"):
                setattr(encoder, name, partial(_features, variable(encoder)))
        elif one_by_one and isinstance(encoder, TrainableEncoder):
            setattr(encoder, "features", partial(_each, encoder.features))  # noqa: B010


def _features(encoder: VariableEncoder, batch: Sequence[Tensor]) -> list[Tensor]:
    """[T_i, D_encoder] each."""
    return [item.new_empty(encoder.positions(item), encoder.width) for item in batch]


def _each(features: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    """[N, …] → [N, T, D_encoder]."""
    return torch.cat([features(item[None]) for item in batch])


def _size(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def moments(weight: Tensor, optimizer: str) -> int:
    """Bytes of AdamW's two moments of a parameter."""
    count = weight.numel()
    if "8bit" in optimizer and count >= _SMALL:
        return 2 * (count + 4 * math.ceil(count / _BLOCK))
    return 8 * count


def _working(learning: Sequence[Tensor], matrices: Sequence[Tensor], optimizer: str) -> int:
    """What an optimizer's step takes for one parameter after another; the largest.

    bitsandbytes unpacks the moments: five times the parameter. Muon has the update, two copies of
    it in bfloat16 and their products: three times a matrix.
    """
    unpacked = [weight for weight in learning if "8bit" in optimizer and weight.numel() >= _SMALL]
    taken = [5 * _size(weight) for weight in unpacked] + [3 * _size(each) for each in matrices]
    return max(taken, default=0)
